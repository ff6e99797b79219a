"""What is kept of each request for a submission: the attempts that its page shows."""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone

from integrations.flatchr.client import SEARCH
from integrations.flatchr.exchange_log import Exchange
from integrations.flatchr.write_result import WriteResult
from integrations.models import (
    AttemptKind,
    AttemptOutcome,
    Submission,
    SubmissionAttempt,
)
from integrations.submissions.lease import SubmissionLease
from integrations.tenants.exchange_recorder import ExchangeRecorder

_SEARCH = SEARCH.rpartition("}")[2]


class SubmissionRecorder(ExchangeRecorder):
    """Collects the exchanges of a submission, and keeps its lease alive meanwhile."""

    def __init__(self, lease: SubmissionLease) -> None:
        super().__init__(lease.submission.integration_id)
        self._lease = lease

    def tick(self) -> None:
        self._lease.tick()

    @property
    def last_search(self) -> Exchange | None:
        """The search for a person that ended last and is not written yet."""
        found = [one for one in self.ended if one.path.endswith(_SEARCH)]
        return found[-1] if found else None


def begin_send(submission: Submission, host: str, path: str, body: dict[str, Any]) -> int:
    """Note that the request is about to go out; the attempt's id."""
    attempt = SubmissionAttempt.objects.create(
        submission=submission,
        kind=AttemptKind.SEND,
        started_at=timezone.now(),
        request={"method": "POST", "host": host, "path": path, "body": body},
    )
    return attempt.pk


def end_send(attempt_id: int, receipt: WriteResult) -> None:
    """Note what became of the request."""
    SubmissionAttempt.objects.filter(pk=attempt_id).update(**_outcome_fields(receipt))


def note_check(
    submission: Submission, host: str, path: str, body: dict[str, Any], receipt: WriteResult
) -> None:
    """Note a dry run and its answer."""
    began = receipt.exchange.started_at if receipt.exchange else timezone.now()
    SubmissionAttempt.objects.create(
        submission=submission,
        kind=AttemptKind.CHECK,
        started_at=began,
        request={"method": "POST", "host": host, "path": path, "body": body},
        **_outcome_fields(receipt),
    )


def note_lookup(
    submission: Submission, exchange: Exchange | None, *, outcome: AttemptOutcome, error: str = ""
) -> None:
    """Note a search for the person and what it found; `exchange` is its last one, if any."""
    fields: dict[str, Any] = {"started_at": timezone.now()}
    if exchange is not None:
        fields = {
            "started_at": exchange.started_at,
            "duration": exchange.duration,
            "status": exchange.status,
            "request": {
                "method": exchange.method,
                "host": exchange.host,
                "path": exchange.path,
                "body": _json(exchange.request_body),
            },
            "response": _storable(exchange.response_body),
        }
    SubmissionAttempt.objects.create(
        submission=submission, kind=AttemptKind.LOOKUP, outcome=outcome, error=error, **fields
    )


def _outcome_fields(receipt: WriteResult) -> dict[str, Any]:
    exchange = receipt.exchange
    return {
        "outcome": receipt.outcome.value,
        "duration": exchange.duration if exchange else None,
        "status": exchange.status if exchange else None,
        "response": _storable(exchange.response_body) if exchange else "",
        "error": receipt.error.message if receipt.error else "",
    }


def _json(text: str) -> Any:
    """A body as JSON; one that was cut or is none stays text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _storable(text: str) -> str:
    """PostgreSQL stores no NUL in text."""
    return text.replace("\0", "\ufffd")
