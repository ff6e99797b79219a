"""Reading tags: the work of one slot, which never waits.

A slot reads while the tenant has requests to spare and for a few seconds at most. Then the row says
when the next one is worth while. Each batch is one transaction, in turn with those of syncs; what
is written in it is `storing.py`.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta
from typing import Any

from django.db.models.expressions import Combinable

from integrations import jobs, lanes
from integrations.changes.recording import recorded
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.exchange_log import Exchange
from integrations.flatchr.reader import FlatchrReader
from integrations.jobs import LeaseLost
from integrations.lanes import WorkerStopping
from integrations.messages import Message
from integrations.models import (
    Application,
    Integration,
    RunState,
    SyncRun,
    Tag,
    TagProgress,
)
from integrations.records import Finding, TagRecord
from integrations.sync.lease import RunBegun, hold_off_runs
from integrations.sync.review.carried_warnings import replace_read
from integrations.sync.tags import rounds, storing
from integrations.tenants import clients, throttle
from integrations.tenants.exchange_recorder import ExchangeRecorder

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
RENEW_SECONDS = 4.0
# What one slot may take, and one transaction may hold.
SLOT_SECONDS = 5.0
BATCH = 20
# Applicants that are chosen at a time.
QUEUE = 200
# The pauses after failures in a row, and the longest that Flatchr may ask for.
PAUSES = (10, 60, 300, 1200, 3600)
LONGEST_PAUSE_SECONDS = 24 * 3600.0
# Failures of single applicants in a row that are Flatchr's, and no longer theirs.
FLATCHR_FAILS = 3
# What a process that waits puts up with.
MOST_PATIENCE_SECONDS = 90.0
MOST_FAILURES = 3
# When an applicant whose tags could not be read is asked for again.
AGAIN = timedelta(hours=1)
GONE_AGAIN = timedelta(hours=24)
GOES_WELL = {"failures": 0, "error_kind": "", "error_message": ""}

# Errors that may be those of one applicant.
_OF_ONE = frozenset(
    {
        ErrorKind.NOT_FOUND,
        ErrorKind.SERVER_ERROR,
        ErrorKind.REFUSED,
        ErrorKind.NOT_UNDERSTOOD,
        ErrorKind.CUT_SHORT,
        ErrorKind.TOO_LARGE,
    }
)


def read_some(integration_id: str) -> bool:
    """Read some of a tenant's tags, as much as a slot and the tenant's requests allow.

    Return False when there was nothing to do: none are due, or another worker is at it.
    """
    now = jobs.now()
    row = TagProgress.objects.filter(pk=integration_id)
    owner = jobs.claim(rounds.waiting(now).filter(pk=integration_id), length=LEASE)
    if owner is None:
        return False
    progress = TagProgress.objects.select_related(
        "asked_by", "run", "integration__credentials", "integration__flatchr_settings"
    ).get(pk=integration_id)
    lease = jobs.Lease(row, owner=owner, length=LEASE)
    slot = _Slot(progress, lease, jobs.RunningClock(now))
    try:
        slot.work()
    except LeaseLost:
        logger.warning("The tags of %s were taken over; this worker stops", integration_id)
    except (WorkerStopping, RunBegun):
        slot.give_back(0)
    except FlatchrError as error:
        slot.fail(error)
    except Exception as error:
        logger.exception("Reading the tags of %s failed", integration_id)
        with jobs.failure_logged("Putting off the tags of %s", integration_id):
            slot.fail(error)
    return True


def read_all(integration_id: str, *, stopped: threading.Event) -> str:
    """Read the tags that are due until none are left, waiting in between; for a process of its own.

    Return why it could not go on, or nothing; and nothing when it was `stopped`.
    """
    while not stopped.is_set():
        if read_some(integration_id):
            continue
        progress = TagProgress.objects.filter(pk=integration_id).first()
        if progress is None:
            return ""
        if progress.due_at is None:
            return progress.error_message
        wait = (progress.due_at - jobs.now()).total_seconds()
        if wait > MOST_PATIENCE_SECONDS or progress.failures >= MOST_FAILURES:
            return progress.error_message
        stopped.wait(min(max(wait, 0.05), 1.0))
    return ""


class _TagObserver(ExchangeRecorder):
    """Keeps the lease while Flatchr is slow, and logs what failed, with one success per queue."""

    def __init__(self, integration_id: str, lease: jobs.Lease) -> None:
        super().__init__(integration_id)
        self.sample = False
        self._lease = lease
        self._renewed = time.monotonic()

    def exchange(self, exchange: Exchange) -> None:
        if exchange.error or exchange.status != 200 or self.sample:
            super().exchange(exchange)
            self.sample = self.sample and exchange.duration is None

    def tick(self) -> None:
        if lanes.is_stopping():
            raise WorkerStopping
        if time.monotonic() - self._renewed > RENEW_SECONDS:
            self._lease.renew()
            self._renewed = time.monotonic()


class _Slot:
    """One worker's turn at one tenant's tags."""

    def __init__(self, progress: TagProgress, lease: jobs.Lease, clock: jobs.RunningClock) -> None:
        self.progress = progress
        self.lease = lease
        self.clock = clock
        self.findings: list[Finding] = []
        self.observer = _TagObserver(progress.integration_id, lease)
        self._ends = time.monotonic() + SLOT_SECONDS
        # Failures of single applicants since one was read.
        self._in_a_row = 0

    def work(self) -> None:
        """Read until the round, the slot or the requests end.

        Raises `FlatchrError` when Flatchr cannot go on, `LeaseLost`, `WorkerStopping`.
        """
        progress = self.progress
        if progress.asked_by is not None:
            self._write(**rounds.plan(progress))
        tenant = progress.integration
        with clients.open_background_client(
            tenant, self.observer, scopes=tenant.flatchr_settings.scopes
        ) as client:
            reader = FlatchrReader(
                client,
                careers_url="",
                integration_id=tenant.pk,
                report=self.findings.append,
            )
            reader.know_tags(_stored_tags(tenant.pk))
            while True:
                if not progress.queue and not self._fill_queue():
                    self._end_round()
                    return
                number, pause = throttle.take_spare(tenant.pk, most=min(BATCH, len(progress.queue)))
                if not number:
                    self.give_back(pause)
                    return
                self._read(reader, progress.queue[:number])
                running = SyncRun.objects.filter(integration=tenant, state=RunState.RUNNING)
                if time.monotonic() > self._ends or running.exists():
                    self.give_back(0)
                    return

    def _fill_queue(self) -> bool:
        progress = self.progress
        queue, left = rounds.queue_next(progress, now=self.clock.now(), most=QUEUE)
        if (queue, left) != (progress.queue, progress.oldest_left):
            self._write(queue=queue, oldest_left=left)
        self.observer.sample = True
        return bool(queue)

    def _read(self, reader: FlatchrReader, application_ids: list[str]) -> None:
        """Read one batch; what was read before something ends it is kept."""
        live = Application.objects.live().filter(pk__in=application_ids)
        remote_ids = dict(live.values_list("pk", "remote_id"))
        readings: dict[str, list[TagRecord]] = {}
        retries: dict[str, datetime] = {}
        seen: list[str] = []
        try:
            for application_id in application_ids:
                if remote_id := remote_ids.get(application_id):
                    self._read_one(reader, application_id, remote_id, readings, retries)
                seen.append(application_id)
                if time.monotonic() > self._ends:
                    break
        finally:
            # An error of Flatchr's ends the slot, and so does a worker that stops.
            if seen or retries:
                self._save(readings, retries, {*seen, *retries})

    def _read_one(
        self,
        reader: FlatchrReader,
        application_id: str,
        remote_id: str,
        readings: dict[str, list[TagRecord]],
        retries: dict[str, datetime],
    ) -> None:
        try:
            readings[application_id] = reader.traits(remote_id)
        except FlatchrError as error:
            if error.kind not in _OF_ONE or error.retry_after is not None:
                raise
            gone = error.kind is ErrorKind.NOT_FOUND
            retries[application_id] = self.clock.now() + (GONE_AGAIN if gone else AGAIN)
            self.findings.append(storing.unread(remote_id, error))
            self._in_a_row = 0 if gone else self._in_a_row + 1
            if self._in_a_row == FLATCHR_FAILS:
                raise
        else:
            self._in_a_row = 0

    def _save(
        self,
        readings: dict[str, list[TagRecord]],
        retries: dict[str, datetime],
        done: set[str],
    ) -> None:
        progress = self.progress
        budget = progress.budget_left
        with recorded(progress.integration_id):
            # Syncs, decisions on held deletions and people put tags on and take them off, too.
            hold_off_runs(progress.integration_id)
            Integration.objects.select_for_update(no_key=True).get(pk=progress.integration_id)
            self.lease.renew()
            self._write(
                queue=[key for key in progress.queue if key not in done],
                read=progress.read + len(readings),
                budget_left=None if budget is None else max(0, budget - len(done)),
                **(GOES_WELL if readings else {}),
            )
            storing.put_off(progress.integration_id, retries)
            if readings:
                storing.store(progress, readings, at=self.clock.now())
            if progress.run is not None:
                replace_read(progress.run, [*readings, *retries])
            storing.warn(progress.run, self.findings)
            self.observer.flush()
        self.findings.clear()

    # How it goes on

    def give_back(self, pause: float) -> None:
        """Let others work, and go on in `pause` seconds."""
        self._go_on(self.clock.now() + timedelta(seconds=pause), pause)

    def fail(self, error: Exception) -> None:
        """Say why nothing moves, and go on after a pause that grows; or when another key is there,
        with the next sync.
        """
        failures = min(self.progress.failures + 1, 1000)
        kind, message = "internal", str(Message("sync_internal_error"))
        pause = float(PAUSES[min(failures, len(PAUSES)) - 1])
        if isinstance(error, FlatchrError):
            kind, message = error.kind.value, error.message
            if error.retry_after is not None:
                failures, pause = self.progress.failures, error.retry_after
            if error.kind.is_auth:
                self.lease.release(
                    due_at=rounds.unless_asked_meanwhile(),
                    failures=failures,
                    error_kind=kind,
                    error_message=message,
                )
                return
        pause = min(max(pause, 1.0), LONGEST_PAUSE_SECONDS)
        again = self.clock.now() + timedelta(seconds=pause)
        self._go_on(
            again,
            pause,
            failures=failures,
            error_kind=kind,
            error_message=message,
            paced_from=again,
            paced_read=self.progress.read,
        )

    def _go_on(self, at: datetime, pause: float, **fields: Any) -> None:
        try:
            self.lease.release(due_at=at, **fields)
        except LeaseLost:
            return
        rounds.TAGS.enqueue(self.progress.integration_id, after=pause)

    def _end_round(self) -> None:
        read = self.progress.read
        self.lease.release(
            due_at=rounds.unless_asked_meanwhile(),
            ended_at=jobs.moment(),
            total=read,
            **GOES_WELL,
        )

    def _write(self, **fields: Any) -> None:
        self.lease.write(**fields)
        for name, value in fields.items():
            if not isinstance(value, Combinable):
                setattr(self.progress, name, value)


def _stored_tags(integration_id: str) -> list[TagRecord]:
    tags = Tag.objects.live().filter(integration_id=integration_id)
    return [
        TagRecord(remote_id, name or remote_id, parent_id or remote_id, discovered)
        for remote_id, name, parent_id, discovered in tags.values_list(
            "remote_id", "name", "parent_id", "discovered"
        )
    ]
