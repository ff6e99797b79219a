"""The engine: executes one sync run from the claim to its outcome."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings

from integrations import jobs
from integrations.flatchr.errors import FlatchrError
from integrations.jobs import LeaseLost
from integrations.lanes import WorkerStopping
from integrations.messages import Message
from integrations.models import SyncRun
from integrations.sync import outcome
from integrations.sync.bulk.tuning import tuned_interpreter
from integrations.sync.kept_ids import renaming
from integrations.sync.lease import (
    LONGEST_PAUSE_SECONDS,
    RunCancelled,
    RunLease,
    RunPostponed,
    RunTimedOut,
    asks_for_long_pause,
    claim,
)
from integrations.sync.phases import Sync
from integrations.sync.recorder import RunRecorder
from integrations.sync.runs import RUNS
from integrations.tenants import clients

logger = logging.getLogger(__name__)


def execute(run_id: int) -> bool:
    """Execute a run that is queued, or whose worker has died, to its end.

    Return False when there was nothing to do: another worker has it, or it has ended. Idempotent.
    Every outcome, internal errors included, is written to the run's row. Only when the lease is
    lost is nothing written, as another worker does that. When this worker is asked to stop, or when
    Flatchr asks for a long pause, the run is queued again and goes on after its last phase.
    """
    lease = claim(run_id)
    if lease is None:
        return False
    run = SyncRun.objects.select_related(
        "integration__credentials", "integration__flatchr_settings"
    ).get(pk=run_id)
    with lease, tuned_interpreter():
        try:
            recorder = RunRecorder(run, lease)
            outcome.finish(recorder, _perform(run, lease, recorder))
        except LeaseLost:
            logger.warning("Run %s was taken over; this worker stops", run_id)
        except WorkerStopping:
            recorder.leave_to_others()
            lease.hand_back()
            logger.info("Run %s is queued again, as this worker is to stop", run_id)
        except RunPostponed as postponed:
            recorder.leave_to_others()
            until = jobs.now() + timedelta(seconds=postponed.seconds)
            lease.hand_back(until=until, reason=postponed.reason)
            RUNS.wake(run_id, after=postponed.seconds)
            logger.info("Run %s goes on in %.0f s: %s", run_id, postponed.seconds, postponed)
    return True


def _perform(run: SyncRun, lease: RunLease, recorder: RunRecorder) -> outcome.RunOutcome:
    """Read and write everything; return how the run ended. Raises `LeaseLost`, `WorkerStopping`,
    `RunPostponed`.
    """
    if run.cancel_requested_at is not None:
        # Cancelled while its worker was dead.
        return outcome.CANCELLED
    try:
        with clients.open_client(
            run.integration,
            recorder,
            longest_pause=LONGEST_PAUSE_SECONDS,
            scopes=run.integration.flatchr_settings.scopes,
        ) as client:
            sync = Sync(run, lease, recorder, client)
            sync.perform()
            renaming.settle(run.integration_id, hold=lease.renew)
            return outcome.of(recorder, sync.failures)
    except (RunCancelled, KeyboardInterrupt):
        return outcome.CANCELLED
    except RunTimedOut:
        return outcome.TIMED_OUT
    except FlatchrError as error:
        _postpone_if_asked(run, error)
        return outcome.of_error(error)
    except (LeaseLost, WorkerStopping):
        raise
    except Exception as error:
        logger.exception("Run %s failed", run.pk)
        return outcome.of_internal_error(error)


def _postpone_if_asked(run: SyncRun, error: FlatchrError) -> None:
    """Raise `RunPostponed` if Flatchr asks for a long pause that the run has time for."""
    if not asks_for_long_pause(error):
        return
    pause = error.retry_after or 0.0
    latest = (run.started_at or jobs.now()) + timedelta(seconds=settings.SYNC_MAX_SECONDS)
    if jobs.now() + timedelta(seconds=pause) < latest:
        said = Message("waiting_status", status=error.status) if error.status else None
        raise RunPostponed(pause, said or error.message)
