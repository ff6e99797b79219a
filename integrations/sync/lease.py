"""The lease of a sync run: claiming a run, keeping it, and finding the runs that have no worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations import jobs, lanes
from integrations.flatchr.errors import FlatchrError
from integrations.jobs import LeaseLost
from integrations.models import LIVE_STATES, Integration, RunState, SyncRun, SyncType, Trigger

LEASE = timedelta(seconds=20)
HEARTBEAT_SECONDS = 4.0
MAX_ATTEMPTS = 5
# A run gives its worker back rather than wait for longer.
LONGEST_PAUSE_SECONDS = 5.0
# Runs that one sweep wakes workers for at most: a worker goes on to the next by itself.
MOST_CALLS = 20
# A delta of a tenant with no more candidates is short.
SMALL = 5_000


class RunCancelled(Exception):
    """A user has asked for the run to stop."""


class RunPostponed(Exception):
    """Flatchr asks for a longer pause than a run may keep its worker for."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


class RunTimedOut(Exception):
    """The run has taken longer than `SYNC_MAX_SECONDS`."""


class RunBegun(Exception):
    """A sync has begun while its tenant's runs were to be held off."""


def asks_for_long_pause(error: FlatchrError) -> bool:
    """Whether a run is to go on later, and not in this worker."""
    pause = error.retry_after
    return error.retryable and pause is not None and pause > LONGEST_PAUSE_SECONDS


def claim(run_id: int) -> RunLease | None:
    """Claim the run if it is queued, or if its worker has died.

    None when another worker has it, or when workers have died over it too often.
    """
    now = jobs.now()
    owner = jobs.claim(
        SyncRun.objects.filter(_waiting(now), pk=run_id),
        length=LEASE,
        attempts=F("attempts") + 1,
        state=RunState.RUNNING,
        heartbeat_at=now,
        started_at=Coalesce("started_at", Value(now)),
        waiting_until=None,
        waiting_reason="",
    )
    return RunLease(run_id=run_id, owner=owner, claimed_at=now) if owner else None


def unattended(now: datetime, *, short: bool = False) -> list[int]:
    """Ids of the runs to work on next: what people have asked for, then the oldest.

    With `short`, of those only that take seconds, if Flatchr answers.
    """
    asked = When(trigger__in=(Trigger.MANUAL, Trigger.CONNECT), then=Value(0))
    runs = SyncRun.objects.filter(_waiting(now)).order_by(Case(asked, default=Value(1)), "pk")
    if short:
        runs = runs.filter(type=SyncType.DELTA, integration__figures__candidates__lte=SMALL)
    return list(runs.values_list("pk", flat=True)[:MOST_CALLS])


def exhausted(now: datetime) -> Q:
    """Runs whose workers have died too often to try again."""
    return _stale(now) & Q(attempts__gte=MAX_ATTEMPTS)


def _waiting(now: datetime) -> Q:
    """Runs that are queued, or whose worker has died, but not too often."""
    queued = Q(state=RunState.QUEUED) & ~postponed(now)
    return queued | _stale(now) & Q(attempts__lt=MAX_ATTEMPTS)


def postponed(now: datetime) -> Q:
    """Runs that are queued and wait until Flatchr may be asked again."""
    return Q(state=RunState.QUEUED, waiting_until__isnull=False, waiting_until__gt=now)


def _stale(now: datetime) -> Q:
    return Q(state=RunState.RUNNING) & jobs.is_expired(now)


def hold_off_runs(integration_id: str) -> int | None:
    """Let no run of the tenant write, begin or end until the transaction ends; the id of the one
    that is running.

    For writes between two syncs, so that one of the same rows waits for the other. Raises
    `RunBegun` when one has begun at this very moment: try again.
    """
    runs = SyncRun.objects.filter(integration_id=integration_id, state__in=LIVE_STATES)
    # Each of its transactions renews its lease first, and so waits for this lock. In this order,
    # because a run that ends has its own row before it takes the tenant's.
    live = runs.select_for_update().first()
    if live is not None:
        return live.pk if live.state == RunState.RUNNING else None
    # A new run refers to this row.
    Integration.objects.select_for_update().filter(pk=integration_id).first()
    if runs.exists():
        raise RunBegun
    return None


class RunLease(jobs.HeartbeatLease):
    """One worker's lease of one run. The heartbeat also looks for a cancellation; the worker
    raises what it has found at its next `check()`.
    """

    def __init__(self, *, run_id: int, owner: str, claimed_at: datetime) -> None:
        super().__init__(
            SyncRun.objects.filter(pk=run_id, state=RunState.RUNNING),
            owner=owner,
            length=LEASE,
            seconds=HEARTBEAT_SECONDS,
            name=f"Run {run_id}",
        )
        self.run_id = run_id
        self.deadline = timezone.now() + timedelta(seconds=settings.SYNC_MAX_SECONDS)
        self._cancelled = False
        self.clock = jobs.RunningClock(claimed_at)

    def check(self) -> None:
        """Raise `LeaseLost`, `RunCancelled`, `RunTimedOut` or `WorkerStopping` if that is so."""
        if self.lost:
            raise LeaseLost
        if self._cancelled:
            raise RunCancelled
        if timezone.now() > self.deadline:
            raise RunTimedOut
        if lanes.is_stopping():
            raise lanes.WorkerStopping

    def hand_back(self, *, until: datetime | None = None, reason: str = "") -> None:
        """Queue the run again, to go on at `until` or at once; raises `LeaseLost`."""
        self.write(
            state=RunState.QUEUED,
            lease_owner="",
            lease_expires_at=None,
            attempts=F("attempts") - 1,
            waiting_until=until,
            waiting_reason=reason,
        )

    def renew(self, **fields: Any) -> None:
        moment = jobs.moment()
        self.write(heartbeat_at=moment, lease_expires_at=moment + self.length, **fields)

    def heartbeat(self) -> None:
        self.renew()
        cancelled = SyncRun.objects.filter(pk=self.run_id, cancel_requested_at__isnull=False)
        self._cancelled = cancelled.exists()
