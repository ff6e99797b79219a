"""Who runs a sync: claiming a run, keeping it, and noticing that it was lost or cancelled.

A lease is a token in the run's row and a time until which it holds. Every statement that writes
on behalf of a run first renews the lease in the same transaction, so a worker that was taken for
dead and replaced cannot write any more (`design.md`, decision 1).
"""

from __future__ import annotations

import logging
import threading
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import F, Q
from django.utils import timezone

from integrations.models import RunState, SyncRun

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
HEARTBEAT_SECONDS = 4.0


class LeaseLost(Exception):
    """Another worker has taken the run over, or it has ended: stop without writing anything."""


class RunCancelled(Exception):
    """Somebody asked for the run to stop."""


class RunTimedOut(Exception):
    """The run has taken longer than `SYNC_MAX_SECONDS`."""


def stale(now: datetime) -> Q:
    """Running, and its worker has not been heard of for a lease's length."""
    return Q(state=RunState.RUNNING, lease_expires_at__lt=now)


def claim(run_id: int) -> Lease | None:
    """Take the run if it waits, or if its worker has died; None when it is somebody else's."""
    now = timezone.now()
    owner = uuid.uuid4().hex
    waiting = Q(state=RunState.QUEUED) | stale(now)
    taken = SyncRun.objects.filter(waiting, pk=run_id).update(
        state=RunState.RUNNING,
        lease_owner=owner,
        lease_expires_at=now + LEASE,
        heartbeat_at=now,
        attempts=F("attempts") + 1,
        waiting_until=None,
        waiting_reason="",
    )
    if not taken:
        return None
    SyncRun.objects.filter(pk=run_id, started_at=None).update(started_at=now)
    return Lease(run_id=run_id, owner=owner)


class Lease:
    """One worker's hold on one run. Use as a context manager: it beats while inside.

    The beat runs in a thread of its own, since the worker may sit for a minute in a read from
    Flatchr. It sets a flag; the worker raises at its next `check()`.
    """

    def __init__(self, *, run_id: int, owner: str) -> None:
        self.run_id = run_id
        self.owner = owner
        self.deadline = timezone.now() + timedelta(seconds=settings.SYNC_MAX_SECONDS)
        self._lost = False
        self._cancelled = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease-{run_id}", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def check(self) -> None:
        """Raise `LeaseLost`, `RunCancelled` or `RunTimedOut` if one of them has come to pass."""
        if self._lost:
            raise LeaseLost
        if self._cancelled:
            raise RunCancelled
        if timezone.now() > self.deadline:
            raise RunTimedOut

    def renew(self, **fields: object) -> None:
        """Extend the lease and set `fields` on the run; raises `LeaseLost` when it is not ours.

        Call it first in each transaction that writes for the run: it locks the row until commit.
        """
        now = timezone.now()
        held = SyncRun.objects.filter(
            pk=self.run_id, lease_owner=self.owner, state=RunState.RUNNING
        ).update(heartbeat_at=now, lease_expires_at=now + LEASE, **fields)
        if not held:
            self._lost = True
            raise LeaseLost

    def _beat(self) -> None:
        try:
            while not self._stop.wait(HEARTBEAT_SECONDS):
                try:
                    self.renew()
                    self._cancelled = SyncRun.objects.filter(
                        pk=self.run_id, cancel_requested_at__isnull=False
                    ).exists()
                except LeaseLost:
                    return
                except DatabaseError:
                    # One missed beat is survivable and the next may succeed; if none does, the
                    # lease runs out and the writer's own renewal fails.
                    logger.warning(
                        "Run %s: the heartbeat was not written", self.run_id, exc_info=True
                    )
                    connection.close()
        finally:
            connection.close()
