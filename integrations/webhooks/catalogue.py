"""The types of events: those of the vendor's contract, and our own with content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _lazy

DATA_CHANGED = "data-changed"
SYNC_FINISHED = "sync-finished"
INTEGRATION_CREATED = "integration-created"
INTEGRATION_DELETED = "integration-deleted"
INTEGRATION_STATE_CHANGED = "integration-state-changed"
CONNECTION_FLOW_FAILED = "connection-flow-failed"
ISSUE_STATUS_CHANGED = "issue-status-changed"


@dataclass(frozen=True, slots=True)
class EventType:
    """`name` is its public name. One with content holds a record (`webhooks/content.py`)."""

    name: str
    text: Any
    has_content: bool = False


# `docs/unified-api.md §11`. An endpoint gets these unless others are chosen.
VENDOR = (
    EventType(DATA_CHANGED, _lazy("Data has changed: which models, at most once in 30 seconds.")),
    EventType(SYNC_FINISHED, _lazy("A sync has ended.")),
    EventType(INTEGRATION_CREATED, _lazy("A tenant was connected.")),
    EventType(INTEGRATION_DELETED, _lazy("A tenant was deleted.")),
    EventType(
        INTEGRATION_STATE_CHANGED,
        _lazy("A tenant was enabled or disabled, its key stopped or began to work."),
    ),
    EventType(CONNECTION_FLOW_FAILED, _lazy("A customer could not connect with a link.")),
    EventType(ISSUE_STATUS_CHANGED, _lazy("An issue was raised or resolved.")),
)
RECORDS = ("job", "candidate", "application")
_OWN = {
    "created": _lazy("New, with the record."),
    "updated": _lazy("Changed, with the record and what it was before."),
    "deleted": _lazy("Deleted in Flatchr, with the record as it last was."),
    "restored": _lazy("Back in Flatchr, with the record."),
}
OWN = (
    *(
        EventType(f"{record}.{what}", text, has_content=True)
        for record in RECORDS
        for what, text in _OWN.items()
    ),
    EventType(
        "application.moved",
        _lazy("In another stage, with the record and the stage before."),
        has_content=True,
    ),
)
TYPES = {kind.name: kind for kind in (*VENDOR, *OWN)}
DEFAULT = tuple(kind.name for kind in VENDOR)
