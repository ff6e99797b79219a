"""`Idempotency-Key`: a write that is sent again is answered as it was, and not done again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone

from integrations.api.bodies import JSON, raw_body
from integrations.api.caller import HEADER
from integrations.api.errors import ApiError, invalid
from integrations.models import ApiKey, StoredAnswer

LONGEST = 255
# The status of what may have been done: clients do not send it again by themselves.
UNCERTAIN = 424
# A request that has not been answered after so long never will be: its process has died.
ABANDONED = timedelta(minutes=10)


def given_key(request: Any) -> str:
    """The request's `Idempotency-Key`, or an empty string. Raises `ApiError` on one too long."""
    given: str = request.headers.get("Idempotency-Key", "").strip()
    if len(given) > LONGEST or "\0" in given:
        raise invalid(f"The Idempotency-Key is not valid: at most {LONGEST} characters.")
    return given


def once(request: Any, *, key: ApiKey, route: str, act: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer of `act`, which runs once for each `Idempotency-Key` of `key` and route.

    Without the header, it runs. Raises `ApiError`: PLATFORM.INPUT_INVALID when the key came with
    another request before, PLATFORM.CONCURRENCY_LIMIT_EXCEEDED, which clients retry, while that
    request is still being worked on, and PLATFORM.TASK_TIMED_OUT when nobody knows how it ended.
    """
    given = given_key(request)
    if not given:
        return act()
    asked = _digest(request)
    try:
        with transaction.atomic():
            row = StoredAnswer.objects.create(
                key=key, route=route, idempotency_key=given, request_hash=asked
            )
    except IntegrityError:
        known = StoredAnswer.objects.filter(key=key, route=route, idempotency_key=given).first()
        # None: it has failed between the two statements, and may be tried again.
        if known is None:
            raise _under_way() from None
        return _stored(known, asked)
    try:
        answer = act()
    except ApiError as error:
        if error.uncertain:
            _close(row, UNCERTAIN)
        else:
            row.delete()
        raise
    except BaseException:
        _close(row, UNCERTAIN)
        raise
    _close(row, answer.status_code, answer.content)
    return answer


def _digest(request: Any) -> str:
    """What is asked for: tenant, address and body."""
    tenant = request.headers.get(HEADER, "").encode()
    path = request.path_info.removeprefix("/v1").encode()
    return sha256(b"\0".join((tenant, path, raw_body(request)))).hexdigest()


def _under_way() -> ApiError:
    return ApiError(
        "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED",
        "The first request with this Idempotency-Key is still being worked on.",
        headers={"Retry-After": "1"},
    )


def _close(row: StoredAnswer, status: int, body: bytes | None = None) -> None:
    row.status, row.body = status, body
    row.save(update_fields=["status", "body"])


def _stored(row: StoredAnswer, asked: str) -> HttpResponse:
    if row.request_hash != asked:
        raise invalid("This Idempotency-Key came with another request before. Use a new one.")
    if row.status is not None and row.body is not None:
        answer = HttpResponse(bytes(row.body), content_type=JSON, status=row.status)
        answer.headers["Idempotent-Replayed"] = "true"
        return answer
    if row.status == UNCERTAIN or row.created_at < timezone.now() - ABANDONED:
        raise ApiError(
            "PLATFORM.TASK_TIMED_OUT",
            "The first request with this Idempotency-Key was never answered: whether it did its "
            "work is not known. Look before you send it with a new key.",
            status=UNCERTAIN,
        )
    raise _under_way()
