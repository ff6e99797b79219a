"""The lease of a sync run: claiming a run, keeping it, and finding the runs that have no worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from integrations import jobs
from integrations.jobs import LeaseLost
from integrations.models import RunState, SyncRun

LEASE = timedelta(seconds=20)
HEARTBEAT_SECONDS = 4.0
MAX_ATTEMPTS = 5
# The wake-up call of a run that has waited for so long may have been lost.
OVERDUE = timedelta(seconds=15)


class RunCancelled(Exception):
    """A user has asked for the run to stop."""


class RunTimedOut(Exception):
    """The run has taken longer than `SYNC_MAX_SECONDS`."""


def claim(run_id: int) -> RunLease | None:
    """Claim the run if it is queued, or if its worker has died; None when another worker has it."""
    now = timezone.now()
    owner = jobs.claim(
        SyncRun.objects.filter(Q(state=RunState.QUEUED) | _stale(now), pk=run_id),
        length=LEASE,
        attempts=F("attempts") + 1,
        state=RunState.RUNNING,
        heartbeat_at=now,
        waiting_until=None,
        waiting_reason="",
    )
    if owner is None:
        return None
    SyncRun.objects.filter(pk=run_id, started_at=None).update(started_at=now)
    return RunLease(run_id=run_id, owner=owner)


def unattended(now: datetime) -> list[int]:
    """Ids of the runs whose worker has died, or whose wake-up call may have been lost."""
    waiting = _stale(now) | Q(state=RunState.QUEUED, queued_at__lt=now - OVERDUE)
    return list(SyncRun.objects.filter(waiting).values_list("pk", flat=True))


def exhausted(now: datetime) -> Q:
    """Runs whose workers have died too often to try again."""
    return _stale(now) & Q(attempts__gte=MAX_ATTEMPTS)


def _stale(now: datetime) -> Q:
    return Q(state=RunState.RUNNING) & jobs.is_expired(now)


class RunLease(jobs.HeartbeatLease):
    """One worker's lease of one run. The heartbeat also looks for a cancellation; the worker
    raises what it has found at its next `check()`.
    """

    def __init__(self, *, run_id: int, owner: str) -> None:
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

    def check(self) -> None:
        """Raise `LeaseLost`, `RunCancelled` or `RunTimedOut` if one of them has happened."""
        if self.lost:
            raise LeaseLost
        if self._cancelled:
            raise RunCancelled
        if timezone.now() > self.deadline:
            raise RunTimedOut

    def renew(self, **fields: Any) -> None:
        now = timezone.now()
        self.write(heartbeat_at=now, lease_expires_at=now + self.length, **fields)

    def heartbeat(self) -> None:
        self.renew()
        cancelled = SyncRun.objects.filter(pk=self.run_id, cancel_requested_at__isnull=False)
        self._cancelled = cancelled.exists()
