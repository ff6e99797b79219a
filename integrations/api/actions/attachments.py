"""The CVs of applications: lists of them, and the file itself (`docs/unified-api.md §6`).

A list names the file and an address of ours for it: signed, for a short while, and without
headers, as the contract wants it. Flatchr is asked for the file when that address is opened.
"""

from __future__ import annotations

import logging
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt

from integrations import egress
from integrations.actions import cv_files
from integrations.actions.cv_files import FetchedCv, NoCv, StoredFile, TooManyWaiting
from integrations.actions.inputs import NotShownYet
from integrations.actions.lookup import is_provisional
from integrations.api.actions.errors import of_service
from integrations.api.actions.inputs import application_of, candidate_of
from integrations.api.bodies import failure, success
from integrations.api.caller import Caller, caller, tenant
from integrations.api.errors import ApiError, failed
from integrations.api.limits import action_slot
from integrations.api.scoping import ACTION, refuse
from integrations.audit import trail
from integrations.ids import unified_id
from integrations.models import ApiKey, Application, Candidate, Event, KeyState
from integrations.models.scopes import Part

logger = logging.getLogger(__name__)

LASTS = cv_files.KEPT
_SALT = "integrations.api.attachment"
GONE = "Flatchr has removed the application {id}, or does not hand out single applications."
LEFT_OUT = "{n} earlier applications were not asked for. Ask for each itself."


def of_application(request: Any, application_id: str) -> HttpResponse:
    """GET /ats/applications/{application_id}/attachments."""
    application = application_of(tenant(request, for_action=True), application_id)
    with of_service():
        if is_provisional(application):
            raise NotShownYet
        file = cv_files.application_file(application)
    results = [_row(request, application, file)] if file else []
    _note_links(application, results)
    return success({"results": results}, warnings=[])


def of_candidate(request: Any, candidate_id: str) -> HttpResponse:
    """GET /ats/candidates/{candidate_id}/attachments: a CV for each application that has one."""
    candidate = candidate_of(tenant(request, for_action=True), candidate_id)
    with of_service():
        found = cv_files.candidate_files(candidate)
    results = [
        {
            **_row(request, application, file),
            "application_id": application.pk,
            "candidate_id": candidate.pk,
        }
        for application, file in found.files
    ]
    _note_links(candidate, results)
    warnings = [GONE.format(id=application.pk) for application in found.gone]
    if found.left_out:
        warnings.append(LEFT_OUT.format(n=found.left_out))
    return success({"results": results}, warnings=warnings)


def _note_links(record: Application | Candidate, results: list[dict[str, Any]]) -> None:
    if results:
        trail.record(Event.CV_LINKED, tenant=record.integration, about=record, links=len(results))


def _row(request: Any, application: Application, file: StoredFile) -> dict[str, Any]:
    remote_id = f"{file.key}.{file.extension}"
    return {
        "id": unified_id(application.integration_id, f"{application.remote_id}:{remote_id}"),
        "remote_id": remote_id,
        "type": "CV",
        "file_name": file.name,
        "content_type": file.content_type,
        "data_url": request.build_absolute_uri(link_to(application, caller(request).key)),
        "remote_created_at": None,
        "remote_updated_at": None,
    }


def link_to(application: Application, key: ApiKey) -> str:
    """The path of a link to the application's CV, which ends with the key it was made for."""
    names = [application.integration_id, application.pk, key.pk]
    return reverse("attachment", args=[signing.dumps(names, salt=_SALT)])


def linked_application(token: str) -> tuple[Application, ApiKey]:
    """The application that the token of a link names, and the key that the link was made for;
    `ApiError` when it is not valid any more.
    """
    try:
        integration_id, application_id, key_id = signing.loads(token, salt=_SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        raise _over() from None
    key = ApiKey.objects.filter(pk=key_id).first()
    if key is None or key.state_at(timezone.now()) is not KeyState.ACTIVE:
        raise _over()
    integration = Caller(key).find(integration_id)
    if not integration.enabled:
        raise ApiError("INTEGRATION.INACTIVE", "This integration is disabled.")
    refuse(integration.flatchr_settings.scopes, Part.FILES, ACTION)
    live = Application.objects.live().select_related("job", "candidate")
    found: Application | None = live.filter(integration=integration, pk=application_id).first()
    if found is None:
        raise _over()
    found.integration = integration
    return found, key


def _over() -> ApiError:
    return ApiError(
        "PLATFORM.INPUT_INVALID",
        f"This address is not valid: it is wrong, or older than {LASTS // 60} minutes. "
        "Ask for the attachments once more.",
        status=404,
    )


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
        application, key = linked_application(token)
        linked_at = _made_at(token)
        # What is here already asks nothing of Flatchr, and so waits for nobody.
        file = cv_files.kept(application, linked_at=linked_at)
        if file is None:
            with action_slot(application.integration_id):
                file = _fetched(application, linked_at)
        trail.record(
            Event.CV_DOWNLOADED, tenant=application.integration, about=application, key=key
        )
        return _download(file)
    except ApiError as error:
        return _refusal(error)
    except Exception:
        logger.exception("A CV could not be handed out")
        return _refusal(failed())


def _made_at(token: str) -> float:
    """When a valid link was made, in seconds since 1970, which is signed with it."""
    return float(signing.b62_decode(token.rsplit(":", 2)[1]))


def _fetched(application: Application, linked_at: float) -> FetchedCv:
    try:
        with of_service():
            return cv_files.fetch(application, linked_at=linked_at)
    except NoCv:
        raise ApiError(
            "PLATFORM.INPUT_INVALID", "Flatchr has no CV of this application.", status=404
        ) from None
    except TooManyWaiting:
        raise ApiError(
            "REMOTE.RATE_LIMIT_EXCEEDED",
            "Flatchr hands out one CV a second, and many are waiting. Try again in a while.",
            headers={"Retry-After": str(round(cv_files.LONGEST_WAIT))},
        ) from None
    except egress.EgressError as error:
        words = f"Flatchr keeps the CV elsewhere, and there: {error.message}"
        raise ApiError("REMOTE.UNKNOWN_HTTP_ERROR", words) from None


def _refusal(error: ApiError) -> HttpResponse:
    answer = failure(error, general=False)
    # Django logs the address of what fails, and this one lets whoever reads it have the file.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    logger.info("A link to a CV was answered with %s", answer.status_code)
    return answer


def _download(file: FetchedCv) -> HttpResponse:
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
