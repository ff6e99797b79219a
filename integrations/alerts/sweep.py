"""What the sweep does about issues: tenants by their stored states, the installation each time."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from integrations import jobs
from integrations.alerts import issues
from integrations.alerts.outbox import NOTICES
from integrations.database import batched_writes
from integrations.models import Issue, ProcessKind
from integrations.operations.heartbeats import processes
from integrations.tenants import states

KEPT_FOR = timedelta(days=180)
# After a start of everything, processes miss each other for a while.
STARTING_SECONDS = 90.0
WATCH_SECONDS = 30.0
_begun_at = time.monotonic()


@jobs.SWEEP.register("issues and states of tenants")
def sweep() -> None:
    """Look at the tenants whose state may have changed, in batches. Idempotent.

    Which these are is in `tenants/states.py`; all others cost nothing.
    """
    states.refresh(issues.look_at)
    issues.forget_deleted()


@jobs.SWEEP.register("issues of the installation")
def sweep_installation() -> None:
    """Idempotent."""
    if time.monotonic() - _begun_at > STARTING_SECONDS:
        issues.look_at_installation()
    issues.look_at_webhooks()


def watch_scheduler() -> None:
    """In a worker: do the same for as long as there is no scheduler whose sweep would."""
    threading.Thread(target=_watch, name="scheduler watch", daemon=True).start()


def _watch() -> None:
    pause = threading.Event()
    while not pause.wait(WATCH_SECONDS):
        with jobs.failure_logged("The watch of the scheduler"):
            if not any(one.kind is ProcessKind.SCHEDULER and one.is_alive for one in processes()):
                sweep_installation()
                NOTICES.sweep()
        # Not kept for the next round: a process that is forked meanwhile would inherit it.
        connection.close()


@jobs.RETENTION.register("resolved issues")
def retain() -> None:
    """Remove what was resolved half a year ago, with its history. Idempotent."""
    batched_writes.delete(Issue.objects.filter(resolved_at__lt=timezone.now() - KEPT_FOR))
