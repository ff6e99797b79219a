"""Which of the API's parts a tenant's scopes switch off, and the error for them
(`docs/unified-api.md §4.2`, §12.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpResponse

from integrations.api.caller import tenant
from integrations.api.errors import ApiError
from integrations.api.routing import ApiRoute, View
from integrations.models import ScopeConfig
from integrations.models.scopes import Choice, Part, Scopes

MODEL = "INTEGRATION.MODEL_DISABLED"
ACTION = "INTEGRATION.ACTION_DISABLED"

# What a route needs, by its method and path, and the code that it answers with otherwise.
NEEDS: Mapping[str, tuple[Part, str]] = {
    "GET ats/candidates": (Part.APPLICATIONS, MODEL),
    "GET ats/applications": (Part.APPLICATIONS, MODEL),
    "GET ats/tags": (Part.TAGS, MODEL),
    "PUT ats/applications/{application_id}/stage": (Part.APPLICATIONS, ACTION),
    "POST ats/applications/{application_id}/reject": (Part.APPLICATIONS, ACTION),
    "POST ats/applications/{application_id}/notes": (Part.APPLICATIONS, ACTION),
    "GET ats/applications/{application_id}/attachments": (Part.FILES, ACTION),
    "GET ats/candidates/{candidate_id}/attachments": (Part.FILES, ACTION),
    "POST ats/candidates/{candidate_id}/tags": (Part.TAGS, ACTION),
}

# The same for the details of an integration (§10.2): models and actions, and fields of models.
WHOLE: Mapping[str, Part] = {
    "ats_candidates": Part.APPLICATIONS,
    "ats_applications": Part.APPLICATIONS,
    "ats_tags": Part.TAGS,
    "ats_join_candidates_tags": Part.TAGS,
    "ats_move_application_to_stage": Part.APPLICATIONS,
    "ats_reject_application": Part.APPLICATIONS,
    "ats_get_candidate_attachments": Part.FILES,
    "ats_get_application_attachments": Part.FILES,
    "ats_add_application_note": Part.APPLICATIONS,
    "ats_add_candidate_tag": Part.TAGS,
}
FIELDS: Mapping[str, Mapping[str, Part]] = {
    "ats_candidates": {
        "first_name": Part.NAMES,
        "last_name": Part.NAMES,
        "email_addresses": Part.EMAILS,
        "phone_numbers": Part.PHONES,
        "tags": Part.TAGS,
        "remote_data": Part.RAW,
    },
    "ats_applications": {"remote_data": Part.RAW},
}
SETTINGS: Mapping[Choice, str] = {
    Choice.ON: "ENABLED",
    Choice.OFF: "DISABLED",
    Choice.OPTIONAL: "OPTIONAL",
}

# What a link may be made with, besides the configurations that administrators have named
# (`ScopeConfig`). What an operator chooses for one tenant has no id for another.
DEFAULT = {"id": "default", "name": "Everything"}
OPTIONAL = {"id": "optional", "name": "Everything, and the customer may opt out"}
OWN = {"id": "own", "name": "As chosen for this integration"}
ALL_OPTIONAL = Scopes(dict.fromkeys(Part, Choice.OPTIONAL))
CONFIGS: Mapping[str, Scopes] = {DEFAULT["id"]: Scopes({}), OPTIONAL["id"]: ALL_OPTIONAL}


def config_named(wanted: str) -> Scopes | None:
    """The scopes of the configuration with this id; None if there is none."""
    if (known := CONFIGS.get(wanted)) is not None:
        return known
    found = ScopeConfig.objects.filter(pk=wanted).first() if "\0" not in wanted else None
    return found.scopes if found is not None else None


def config_names() -> list[str]:
    """The ids of all configurations."""
    return [*CONFIGS, *ScopeConfig.objects.values_list("pk", flat=True)]


def configs_of(scopes: Scopes) -> list[dict[str, str]]:
    """The configurations that the operator's choices are, the one that is told of first."""
    named = [
        {"id": one.pk, "name": one.name}
        for one in ScopeConfig.objects.all()
        if one.scopes.choices == scopes.choices
    ]
    return [*named, _plain_config_of(scopes)]


def _plain_config_of(scopes: Scopes) -> dict[str, str]:
    if not scopes.choices:
        return DEFAULT
    return OPTIONAL if scopes.choices == ALL_OPTIONAL.choices else OWN


def scoped(routes: Iterable[ApiRoute]) -> list[ApiRoute]:
    """`routes`, of which those that a tenant's scopes switch off refuse."""
    return [
        replace(route, view=_refusing(route.view, *NEEDS[name]))
        if (name := f"{route.method} {route.path}") in NEEDS
        else route
        for route in routes
    ]


def _refusing(view: View, part: Part, code: str) -> View:
    def refuse_or_answer(request: Any, **path: str) -> HttpResponse:
        refuse(tenant(request).flatchr_settings.scopes, part, code)
        return view(request, **path)

    return refuse_or_answer


def refuse(scopes: Scopes, part: Part, code: str) -> None:
    """Raise `ApiError` unless `part` is read."""
    if part not in scopes.left_out:
        return
    why = "The customer has opted out of it." if scopes.declined(part) else ""
    what = "model is not read" if code == MODEL else "action is switched off"
    message = f"This {what} for this integration: its scopes leave it out. {why}"
    raise ApiError(code, message.strip())
