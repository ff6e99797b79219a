"""Integration fields and custom fields of an integration (`unified-api.md §10.6`).

An integration field is a field of Flatchr's own that is passed on with each job once it is
switched on, from the next sync. No custom fields are defined, so there is none to map.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import HttpResponse

from integrations.api.answers import success
from integrations.api.bodies import Body, body_of
from integrations.api.caller import caller
from integrations.api.errors import invalid
from integrations.flatchr.mapping.fields import INTEGRATION_FIELDS
from integrations.ids import unified_id
from integrations.models import FlatchrSettings, Integration

PAGE_SIZE = 100
LARGEST_PAGE = 2000
LARGEST_CUSTOM_PAGE = 250


class IntegrationFieldSwitch(Body):
    """The body of `PATCH /integrations/{id}/integration-fields/{field_id}`; null switches off."""

    enable_passthrough: bool | None = None


class CustomFieldMapping(Body):
    """The body of `PUT /integrations/{id}/custom-fields/{field_id}`; null takes a mapping away."""

    integration_field_id: str | None = None


def integration_fields(request: Any, integration_id: str) -> HttpResponse:
    integration = caller(request).find(integration_id)
    size = _page_size(request, LARGEST_PAGE)
    enabled = set(integration.flatchr_settings.integration_fields)
    fields = [_field(integration, key, enabled) for key in INTEGRATION_FIELDS]
    start = _start(request, fields)
    following = fields[start + size - 1]["id"] if start + size < len(fields) else None
    return _listed(fields[start : start + size], following)


def switch_integration_field(request: Any, integration_id: str, field_id: str) -> HttpResponse:
    """Pass the field on with each job from the next sync, or no longer."""
    integration = caller(request).find(integration_id)
    wanted = bool(body_of(request, IntegrationFieldSwitch).enable_passthrough)
    keys = [key for key in INTEGRATION_FIELDS if _field_id(integration, key) == field_id]
    if not keys:
        raise invalid("This integration has no such integration field.")
    with transaction.atomic():
        row = FlatchrSettings.objects.select_for_update().get(pk=integration.pk)
        enabled = {*row.integration_fields} - {*keys}
        enabled |= {*keys} if wanted else set()
        row.integration_fields = [key for key in INTEGRATION_FIELDS if key in enabled]
        row.save(update_fields=["integration_fields"])
    return success(_field(integration, keys[0], enabled))


def custom_fields(request: Any, integration_id: str) -> HttpResponse:
    caller(request).find(integration_id)
    _page_size(request, LARGEST_CUSTOM_PAGE)
    _start(request, [])
    return _listed([], None)


def map_custom_field(request: Any, integration_id: str, field_id: str) -> HttpResponse:  # noqa: ARG001
    """No custom field is defined, so none can be mapped."""
    caller(request).find(integration_id)
    body_of(request, CustomFieldMapping)
    raise invalid("This integration has no such custom field: none are defined.")


def _listed(fields: list[dict[str, Any]], following: str | None) -> HttpResponse:
    # Both keys: the SDKs read `next`, the OpenAPI document has `next_cursor` as well.
    return success({"results": fields, "next": following, "next_cursor": following})


def _field(integration: Integration, key: str, enabled: set[str]) -> dict[str, Any]:
    return {
        "id": _field_id(integration, key),
        "key": key,
        "model": "ats_jobs",
        "type": "DEFAULT",
        "label": INTEGRATION_FIELDS[key],
        "is_passthrough_enabled": key in enabled,
        "is_writable": False,
    }


def _field_id(integration: Integration, key: str) -> str:
    """As the jobs of this integration carry it."""
    return unified_id(integration.pk, f"field:jobs:{key}")


def _page_size(request: Any, largest: int) -> int:
    given: str = request.GET.get("page_size", str(PAGE_SIZE))
    # Four digits at most: what is longer is too large, however large it is.
    if not (given.isascii() and given.isdigit() and len(given) <= 4 and 1 <= int(given) <= largest):
        raise invalid(f"page_size is a whole number from 1 to {largest}.")
    return int(given)


def _start(request: Any, fields: list[Mapping[str, Any]] | list[dict[str, Any]]) -> int:
    """Where the page begins: after the field whose id the cursor is."""
    cursor = request.GET.get("cursor", "")
    if not cursor:
        return 0
    for place, field in enumerate(fields, start=1):
        if field["id"] == cursor:
            return place
    raise invalid("The cursor is not one of this list.")
