"""Integration fields and custom fields of an integration (`docs/unified-api.md §10.6`).

An integration field is a field of Flatchr's own that is passed on with each job once it is
switched on. A custom field is defined in the dashboard for every tenant, and carries the value of
the integration field that it is mapped to. Both are in the jobs from the next sync.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from integrations.api.bodies import Body, body_of, success
from integrations.api.caller import caller
from integrations.api.errors import invalid
from integrations.api.reads import cursors
from integrations.flatchr.mapping.fields import INTEGRATION_FIELDS, field_id
from integrations.models import CustomField, FieldModel, Integration
from integrations.tenants import custom_fields as further
from integrations.tenants.custom_fields import IntegrationField, MappedField, UnknownField

PAGE_SIZE = 100
LARGEST_PAGE = 2000
LARGEST_CUSTOM_PAGE = 250
# Flatchr has no fields that its customers define themselves.
DEFAULT = "DEFAULT"
_CUSTOM_FIELDS = "custom-fields"


class IntegrationFieldSwitch(Body):
    """The body of `PATCH /integrations/{id}/integration-fields/{field_id}`; null switches off."""

    enable_passthrough: bool | None = None


class CustomFieldMapping(Body):
    """The body of `PUT /integrations/{id}/custom-fields/{field_id}`; null takes a mapping away."""

    # Without a default: an empty body must not come to take a mapping away.
    integration_field_id: str | None


def integration_fields(request: Any, integration_id: str) -> HttpResponse:
    integration = caller(request).find(integration_id)
    size = _page_size(request, LARGEST_PAGE)
    fields = further.integration_fields_of(integration)
    start = _start(request, fields)
    following = fields[start + size - 1].id if start + size < len(fields) else None
    return _listed([_field(field) for field in fields[start : start + size]], following)


def switch_integration_field(request: Any, integration_id: str, field_id: str) -> HttpResponse:
    """Pass the field on with each job from the next sync, or no longer."""
    integration = caller(request).find(integration_id)
    wanted = bool(body_of(request, IntegrationFieldSwitch).enable_passthrough)
    try:
        return success(_field(further.switch_integration_field(integration, field_id, wanted)))
    except UnknownField as unknown:
        raise invalid(str(unknown)) from None


def custom_fields(request: Any, integration_id: str) -> HttpResponse:
    """Listed by id, so that one that is added or deleted between two pages shifts no other."""
    integration = caller(request).find(integration_id)
    size = _page_size(request, LARGEST_CUSTOM_PAGE)
    fields = CustomField.objects.order_by("id")
    # Blank asks for the first page, as a blank `next` ends the last.
    if cursor := request.GET.get("cursor", "").strip():
        fields = fields.filter(id__gt=cursors.position(_CUSTOM_FIELDS, cursor))
    # One more than the page holds tells whether there is a next one.
    found = further.as_mapped(integration, fields[: size + 1])
    following = cursors.cursor(_CUSTOM_FIELDS, found[size - 1].id) if len(found) > size else None
    return _listed([_custom_field(integration, field) for field in found[:size]], following)


def map_custom_field(request: Any, integration_id: str, field_id: str) -> HttpResponse:
    """Let the custom field carry another integration field from the next sync, or none."""
    integration = caller(request).find(integration_id)
    wanted = body_of(request, CustomFieldMapping).integration_field_id
    try:
        key = None if wanted is None else further.key_of(integration, wanted)
        mapped = further.map_custom_field(integration, field_id, key)
    except UnknownField as unknown:
        raise invalid(str(unknown)) from None
    return success(_custom_field(integration, mapped))


def _listed(fields: list[dict[str, Any]], following: str | None) -> HttpResponse:
    # Both keys: the SDKs read `next`, the OpenAPI document has `next_cursor` as well.
    return success({"results": fields, "next": following, "next_cursor": following})


def _field(field: IntegrationField) -> dict[str, Any]:
    return {
        "id": field.id,
        "key": field.key,
        "model": FieldModel.JOBS.value,
        "type": DEFAULT,
        "label": field.label,
        "is_passthrough_enabled": field.enabled,
        "is_writable": False,
    }


def _custom_field(integration: Integration, field: MappedField) -> dict[str, Any]:
    return {
        "id": field.id,
        "key": field.key,
        "model": field.model,
        "label": field.label,
        "description": field.description or None,
        "integration_field": _mapped_to(integration, field.mapped_to),
    }


def _mapped_to(integration: Integration, key: str | None) -> dict[str, Any] | None:
    if key is None:
        return None
    return {
        "id": field_id(integration.pk, key),
        "key": key,
        "type": DEFAULT,
        "label": INTEGRATION_FIELDS[key],
    }


def _page_size(request: Any, largest: int) -> int:
    given: str = request.GET.get("page_size", str(PAGE_SIZE))
    # Four digits at most: what is longer is too large, however large it is.
    if not (given.isascii() and given.isdigit() and len(given) <= 4 and 1 <= int(given) <= largest):
        raise invalid(f"page_size is a whole number from 1 to {largest}.")
    return int(given)


def _start(request: Any, fields: list[IntegrationField]) -> int:
    """Where the page begins: after the field whose id the cursor is."""
    cursor = request.GET.get("cursor", "")
    if not cursor:
        return 0
    for place, field in enumerate(fields, start=1):
        if field.id == cursor:
            return place
    raise invalid("The cursor is not one of this list.")
