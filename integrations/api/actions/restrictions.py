"""GET /ats/actions/{action}: what may be attached, for a form to check beforehand
(`docs/unified-api.md §10.8`, last lines).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse

from integrations.api.bodies import success
from integrations.api.caller import tenant
from integrations.api.errors import ApiError
from integrations.api.general.coverage import WRITE_ACTIONS
from integrations.submissions.documents.names import CONTENT_TYPES

ACTIONS = tuple(action.id for action in WRITE_ACTIONS if action.supported)
CREATING = ("ats_create_application", "ats_create_candidate")


def of_action(request: Any, action_id: str) -> HttpResponse:
    """`attachment_restrictions` of an action; null for those that take no files."""
    tenant(request)
    if action_id not in ACTIONS:
        raise ApiError(
            "PLATFORM.INPUT_INVALID", f"The action is one of {', '.join(ACTIONS)}.", status=404
        )
    return success({"attachment_restrictions": restrictions() if action_id in CREATING else None})


def restrictions() -> dict[str, Any]:
    """Flatchr takes no candidate without a CV, and no other file: those are left out."""
    most: int = settings.SUBMISSION_MAX_BYTES
    types = [name for names in CONTENT_TYPES.values() for name in names]
    return {
        "total_size_bytes": most,
        "types": {
            "CV": _kind(most=1, size=most, types=types),
            "COVER_LETTER": _kind(),
            "OTHER": _kind(),
        },
    }


def _kind(most: int = 0, size: int | None = None, types: list[str] | None = None) -> dict[str, Any]:
    return {
        "is_supported": most > 0,
        "min_amount": most,
        "max_amount": most,
        "max_file_size_bytes": size,
        "accepted_mime_types": types or [],
    }
