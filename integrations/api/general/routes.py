"""The general endpoints (`docs/unified-api.md §10`)."""

from __future__ import annotations

from integrations.api.general import fields, integrations, keys, syncs, tools
from integrations.api.routing import Route, View


def _route(method: str, path: str, view: View, *, writes: bool = False) -> Route:
    return Route(method, path, view, writes=writes, general=True)


_ONE = "integrations/{integration_id}"

ROUTES = [
    _route("GET", "check-api-key", keys.check),
    _route("GET", "tools/{category}", tools.of_category),
    _route("POST", "force-sync", syncs.force_sync, writes=True),
    _route("GET", _ONE, integrations.details),
    _route("DELETE", _ONE, integrations.delete, writes=True),
    _route("PUT", f"{_ONE}/enabled", integrations.set_enabled, writes=True),
    _route("GET", f"{_ONE}/integration-fields", fields.integration_fields),
    _route(
        "PATCH",
        f"{_ONE}/integration-fields/{{field_id}}",
        fields.switch_integration_field,
        writes=True,
    ),
    _route("GET", f"{_ONE}/custom-fields", fields.custom_fields),
    _route("PUT", f"{_ONE}/custom-fields/{{field_id}}", fields.map_custom_field, writes=True),
]
