"""Handing out a CV: from what was fetched a short while ago, else from Flatchr, one a second."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt

from integrations import egress
from integrations.api.actions import errors
from integrations.api.actions.applicant_lookup import PATIENCE, flatchr
from integrations.api.actions.attachments import file_of
from integrations.api.actions.links import Linked, linked
from integrations.api.answers import failure
from integrations.api.errors import ApiError
from integrations.api.limits import action_slot
from integrations.flatchr.errors import FlatchrError
from integrations.models.submissions import private_files
from integrations.tenants import throttle

logger = logging.getLogger(__name__)

# What is kept, for how many seconds. A file that is older is not handed out, and one that nobody
# asks for goes with the files of submissions that no row names (`submissions/retention.py`).
FOLDER = "fetched"
KEPT = 15 * 60
MAX_BYTES = 20 * 1024**2
# The longest that a request waits for its turn.
LONGEST_WAIT = 15.0
FETCH_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Fetched:
    name: str
    content_type: str
    content: bytes


@csrf_exempt
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET /v1/attachments/{token}: the file. The token alone says who may have it."""
    try:
        if request.method not in ("GET", "HEAD"):
            raise ApiError(
                "PLATFORM.INPUT_INVALID",
                "This address takes GET.",
                status=405,
                headers={"Allow": "GET, HEAD"},
            )
        target = linked(token)
        with action_slot(target.integration.pk):
            return _response(_cached(target) or _fetch(target))
    except ApiError as error:
        return _refusal(error)
    except Exception:
        logger.exception("A CV could not be handed out")
        unknown = ApiError("PLATFORM.UNKNOWN_ERROR", "The request failed. The log says why.")
        return _refusal(unknown)


def _refusal(error: ApiError) -> HttpResponse:
    answer = failure(error, general=False)
    # Django logs the address of what fails, and this one lets whoever reads it have the file.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    logger.info("A link to a CV was answered with %s", answer.status_code)
    return answer


def _response(file: Fetched) -> HttpResponse:
    """A download that no browser opens, runs or keeps."""
    return HttpResponse(
        file.content,
        content_type=file.content_type,
        headers={
            "Content-Disposition": content_disposition_header(True, file.name),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        },
    )


def _fetch(target: Linked) -> Fetched:
    """The file from Flatchr. Raises `ApiError`."""
    try:
        with flatchr(target.integration, PATIENCE) as client:
            stored = file_of(client, target.application)
            if stored is None:
                raise ApiError(
                    "PLATFORM.INPUT_INVALID", "Flatchr has no CV of this application.", status=404
                )
            _await_turn(target)
            # Whoever had the turn before may have fetched this very file.
            if again := _cached(target):
                return again
            answer = client.file(stored.key, stored.extension, max_bytes=MAX_BYTES)
    except FlatchrError as error:
        raise errors.of_read(error) from None
    content = answer.content if not answer.location else _redirected(answer.location)
    fetched = Fetched(stored.name, stored.content_type, content)
    _keep(target, fetched)
    return fetched


def _redirected(location: str) -> bytes:
    """The file at the address that Flatchr names, without the key."""
    try:
        return egress.fetch(
            location,
            max_bytes=MAX_BYTES,
            deadline=FETCH_SECONDS,
            allowed_networks=settings.EGRESS_ALLOWED_NETWORKS,
        ).content
    except egress.EgressError as error:
        words = f"Flatchr keeps the CV elsewhere, and there: {error.message}"
        raise ApiError("REMOTE.UNKNOWN_HTTP_ERROR", words) from None


def _await_turn(target: Linked) -> None:
    wait = throttle.take_file(target.integration.pk, longest=LONGEST_WAIT)
    if wait is None:
        raise ApiError(
            "REMOTE.RATE_LIMIT_EXCEEDED",
            "Flatchr hands out one CV a second, and many are waiting. Try again in a while.",
            headers={"Retry-After": str(round(LONGEST_WAIT))},
        )
    time.sleep(wait)


def _place(target: Linked) -> Path:
    name = f"{target.integration.pk}\0{target.application.pk}"
    return Path(private_files().path(FOLDER)) / sha256(name.encode()).hexdigest()


def _cached(target: Linked) -> Fetched | None:
    place = _place(target)
    try:
        if time.time() - place.stat().st_mtime > KEPT:
            place.unlink(missing_ok=True)
            return None
        head, _, content = place.read_bytes().partition(b"\n")
        name, content_type = orjson.loads(head)
    except (OSError, ValueError):
        return None
    return Fetched(name, content_type, content)


def _keep(target: Linked, file: Fetched) -> None:
    """Keep the file, for whoever asks next. A disk that is full is no reason not to hand it out."""
    place = _place(target)
    partial = place.with_suffix(f".{secrets.token_hex(8)}")
    with contextlib.suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(orjson.dumps([file.name, file.content_type]) + b"\n")
            out.write(file.content)
        partial.replace(place)
