"""The outcome of a run: its state, its error, and what follows for the tenant."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import takewhile

from django.db import transaction
from django.utils import timezone

from integrations import jobs, telemetry
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.messages import Message
from integrations.models import Integration, RunState, SyncRun, SyncType
from integrations.records import Model
from integrations.sync import schedule
from integrations.sync.lease import exhausted
from integrations.sync.recorder import RunRecorder
from integrations.sync.review.carried_warnings import CarriedWarnings
from integrations.sync.tags import rounds

logger = logging.getLogger(__name__)

# The kind of a run that an error of Relais, of its machine or of its database ended, and of one
# over which workers died.
INTERNAL = "internal"
GIVEN_UP = "abandoned"
# Kinds of errors that may be gone in a minute.
PASSING = frozenset(
    {
        ErrorKind.UNREACHABLE,
        ErrorKind.TIMEOUT,
        ErrorKind.SERVER_ERROR,
        ErrorKind.RATE_LIMITED,
        ErrorKind.CUT_SHORT,
        ErrorKind.NOT_UNDERSTOOD,
        ErrorKind.KEY_UNREADABLE,
        INTERNAL,
    }
)


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The end of a run. `kind`, `message` and `detail` are empty when nothing went wrong."""

    state: RunState
    kind: str = ""
    message: str = ""
    detail: str = ""


CANCELLED = RunOutcome(RunState.CANCELLED)
TIMED_OUT = RunOutcome(RunState.TIMED_OUT, "timed_out", Message("sync_timed_out"))
ABANDONED = RunOutcome(RunState.FAILED, GIVEN_UP, Message("sync_given_up"))


def of(recorder: RunRecorder, failures: Mapping[Model, FlatchrError]) -> RunOutcome:
    """The outcome of a run that went through all its phases, some of which may have failed."""
    if failures:
        first = next(iter(failures.values()))
        state = RunState.PARTIALLY_FAILED
        if not recorder.completed:
            state = RunState.FAILED
        return RunOutcome(state, first.kind.value, first.message, first.detail)
    if any(recorder.counts(model).held or recorder.counts(model).quarantined for model in Model):
        return RunOutcome(RunState.PARTIALLY_FAILED)
    return RunOutcome(RunState.SUCCEEDED)


def of_error(error: FlatchrError) -> RunOutcome:
    """The outcome of a run that a `FlatchrError` ended."""
    state = RunState.AUTHENTICATION_FAILED if error.kind.is_auth else RunState.FAILED
    return RunOutcome(state, error.kind.value, error.message, error.detail)


def of_internal_error(error: Exception) -> RunOutcome:
    """The outcome of a run that an exception of Relais or of the database ended."""
    return RunOutcome(
        RunState.FAILED,
        INTERNAL,
        Message("sync_internal_error"),
        f"{type(error).__name__}: {error}"[:2000],
    )


def finish(recorder: RunRecorder, outcome: RunOutcome) -> None:
    """Write the end of the run and the time of the tenant's next one. Raises `LeaseLost`."""
    recorder.flush()
    with transaction.atomic():
        recorder.lease.renew(requests=recorder.requests, **end_fields(outcome))
        # Warnings only: each batch has written its own figures, and the figures of one that was
        # rolled back must not be written.
        recorder.save()
        recorder.write_completed()
        recorder.carried.write()
        _update_tenant(recorder, outcome)
        if outcome.state in (RunState.SUCCEEDED, RunState.PARTIALLY_FAILED):
            rounds.ask(recorder.run)
    _report(recorder.run, outcome, recorder.requests)


def give_up(run: SyncRun) -> None:
    """End a run over which workers have died too often; the tenant's next one is put off.

    Does nothing when its worker has been heard of again.
    """
    with transaction.atomic():
        ended = SyncRun.objects.filter(exhausted(jobs.now()), pk=run.pk).update(
            **end_fields(ABANDONED)
        )
        if not ended:
            return
        CarriedWarnings(run).write()
        integration = Integration.objects.select_for_update().get(pk=run.integration_id)
        deaths = 1 + _in_a_row(run, {GIVEN_UP}, most=20)
        schedule.plan_pause(integration, after=SyncType(run.type), deaths=deaths)
        integration.save(update_fields=["next_full_at", "next_delta_at"])
    _report(run, ABANDONED, run.requests)
    logger.error("Run %s was given up: workers have died over it %s times", run.pk, run.attempts)


def _report(run: SyncRun, outcome: RunOutcome, requests: int) -> None:
    """Log and count the end of the run."""
    now = timezone.now()
    telemetry.run_ended(
        run=run.pk,
        tenant=run.integration_id,
        type=run.type,
        state=outcome.state,
        error=outcome.kind,
        requests=requests,
        seconds=(now - (run.started_at or now)).total_seconds(),
    )


def _in_a_row(run: SyncRun, kinds: Collection[str], *, most: int) -> int:
    """How many of the tenant's runs just before `run` ended with an error of `kinds`."""
    before = SyncRun.objects.filter(integration=run.integration_id, pk__lt=run.pk).order_by("-pk")
    found = before.values_list("error_kind", flat=True)[:most]
    return len(list(takewhile(lambda kind: kind in kinds, found)))


def end_fields(outcome: RunOutcome) -> dict[str, object]:
    """The columns of a run that has ended with `outcome`."""
    return {
        "state": outcome.state,
        "error_kind": outcome.kind,
        "error_message": outcome.message,
        "error_detail": outcome.detail,
        "ended_at": timezone.now(),
        "phase": "",
        "waiting_until": None,
        "waiting_reason": "",
        "checkpoint": None,
    }


def _update_tenant(recorder: RunRecorder, outcome: RunOutcome) -> None:
    run = recorder.run
    integration = Integration.objects.select_for_update().get(pk=run.integration_id)
    if outcome.kind in PASSING:
        failures = 1 + _in_a_row(run, PASSING, most=len(schedule.RETRIES))
        schedule.plan_retry(integration, after=SyncType(run.type), failures=failures)
    else:
        schedule.plan(integration, after=SyncType(run.type))
    if outcome.state == RunState.AUTHENTICATION_FAILED:
        integration.credentials_invalid_at = integration.credentials_invalid_at or timezone.now()
    elif outcome.state in (RunState.SUCCEEDED, RunState.PARTIALLY_FAILED):
        integration.credentials_invalid_at = None
    if recorder.applicants_read:
        integration.applicants_read_at = run.started_at
    integration.save(
        update_fields=[
            "next_full_at",
            "next_delta_at",
            "credentials_invalid_at",
            "applicants_read_at",
        ]
    )
