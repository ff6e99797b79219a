"""One sync run from start to end, whatever happens in between."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from integrations.flatchr.errors import FlatchrError
from integrations.jobs import LeaseLost
from integrations.models import SyncRun
from integrations.sync import outcome
from integrations.sync.lease import RunCancelled, RunLease, RunTimedOut, claim
from integrations.sync.phases import Sync
from integrations.sync.recorder import Journal
from integrations.tenants import clients

logger = logging.getLogger(__name__)


def execute(run_id: int) -> bool:
    """Run a sync that waits, or whose worker has died, to its end.

    False when there was nothing to do: another worker has it, or it has ended. Idempotent; every
    outcome, an error of ours included, ends up in the row. A worker that loses its lease stops
    and writes nothing.
    """
    lease = claim(run_id)
    if lease is None:
        return False
    run = SyncRun.objects.select_related(
        "integration__credentials", "integration__flatchr_settings"
    ).get(pk=run_id)
    with lease, _settled_objects_left_alone(), _threads_taking_turns_often():
        try:
            journal = Journal(run, lease)
            outcome.finish(journal, _perform(run, lease, journal))
        except LeaseLost:
            logger.warning("Run %s was taken over; this worker stops", run_id)
    return True


@contextmanager
def _settled_objects_left_alone() -> Iterator[None]:
    """Keep the garbage collector from walking all of Django, and each batch, again and again.

    A sync makes millions of objects, of which next to none are in cycles.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _threads_taking_turns_often() -> Iterator[None]:
    """Let a thread that the database has answered go on soon, though others are mapping.

    Each answer that the writing thread waits for may cost it a turn of every other thread: with
    Python's own turns of 5 ms, about a quarter of its time.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _perform(run: SyncRun, lease: RunLease, journal: Journal) -> outcome.Outcome:
    """Do the work, and say how it ended."""
    if run.cancel_requested_at is not None:
        # Asked for while its worker was dead.
        return outcome.CANCELLED
    try:
        with clients.open_client(run.integration, journal) as client:
            sync = Sync(run, lease, journal, client)
            sync.perform()
            return outcome.of(journal, sync.failures)
    except (RunCancelled, KeyboardInterrupt):
        return outcome.CANCELLED
    except RunTimedOut:
        return outcome.TIMED_OUT
    except FlatchrError as error:
        return outcome.of_error(error)
    except LeaseLost:
        raise
    except Exception as error:
        logger.exception("Run %s failed", run.pk)
        return outcome.of_ours(error)
