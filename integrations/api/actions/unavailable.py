"""What the contract has and Flatchr's API has not, each with the reason."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from integrations.api.errors import action_not_available
from integrations.api.routing import Route

REASONS = {
    "ats/applications/{application_id}/notes": (
        "Flatchr takes a comment from a user who has logged in with a password, not from an API "
        "key, so no note can be written."
    ),
    "ats/applications/{application_id}/result-links": (
        "Flatchr's API has no place for the links of assessments."
    ),
    "ats/candidates/{candidate_id}/result-links": (
        "Flatchr's API has no place for the links of assessments."
    ),
    "ats/applications/{application_id}/attachments": (
        "Flatchr takes one file, the CV, when an application is created, and none afterwards."
    ),
    "ats/candidates/{candidate_id}/attachments": (
        "Flatchr takes one file, the CV, when an application is created, and none afterwards."
    ),
    "ats/import-tracked-application": (
        "All of Flatchr's applications are read, so there is none to import."
    ),
}


def _refuses(reason: str) -> Any:
    def view(request: Any, **path: str) -> HttpResponse:  # noqa: ARG001
        raise action_not_available(reason)

    return view


ROUTES = [
    Route("POST", path, _refuses(reason), writes=True, action=True)
    for path, reason in REASONS.items()
]
