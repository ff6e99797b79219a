"""Moving, rejecting and tagging, and what Flatchr cannot do (`docs/unified-api.md §7`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from django.http import HttpResponse

from integrations.actions import at_once, sign_ins
from integrations.actions.inputs import Actor, StageWithoutNumber
from integrations.actions.kinds.tags import latest_application
from integrations.api.actions.errors import of_service
from integrations.api.actions.inputs import (
    NoteInput,
    RejectInput,
    StageInput,
    TagInput,
    application_of,
    candidate_of,
    stage_of,
)
from integrations.api.actions.submission_input import left_out
from integrations.api.bodies import body_of, raw_body, success
from integrations.api.caller import caller, tenant
from integrations.api.errors import action_not_available, invalid
from integrations.models import ActionChannel, ActionKind, Application

LATER = "Flatchr's search does not show the change yet: the records here follow with a later sync."
UNREAD = "The tag is set; Flatchr did not tell the candidate's tags, so they follow with a sync."
CANNOT_REMOVE = (
    "Flatchr's API gives a candidate a tag and cannot take it off again. "
    "Take it off in Flatchr; the next sync shows it."
)
NOBODY_SIGNED_IN = (
    "Flatchr takes a comment from one of its users, who has signed in with a password, and not "
    "from an API key. Notes are written while the user who made this key is signed in to Flatchr "
    "in Relais."
)
_ONE_FILE = "Flatchr takes one file, the CV, when an application is created, and none afterwards."
_NO_LINKS = "Flatchr's API has no place for the links of assessments."
# Routes of the contract that Flatchr has nothing for, each with the reason.
UNAVAILABLE: Mapping[str, str] = {
    "ats/applications/{application_id}/result-links": _NO_LINKS,
    "ats/candidates/{candidate_id}/result-links": _NO_LINKS,
    "ats/applications/{application_id}/attachments": _ONE_FILE,
    "ats/candidates/{candidate_id}/attachments": _ONE_FILE,
    "ats/import-tracked-application": (
        "All of Flatchr's applications are read, so there is none to import."
    ),
}


def move_application(request: Any, application_id: str) -> HttpResponse:
    """PUT /ats/applications/{application_id}/stage."""
    body = body_of(request, StageInput)
    integration = tenant(request, for_action=True)
    application = application_of(integration, application_id)
    stage = stage_of(integration, body.stage_id)
    with of_service("moved the application"):
        try:
            shown = _shown(request, ActionKind.MOVE, application, stage=stage.pk)
        except StageWithoutNumber as error:
            raise invalid(f"stage_id: {error}") from None
    return _done(request, held={"stage_id": None}, warning="" if shown else LATER)


def reject_application(request: Any, application_id: str) -> HttpResponse:
    """POST /ats/applications/{application_id}/reject, which archives it."""
    body_of(request, RejectInput)
    application = application_of(tenant(request, for_action=True), application_id)
    with of_service("archived the application"):
        shown = _shown(request, ActionKind.REJECT, application)
    return _done(request, held={}, warning="" if shown else LATER)


def add_application_note(request: Any, application_id: str) -> HttpResponse:
    """POST /ats/applications/{application_id}/notes: a comment in the name of the user who made the
    key, while they are signed in to Flatchr.
    """
    body = body_of(request, NoteInput)
    integration = tenant(request, for_action=True)
    application = application_of(integration, application_id)
    author = caller(request).key.created_by
    if author is None or sign_ins.current(integration, user=author) is None:
        raise action_not_available(NOBODY_SIGNED_IN)
    with of_service("written the note"):
        _shown(
            request, ActionKind.COMMENT, application, user=author, text=body.content, private=False
        )
    held = {"content": None, "content_type": None}
    return _done(request, held=held, warning="")


def add_candidate_tag(request: Any, candidate_id: str) -> HttpResponse:
    """POST /ats/candidates/{candidate_id}/tags."""
    name = body_of(request, TagInput).tag.name
    candidate = candidate_of(tenant(request, for_action=True), candidate_id)
    with of_service("set the tag"):
        application = latest_application(candidate)
        application.integration = candidate.integration
        read = _shown(request, ActionKind.TAG, application, tag=name)
    return _done(request, held={"tag": {"name": None}}, warning="" if read else UNREAD)


def remove_candidate_tag(request: Any, candidate_id: str) -> HttpResponse:
    """DELETE /ats/candidates/{candidate_id}/tags: not possible at Flatchr."""
    body_of(request, TagInput)
    candidate_of(tenant(request, for_action=True), candidate_id)
    raise action_not_available(CANNOT_REMOVE)


def refusing(reason: str) -> Callable[..., HttpResponse]:
    """A view that answers ACTION_NOT_AVAILABLE."""

    def view(request: Any, **path: str) -> HttpResponse:  # noqa: ARG001
        raise action_not_available(reason)

    return view


def _shown(
    request: Any, kind: ActionKind, application: Application, *, user: Any = None, **parameters: Any
) -> bool:
    """Have it done at Flatchr; whether the records here show it. Raises as `at_once.do` does."""
    by = Actor(user=user, key=caller(request).key, channel=ActionChannel.API)
    done = at_once.do(kind=kind, application=application, parameters=parameters, by=by)
    return done.shown_at is not None


def _done(request: Any, *, held: Mapping[str, Any], warning: str) -> HttpResponse:
    """Success, with a warning for each field of the body that Flatchr cannot hold."""
    given = orjson.loads(raw_body(request) or b"{}")
    return success({}, warnings=[*left_out(given, held), *([warning] if warning else [])])
