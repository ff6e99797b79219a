"""What is kept of each request for a submission: attempts for its page, exchanges for the log."""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone

from integrations.flatchr.client import SEARCH
from integrations.flatchr.exchange_log import Exchange
from integrations.flatchr.write_result import Receipt
from integrations.models import (
    AttemptKind,
    AttemptOutcome,
    HttpExchange,
    Submission,
    SubmissionAttempt,
)
from integrations.submissions.lease import SubmissionLease

# An `Exchange`'s fields that have a column of the same name.
_COLUMNS = (
    "key",
    "started_at",
    "method",
    "host",
    "path",
    "status",
    "attempt",
    "duration",
    "bytes_received",
    "request_headers",
    "request_body",
    "response_headers",
)
_SEARCH = SEARCH.rpartition("}")[2]


class Recorder:
    """The client's observer: keeps the lease alive, and remembers what is to be written.

    Nothing is written by itself: `flush` belongs into the transaction that records the outcome,
    which saves a commit for each request.
    """

    def __init__(self, integration_id: str, lease: SubmissionLease | None = None) -> None:
        self.integration_id = integration_id
        self._lease = lease
        self._ended: list[Exchange] = []

    def exchange(self, exchange: Exchange) -> None:
        if exchange.duration is not None:
            self._ended.append(exchange)

    def waiting(self, seconds: float, reason: str) -> None:  # noqa: ARG002 - the protocol's
        self.tick()

    def tick(self) -> None:
        if self._lease is not None:
            self._lease.tick()

    @property
    def search(self) -> Exchange | None:
        """The search that ended last and is not written yet."""
        found = [one for one in self._ended if one.path.endswith(_SEARCH)]
        return found[-1] if found else None

    def flush(self) -> None:
        """Write the exchanges that have ended since the last flush."""
        rows = [_row(exchange, self.integration_id) for exchange in self._ended]
        HttpExchange.objects.bulk_create(rows, ignore_conflicts=True)
        self._ended.clear()


def _row(exchange: Exchange, integration_id: str) -> HttpExchange:
    fields = {name: getattr(exchange, name) for name in _COLUMNS}
    return HttpExchange(
        integration_id=integration_id,
        response_body=_storable(exchange.response_body),
        error=exchange.error[:200],
        **fields,
    )


def begin_send(submission: Submission, host: str, path: str, body: dict[str, Any]) -> int:
    """Note that the request is about to go out; the attempt's id."""
    attempt = SubmissionAttempt.objects.create(
        submission=submission,
        kind=AttemptKind.SEND,
        started_at=timezone.now(),
        request={"method": "POST", "host": host, "path": path, "body": body},
    )
    return attempt.pk


def end_send(attempt_id: int, receipt: Receipt) -> None:
    """Note what became of the request."""
    SubmissionAttempt.objects.filter(pk=attempt_id).update(**_fate(receipt))


def note_check(
    submission: Submission, host: str, path: str, body: dict[str, Any], receipt: Receipt
) -> None:
    """Note a dry run and its answer."""
    began = receipt.exchange.started_at if receipt.exchange else timezone.now()
    SubmissionAttempt.objects.create(
        submission=submission,
        kind=AttemptKind.CHECK,
        started_at=began,
        request={"method": "POST", "host": host, "path": path, "body": body},
        **_fate(receipt),
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


def _fate(receipt: Receipt) -> dict[str, Any]:
    exchange = receipt.exchange
    return {
        "outcome": receipt.delivery.value,
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
