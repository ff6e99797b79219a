"""Bodies of events: the vendor's form exactly (`docs/unified-api.md §11`).

The objects of the contract are closed: no key is added to them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse

from integrations.ids import TOOL
from integrations.models import Integration

CATEGORY = "ATS"


def body_text(event_id: str, type: str, data: Mapping[str, Any]) -> str:
    """The body as `JSON.stringify(body, null, 2)` writes it, which public receivers verify."""
    event = {"id": event_id, "type": type, "data": _as_javascript(data)}
    # JavaScript knows neither NaN nor infinity, and escapes a lone half of a surrogate pair.
    text = json.dumps(event, ensure_ascii=False, indent=2, allow_nan=False)
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)


def _as_javascript(value: Any) -> Any:
    """`value` with whole numbers written without a point, as JavaScript does."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _as_javascript(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_javascript(item) for item in value]
    return value


def moment(value: datetime) -> str:
    """YYYY-MM-DDTHH:mm:ss.sssZ."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def page_url(model: str, key: object) -> str:
    """The address of a record's page in the dashboard."""
    address = reverse(f"admin:integrations_{model}_change", args=[key])
    return urljoin(settings.PUBLIC_URL, address)


def end_user(tenant: Integration) -> dict[str, str | None]:
    return {
        "organization_name": tenant.organization,
        "creator_email": tenant.contact_email or None,
        "origin_id": tenant.origin_id or None,
    }


def integration_of(tenant: Integration) -> dict[str, Any]:
    """A tenant as the events about its connection and about issues name it."""
    return {"id": tenant.pk, "tool": TOOL, "category": CATEGORY, "end_user": end_user(tenant)}


def names_of(tenant: Integration) -> dict[str, Any]:
    """A tenant as the events about its data name it."""
    return {
        "integration_id": tenant.pk,
        "integration_tool": TOOL,
        "integration_category": CATEGORY,
    }


def state_of(tenant: Integration) -> dict[str, str]:
    """State and setup of a tenant (`docs/unified-api.md §12.4`)."""
    connected = hasattr(tenant, "credentials")
    invalid = not connected or tenant.credentials_invalid_at is not None
    read = tenant.applicants_read_at is not None
    working = "INVALID" if invalid else "ACTIVE"
    setup = "COMPLETED" if read else "FINAL_SYNC_PENDING"
    return {
        "qa_status": "PASSED" if read else "PENDING",
        "setup_status": setup if connected else "INCOMPLETE",
        "state": working if tenant.enabled else "INACTIVE",
    }
