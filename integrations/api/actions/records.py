"""The records that creations answer with, as bytes ready to go out (`docs/unified-api.md §8`)."""

from __future__ import annotations

from typing import Any

import orjson

from integrations.api.reads.applications import APPLICATIONS
from integrations.api.reads.candidates import CANDIDATES
from integrations.api.reads.scope import scope_of
from integrations.models import Integration, Submission
from integrations.records import PROVISIONAL

# What a listed application has and a created one does not (§8.1).
_LISTED_ONLY = ("interviews", "offers")


def candidate_row(integration: Integration, submission: Submission) -> bytes:
    """The whole candidate (§5.2)."""
    wanted = _linked(submission)[1]
    row: bytes = CANDIDATES.rendered(scope_of(integration), [wanted])[wanted]
    return row


def application_row(integration: Integration, submission: Submission) -> bytes:
    """The whole application with its whole candidate, who comes without applications (§8.1)."""
    application_id, candidate_id = _linked(submission)
    scope = scope_of(integration)
    row = orjson.loads(APPLICATIONS.rendered(scope, [application_id])[application_id])
    person = orjson.loads(CANDIDATES.rendered(scope, [candidate_id])[candidate_id])
    for name in _LISTED_ONLY:
        row.pop(name, None)
    person.pop("applications", None)
    row["candidate"] = person
    if str(row["remote_id"] or "").startswith(PROVISIONAL):
        row["remote_id"] = None
    return orjson.dumps(row)


def _linked(submission: Submission) -> tuple[Any, Any]:
    return submission.application_id, submission.candidate_id
