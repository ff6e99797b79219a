"""Invented events of every type, for tests of a receiver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.ids import TOOL
from integrations.webhooks import bodies, catalogue

ID = "8fLeZx2Qm7KcVtR4yNbWdPjH"
OTHER_ID = "3Hk9TnWq6XbRzJ5vLmCfYpDs"
TENANT = f"{TOOL}:{ID}"
BEGAN = "2026-05-18T09:28:00.000Z"
MOMENT = "2026-05-18T09:30:00.000Z"

_END_USER = {
    "organization_name": "Atelier Nord",
    "creator_email": "rh@atelier-nord.example",
    "origin_id": "c-17",
}
_INTEGRATION = {
    "id": TENANT,
    "tool": TOOL,
    "category": bodies.CATEGORY,
    "end_user": _END_USER,
}
_NAMES = {
    "integration_id": TENANT,
    "integration_tool": TOOL,
    "integration_category": bodies.CATEGORY,
}
_LOG_URL = "https://relais.example/admin/integrations/syncrun/418/change/"
_VENDOR: Mapping[str, Mapping[str, Any]] = {
    catalogue.DATA_CHANGED: {
        **_NAMES,
        "changed_models": [{"name": "ats_candidates"}, {"name": "ats_applications"}],
    },
    catalogue.SYNC_FINISHED: {
        "sync_id": "418",
        "sync_state": "SUCCEEDED",
        "sync_started_at": BEGAN,
        "sync_ended_at": MOMENT,
        "sync_duration_seconds": 120,
        **_NAMES,
        "end_user": _END_USER,
        "log_url": _LOG_URL,
    },
    catalogue.INTEGRATION_CREATED: _INTEGRATION,
    catalogue.INTEGRATION_DELETED: {**_INTEGRATION, "deleted_at": MOMENT},
    catalogue.INTEGRATION_STATE_CHANGED: {
        **_NAMES,
        "end_user": _END_USER,
        "qa_status": "PASSED",
        "setup_status": "COMPLETED",
        "state": "INVALID",
        "updated_at": MOMENT,
    },
    catalogue.CONNECTION_FLOW_FAILED: {
        "integration_tool": TOOL,
        "integration_category": bodies.CATEGORY,
        "end_user": _END_USER,
        "log_url": "https://relais.example/admin/integrations/connectionlink/12/change/",
    },
    catalogue.ISSUE_STATUS_CHANGED: {
        "change": "raised",
        "issue": {
            "id": OTHER_ID,
            "type": "integration.authentication_failed",
            "title": "Flatchr refuses the key",
            "status": "OPEN",
            "markdown_message": "Make a new key in Flatchr and enter it on the tenant's page.",
            "first_observed_at": MOMENT,
            "resolved_at": None,
        },
        "integration": _INTEGRATION,
    },
}
_RECORDS: Mapping[str, Mapping[str, Any]] = {
    "job": {"id": ID, "remote_id": "4711", "name": "Menuisier", "status": "OPEN"},
    "candidate": {"id": ID, "remote_id": "7aB3", "first_name": "Zoé", "last_name": "Martin"},
    "application": {
        "id": ID,
        "remote_id": "7aB3",
        "outcome": "PENDING",
        "current_stage_id": OTHER_ID,
    },
}
_BEFORE: Mapping[str, Mapping[str, Any]] = {
    "job": {"status": "DRAFT"},
    "candidate": {"last_name": None},
    "application": {"current_stage_id": ID},
}


def sample_of(type: str) -> Mapping[str, Any]:
    """The data of an invented event. Raises `KeyError` for a type that does not exist."""
    if type in _VENDOR:
        return _VENDOR[type]
    model, _, what = type.partition(".")
    before = _BEFORE[model] if what in ("updated", "moved") else {}
    return {
        **_NAMES,
        "model": f"ats_{model}s",
        "changed_fields": sorted(before),
        "changed_at": MOMENT,
        "record": _RECORDS[model],
        "before": before,
    }
