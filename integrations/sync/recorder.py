"""The recorder of a run: its counts, warnings, quarantined records, requests and waits.

Counts and warnings are written in the transaction of the batch they belong to, so what a page
shows is what is committed (`docs/architecture.md`, decision 3).
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from integrations import jobs
from integrations.flatchr.exchange_log import Exchange
from integrations.jobs import LeaseLost
from integrations.models import (
    HttpExchange,
    ModelResult,
    QuarantinedRecord,
    SyncRun,
    SyncWarning,
)
from integrations.records import Finding, Model, Rejected
from integrations.sync.bulk.checkpoint import Checkpoint
from integrations.sync.lease import RunLease
from integrations.sync.review.carried_warnings import (
    EXAMPLES,
    MAPPED_ONCE,
    MOST_FOLLOWED,
    CarriedWarnings,
)
from integrations.tenants.exchange_recorder import exchange_row, has_failed, is_sampled

FLUSH_SECONDS = 1.0


@dataclass(slots=True)
class Counts:
    """The figures of one model in one run; `unchanged` is derived from the others."""

    seen: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    restored: int = 0
    held: int = 0
    quarantined: int = 0

    @property
    def unchanged(self) -> int:
        return max(0, self.seen - self.created - self.updated - self.restored - self.quarantined)


class ReadHalted(Exception):
    """Ends a read on another thread: its consumer has stopped taking what is read."""


class RunRecorder:
    """Records one attempt at a run; also the client's `Observer`."""

    def __init__(self, run: SyncRun, lease: RunLease) -> None:
        self.run = run
        self.lease = lease
        self.checkpoint = Checkpoint()
        self.carried = CarriedWarnings(run)
        # The models that Flatchr has listed whole in phases that are finished; those of them that
        # are not stored yet; those of the phase under way.
        self.completed: set[Model] = set()
        self._unwritten: set[Model] = set()
        self._marked: set[Model] = set()
        # Whether a phase has ended since the checkpoint was written.
        self._left = False
        self._warnings: dict[tuple[Model, str], SyncWarning] = {}
        results = list(run.results.all())
        ModelResult.objects.bulk_create(
            [ModelResult(run=run, model=model) for model in Model], ignore_conflicts=True
        )
        self._counts = {model: Counts() for model in Model}
        if results:
            self._resume(results)
        self._written = {model: replace(counts) for model, counts in self._counts.items()}
        # Warnings that are to be written, and which columns of each.
        self._dirty: defaultdict[tuple[Model, str], set[str]] = defaultdict(set)
        self._exchanges: dict[str, Exchange] = {}
        self.requests = self._requests_written = run.requests
        self._known_exchanges: set[str] = set()
        # Those under way that are not to be written unless they fail.
        self._left_out: set[str] = set()
        self._flushed_at = time.monotonic()
        self._findings: list[Finding] = []
        self._halted = threading.Event()
        # Whether applicants have been read to the end, even if Flatchr did not list all: a later
        # delta then needs only what has changed since.
        self.applicants_read = Model.APPLICATIONS in self.checkpoint.finished

    def _resume(self, results: Iterable[ModelResult]) -> None:
        """Reset what this attempt finds anew, and go on from what earlier ones have written."""
        run = self.run
        self.checkpoint = Checkpoint.load(run.checkpoint, now=jobs.now())
        anew = self.checkpoint.unfinished()
        run.quarantined.filter(model__in=anew).delete()
        run.held_deletions.filter(model__in=anew).delete()
        run.warnings.filter(model__in=anew.difference(MAPPED_ONCE)).delete()
        run.results.filter(model__in=anew).update(
            seen=0,
            unchanged=0,
            held=0,
            quarantined=0,
            complete=False,
            error_kind="",
            error_message="",
        )
        for warning in run.warnings.all():
            self._warnings[Model(warning.model), warning.code] = warning
        for result in results:
            model = Model(result.model)
            again = model in anew
            self._counts[model] = Counts(
                seen=0 if again else result.seen,
                created=result.created,
                updated=result.updated,
                deleted=result.deleted,
                restored=result.restored,
                held=0 if again else result.held,
                quarantined=0 if again else result.quarantined,
            )
            if result.complete and not again:
                self.completed.add(model)

    def counts(self, model: Model) -> Counts:
        return self._counts[model]

    def enter(self, model: Model) -> None:
        """Store `model` as the run's current phase, and what the phase before it has left."""
        self.lease.check()
        if self._is_time_to_flush():
            self.flush()
        requests = self.requests
        self._write_progress(
            phase=model.value, waiting_until=None, waiting_reason="", requests=requests
        )
        self._requests_written = requests

    def leave(self, model: Model) -> None:
        """Note that the phase of `model` is finished: no later attempt repeats it.

        It is stored with the next phase's beginning, or with the end of the attempt.
        """
        self.checkpoint.finished.add(model)
        self.completed |= self._marked
        self._unwritten |= self._marked
        self._marked = set()
        self._left = True

    def leave_to_others(self) -> None:
        """Store all that another attempt needs to go on. Raises `LeaseLost`."""
        self.flush()
        self._write_progress()

    def _write_progress(self, **fields: object) -> None:
        with transaction.atomic():
            if self._left:
                fields["checkpoint"] = self.checkpoint.dump(now=self.lease.clock.now())
            self.lease.renew(**fields)
            self.write_completed()
        self._left = False

    def write_completed(self) -> None:
        """Store which models Flatchr has listed whole. Inside a transaction."""
        if self._unwritten:
            self.run.results.filter(model__in=self._unwritten).update(complete=True)
            self._unwritten = set()

    def save(self, *models: Model, findings: Iterable[Finding] | None = None) -> None:
        """Write the figures of `models`, and `findings`: by default all reported so far.

        Inside a batch's transaction.
        """
        for finding in self.take_findings() if findings is None else findings:
            self._count(finding)
        for model in models:
            counts = self._counts[model]
            if counts == self._written[model]:
                continue
            self._written[model] = replace(counts)
            self.run.results.filter(model=model).update(
                seen=counts.seen,
                created=counts.created,
                updated=counts.updated,
                unchanged=counts.unchanged,
                deleted=counts.deleted,
                restored=counts.restored,
                held=counts.held,
                quarantined=counts.quarantined,
            )
        for key, columns in sorted(self._dirty.items()):
            warning = self._warnings[key]
            # Examples are large and soon complete, so they are written only when they change.
            warning.save(update_fields=None if warning.pk is None else columns)
        self._dirty.clear()

    def mark_complete(self, model: Model) -> None:
        """Note that Flatchr has listed the model whole; stored as `leave` is.

        Raises `LeaseLost`.
        """
        if self.lease.lost:
            raise LeaseLost
        self._marked.add(model)

    def mark_failed(self, model: Model, *, kind: str, message: str) -> None:
        self._marked = set()
        with transaction.atomic():
            self.lease.renew()
            self.run.results.filter(model=model).update(error_kind=kind, error_message=message)

    def report(self, finding: Finding) -> None:
        """Note a finding, to be written with the batch that it belongs to."""
        self._findings.append(finding)

    def take_findings(self) -> list[Finding]:
        """Return and forget the findings reported so far."""
        taken, self._findings = self._findings, []
        return taken

    def _count(self, finding: Finding) -> None:
        """Count a finding; keep the first `EXAMPLES` of each kind as examples."""
        key = (finding.model, finding.code)
        warning = self._warnings.get(key)
        if warning is None:
            warning = SyncWarning(
                run=self.run, model=finding.model, code=finding.code, examples=[], remote_ids=[]
            )
            self._warnings[key] = warning
        warning.count += 1
        self._dirty[key].add("count")
        if len(warning.examples) < EXAMPLES:
            warning.examples.append(
                {
                    "remote_id": finding.remote_id,
                    "field": finding.field,
                    "value": finding.value,
                    "message": finding.message,
                }
            )
            self._dirty[key].add("examples")
        if len(warning.remote_ids) < MOST_FOLLOWED:
            warning.remote_ids.append(finding.remote_id)
            self._dirty[key].add("remote_ids")

    def quarantine(self, rejected: Iterable[Rejected]) -> None:
        """Store what could not be mapped. Inside a batch's transaction."""
        rows = [
            QuarantinedRecord(
                run=self.run,
                model=item.model,
                remote_id=item.remote_id[:400],
                reason=item.reason,
                raw=item.raw,
            )
            for item in rejected
        ]
        for row in rows:
            self._counts[Model(row.model)].quarantined += 1
        QuarantinedRecord.objects.bulk_create(rows)

    # The client's observer

    def exchange(self, exchange: Exchange) -> None:
        """Note a request; called when its headers have arrived, and again when it has ended."""
        key = exchange.key
        if not (key in self._known_exchanges or key in self._exchanges or key in self._left_out):
            self.requests += 1
            if not is_sampled(self.requests):
                self._left_out.add(key)
        if key not in self._left_out:
            self._exchanges[key] = exchange
        elif exchange.duration is not None:
            self._left_out.discard(key)
            if has_failed(exchange):
                self._exchanges[key] = exchange
        if self._is_time_to_flush():
            self.flush()

    def waiting(self, seconds: float, reason: str) -> None:
        self.lease.check()
        self.flush()
        until = timezone.now() + timedelta(seconds=seconds)
        self.lease.renew(waiting_until=until if seconds > 0 else None, waiting_reason=reason)

    def tick(self) -> None:
        if self._halted.is_set():
            raise ReadHalted
        self.lease.check()
        if self._is_time_to_flush():
            self.flush()

    def halt(self) -> None:
        """End the read that is under way on another thread, at its next tick."""
        self._halted.set()

    def _is_time_to_flush(self) -> bool:
        return time.monotonic() - self._flushed_at >= FLUSH_SECONDS

    def flush(self) -> None:
        """Write the exchanges noted since the last flush, and the number of requests."""
        self._flushed_at = time.monotonic()
        if self._exchanges:
            self._write_exchanges()
        if self.requests != self._requests_written:
            self._write_requests()

    def _write_exchanges(self) -> None:
        HttpExchange.objects.bulk_create(
            [
                exchange_row(exchange, self.run.integration_id, run=self.run)
                for exchange in self._exchanges.values()
            ],
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["status", "duration", "bytes_received", "response_body", "error"],
        )
        self._known_exchanges = {
            key for key, exchange in self._exchanges.items() if exchange.duration is None
        }
        self._exchanges.clear()

    def _write_requests(self) -> None:
        """Write the number of requests, unless a batch's transaction has locked the run's row.

        Waiting for it would keep the prefetching thread from reading; the next flush writes it.
        """
        own = SyncRun.objects.filter(pk=self.run.pk, lease_owner=self.lease.owner)
        number = self.requests
        with transaction.atomic():
            free = own.order_by().select_for_update(skip_locked=True).values("pk")
            if SyncRun.objects.filter(pk__in=free).update(requests=number):
                self._requests_written = number
