"""Who runs a sync: claiming a run, keeping it, and noticing that it was lost or cancelled."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations import jobs
from integrations.jobs import LeaseLost
from integrations.models import RunState, SyncRun

__all__ = ["LEASE", "Lease", "LeaseLost", "RunCancelled", "RunTimedOut", "claim", "stale"]

LEASE = timedelta(seconds=20)
HEARTBEAT_SECONDS = 4.0


class RunCancelled(Exception):
    """Somebody asked for the run to stop."""


class RunTimedOut(Exception):
    """The run has taken longer than `SYNC_MAX_SECONDS`."""


def stale(now: datetime) -> Q:
    """Running, and its worker has not been heard of for a lease's length."""
    return Q(state=RunState.RUNNING) & jobs.expired(now)


def claim(run_id: int) -> Lease | None:
    """Take the run if it waits, or if its worker has died; None when it is somebody else's."""
    now = timezone.now()
    owner = jobs.take(
        SyncRun.objects.filter(Q(state=RunState.QUEUED) | stale(now), pk=run_id),
        now,
        LEASE,
        state=RunState.RUNNING,
        heartbeat_at=now,
        waiting_until=None,
        waiting_reason="",
    )
    if owner is None:
        return None
    SyncRun.objects.filter(pk=run_id, started_at=None).update(started_at=now)
    return Lease(run_id=run_id, owner=owner)


class Lease(jobs.BeatingHold):
    """One worker's hold on one run; the worker raises what the beat has found at its next
    `check()`.
    """

    length = LEASE

    def __init__(self, *, run_id: int, owner: str) -> None:
        super().__init__(owner, name=f"Run {run_id}", seconds=HEARTBEAT_SECONDS)
        self.run_id = run_id
        self.deadline = timezone.now() + timedelta(seconds=settings.SYNC_MAX_SECONDS)
        self._cancelled = False

    def row(self) -> QuerySet[SyncRun]:
        return SyncRun.objects.filter(pk=self.run_id, state=RunState.RUNNING)

    def check(self) -> None:
        """Raise `LeaseLost`, `RunCancelled` or `RunTimedOut` if one of them has come to pass."""
        if self.lost:
            raise LeaseLost
        if self._cancelled:
            raise RunCancelled
        if timezone.now() > self.deadline:
            raise RunTimedOut

    def renew(self, **fields: Any) -> None:
        now = timezone.now()
        self.write(heartbeat_at=now, lease_expires_at=now + LEASE, **fields)

    def beat(self) -> None:
        self.renew()
        asked = SyncRun.objects.filter(pk=self.run_id, cancel_requested_at__isnull=False)
        self._cancelled = asked.exists()
