"""Moving and rejecting applications at Flatchr, once, with the mirror brought up to date.

A request whose answer is lost is not sent again: Flatchr is asked what has become of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpResponse

from integrations.api.actions import errors
from integrations.api.actions.applicant_lookup import flatchr, is_archived, looked_up
from integrations.api.actions.finding import application_of, is_expected, not_shown_yet, stage_of
from integrations.api.actions.inputs import RejectInput, StageInput
from integrations.api.actions.submission_input import left_out
from integrations.api.answers import success
from integrations.api.bodies import body_of, raw_body
from integrations.api.caller import tenant
from integrations.api.errors import action_not_available, invalid
from integrations.flatchr.actions import ActingClient
from integrations.flatchr.errors import FlatchrError
from integrations.flatchr.write_result import Delivery, Receipt
from integrations.models import Application
from integrations.records import Outcome

LATER = "Flatchr's search does not show the change yet: the records here follow with a later sync."


def move(request: Any, application_id: str) -> HttpResponse:
    """PUT /ats/applications/{application_id}/stage (`docs/flatchr-api.md §8`)."""
    body = body_of(request, StageInput)
    integration = tenant(request, for_action=True)
    application = application_of(integration, application_id)
    stage = stage_of(integration, body.stage_id)
    if not (stage.remote_id.isascii() and stage.remote_id.isdigit()):
        raise invalid("stage_id: Flatchr gave this stage no number that it could be named by.")
    column_id = int(stage.remote_id)
    warnings = left_out(_given(request), {"stage_id": None})

    def send(client: ActingClient) -> Receipt:
        return client.move(_vacancy(application), application.remote_id, column_id)

    def is_done(now: Application) -> bool:
        return bool(now.current_stage_id == stage.pk)

    archived = is_archived(application)
    warnings += _acted(application, send, is_done, archived=archived, what="moved the application")
    return success({}, warnings=warnings)


def reject(request: Any, application_id: str) -> HttpResponse:
    """POST /ats/applications/{application_id}/reject: archiving it (`docs/flatchr-api.md §9`)."""
    body_of(request, RejectInput)
    integration = tenant(request, for_action=True)
    application = application_of(integration, application_id)
    warnings = left_out(_given(request), {})

    def send(client: ActingClient) -> Receipt:
        return client.archive(_vacancy(application), application.remote_id)

    def is_done(now: Application) -> bool:
        return bool(now.outcome == Outcome.DECLINED)

    warnings += _acted(application, send, is_done, archived=True, what="archived the application")
    return success({}, warnings=warnings)


def _acted(
    application: Application,
    send: Callable[[ActingClient], Receipt],
    is_done: Callable[[Application], bool],
    *,
    archived: bool,
    what: str,
) -> list[str]:
    """Send it once and see what Flatchr has then; what is to be said besides. Raises `ApiError`."""
    if is_expected(application):
        raise not_shown_yet()
    _vacancy(application)
    try:
        with flatchr(application.integration) as client:
            receipt = send(client)
            if receipt.delivery in (Delivery.NOT_SENT, Delivery.REFUSED):
                raise errors.of_write(receipt)
            now, _ = looked_up(client, application, archived=archived)
    except FlatchrError as error:
        # The key could not be read: nothing was sent.
        raise errors.of_read(error) from None
    done = now is not None and is_done(now)
    if receipt.delivery is Delivery.UNKNOWN and not done:
        raise errors.undecided(what, receipt.reason)
    return [] if done else [LATER]


def _vacancy(application: Application) -> str:
    if application.job is None:
        raise action_not_available(
            "Flatchr changes an application by its job, and the job of this one is not known."
        )
    return str(application.job.remote_id)


def _given(request: Any) -> dict[str, Any]:
    given: dict[str, Any] = orjson.loads(raw_body(request) or b"{}")
    return given
