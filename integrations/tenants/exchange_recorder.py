"""The log of a tenant's requests to Flatchr: its rows, who collects them, and what is not kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings

from integrations import telemetry
from integrations.flatchr.exchange_log import Exchange, Observer
from integrations.models import HttpExchange, Integration, SyncRun
from integrations.models.scopes import Scopes
from integrations.tenants.scopes import redacts_people, scopes_of

# Parts of the paths whose answers tell of people (`docs/flatchr-api.md §5, §6, §8, §10`).
ABOUT_APPLICANTS = ("/search/", "/applicant/")
WITHHELD = "Not kept, as this tenant leaves out some of what Flatchr knows of candidates."

# The fields of an `Exchange` that have a column of the same name.
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


def exchange_row(
    exchange: Exchange, integration_id: str, *, run: SyncRun | None = None
) -> HttpExchange:
    """An unsaved row of the log; `run` is the sync that the request belongs to."""
    fields: dict[str, Any] = {name: getattr(exchange, name) for name in _COLUMNS}
    return HttpExchange(
        integration_id=integration_id,
        run=run,
        # PostgreSQL stores no NUL in text.
        response_body=exchange.response_body.replace("\0", "\ufffd"),
        error=exchange.error[:200],
        **fields,
    )


def has_failed(exchange: Exchange) -> bool:
    """Whether an exchange that has ended did not end well."""
    return bool(exchange.error) or exchange.status is None or exchange.status >= 400


def is_sampled(number: int) -> bool:
    """Whether a run keeps its request of that number, counted from 1, if it goes well.

    The first `EXCHANGE_FIRST` requests, then one in `EXCHANGE_SAMPLE`.
    """
    return number <= settings.EXCHANGE_FIRST or number % settings.EXCHANGE_SAMPLE == 0


class ExchangeRecorder:
    """A client's observer that collects the exchanges that have ended, to be written by `flush`.

    Writing them together, in the transaction that records the outcome, saves a commit for each.
    """

    def __init__(self, integration_id: str, *, run: SyncRun | None = None) -> None:
        self.integration_id = integration_id
        self.run = run
        self.ended: list[Exchange] = []

    def exchange(self, exchange: Exchange) -> None:
        if exchange.duration is not None:
            self.ended.append(exchange)

    def waiting(self, seconds: float, reason: str) -> None:  # noqa: ARG002 - the protocol's
        self.tick()

    def tick(self) -> None:
        """Called now and then while a request is under way. To be overridden."""

    def flush(self) -> None:
        """Write the exchanges that have ended since the last flush."""
        rows = [exchange_row(one, self.integration_id, run=self.run) for one in self.ended]
        HttpExchange.objects.bulk_create(rows, ignore_conflicts=True)
        self.ended.clear()


class CountingObserver:
    """Passes everything on, and counts requests and waits for the metrics."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def exchange(self, exchange: Exchange) -> None:
        if exchange.duration is not None:
            telemetry.flatchr_answered(
                host=exchange.host,
                method=exchange.method,
                status=exchange.status,
                seconds=exchange.duration,
            )
        self._observer.exchange(exchange)

    def waiting(self, seconds: float, reason: str) -> None:
        # Told once a second of what is left of a pause (`Observer.waiting`).
        telemetry.flatchr_waited(min(seconds, 1.0))
        self._observer.waiting(seconds, reason)

    def tick(self) -> None:
        self._observer.tick()


def redacting_observer(
    observer: Observer, integration: Integration, *, scopes: Scopes | None = None
) -> Observer:
    """Return `observer`, behind a filter if the tenant's scopes leave out anything of people.

    `scopes` are these, if the caller has just read them.

    The log keeps the beginning of each answer, and the beginning of a list of applicants is the
    first of them with all its fields. Such answers are then not kept.
    """
    if not redacts_people(scopes_of(integration.pk) if scopes is None else scopes):
        return observer
    return RedactingObserver(observer)


class RedactingObserver:
    """Passes everything on, answers about people without their bodies."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def exchange(self, exchange: Exchange) -> None:
        if exchange.response_body and any(part in exchange.path for part in ABOUT_APPLICANTS):
            exchange = replace(exchange, response_body=WITHHELD)
        self._observer.exchange(exchange)

    def waiting(self, seconds: float, reason: str) -> None:
        self._observer.waiting(seconds, reason)

    def tick(self) -> None:
        self._observer.tick()
