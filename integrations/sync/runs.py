"""Sync runs: requesting one, cancelling it, its report, and starting those that are due."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from integrations import jobs
from integrations.audit.trail import record
from integrations.lanes import Lane
from integrations.messages import Message
from integrations.models import (
    LIVE_STATES,
    Event,
    Integration,
    RunState,
    SyncRun,
    SyncType,
    Trigger,
)
from integrations.records import Model
from integrations.sync import lease, outcome, schedule


class SyncRefused(Exception):
    """A sync, or a decision that must not meet one, is refused; the message is for the user."""


def request_sync(
    integration_id: str,
    *,
    type: str = SyncType.FULL,
    trigger: str = Trigger.MANUAL,
    user: Any = None,
) -> tuple[SyncRun, bool]:
    """Queue a sync and wake a worker on commit; return the run, and whether it is a new one.

    Raises `SyncRefused`; see `queue_run`.
    """
    run, new = queue_run(integration_id, type=type, trigger=trigger, user=user)
    if new:
        RUNS.enqueue(run.pk)
    return run, new


def queue_run(
    integration_id: str, *, type: str, trigger: str, user: Any = None
) -> tuple[SyncRun, bool]:
    """Queue a sync; return the run, and whether it is a new one.

    A tenant has at most one live run: if there is one, it is returned. A DELTA becomes a FULL if
    the tenant has never been read whole, or if its scopes have changed. Raises `SyncRefused`, and
    `Integration.DoesNotExist` for a tenant that has been deleted.
    """
    integration = Integration.objects.present().select_related("credentials").get(pk=integration_id)
    if not integration.enabled:
        raise SyncRefused(Message("tenant_disabled_no_sync"))
    if not hasattr(integration, "credentials"):
        raise SyncRefused(Message("tenant_not_connected"))
    if integration.applicants_read_at is None or integration.scopes_changed_at is not None:
        type = SyncType.FULL
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(
                integration=integration, type=type, trigger=trigger, requested_by=user
            )
            if trigger not in (Trigger.SCHEDULE, Trigger.CONNECT):
                record(
                    Event.SYNC_STARTED,
                    tenant=integration,
                    about=run,
                    user=user,
                    type=str(type),
                    through=str(trigger),
                )
    except IntegrityError:
        live = SyncRun.objects.filter(integration=integration, state__in=LIVE_STATES).first()
        if live is None:
            # It has ended between the two statements.
            return queue_run(integration_id, type=type, trigger=trigger, user=user)
        return live, False
    return run, True


def request_cancel(run_id: int) -> None:
    """Cancel a run: at once while it is queued, else as soon as its worker checks its lease."""
    now = timezone.now()
    runs = SyncRun.objects.filter(pk=run_id)
    with transaction.atomic():
        stopped = runs.filter(state=RunState.QUEUED).update(
            cancel_requested_at=now, **outcome.end_fields(outcome.CANCELLED)
        ) or runs.filter(state=RunState.RUNNING).update(cancel_requested_at=now)
        if stopped:
            run = runs.select_related("integration").get()
            record(Event.SYNC_CANCELLED, tenant=run.integration, about=run)


def run_report(run: SyncRun) -> dict[str, Any]:
    """A run as the `sync` command prints it in JSON; times are ISO 8601 in UTC."""
    results = {result.model: result for result in run.results.all()}
    figures = (
        "seen",
        "created",
        "updated",
        "unchanged",
        "deleted",
        "restored",
        "held",
        "quarantined",
    )
    error = {"kind": run.error_kind, "message": run.error_message} if run.error_kind else None
    return {
        "run": run.pk,
        "integration": run.integration_id,
        "type": run.type,
        "state": run.state,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "models": {
            model.value: {name: getattr(results.get(model), name, 0) for name in figures}
            for model in Model
        },
        "requests": run.requests,
        "warnings": run.warnings.aggregate(total=Sum("count"))["total"] or 0,
        "error": error,
    }


def _give_up_exhausted(now: datetime) -> None:
    for run in SyncRun.objects.filter(lease.exhausted(now)):
        with jobs.failure_logged("Giving up run %s", run.pk):
            outcome.give_up(run)


RUNS = jobs.register(
    jobs.JobKind(
        name="run",
        task="integrations.tasks.run_sync",
        lane=Lane.SYNCS,
        find_waiting=lease.unattended,
        give_up=_give_up_exhausted,
    )
)


@jobs.SWEEP.register("syncs that are due")
def start_due_syncs() -> None:
    """Queue the next sync of each tenant whose turn it is; workers are woken after. Idempotent."""
    for integration_id, sync_type in schedule.due(jobs.now()):
        # A tenant may have been disabled or deleted meanwhile.
        with (
            jobs.failure_logged("The scheduled sync of tenant %s", integration_id),
            suppress(SyncRefused, Integration.DoesNotExist),
        ):
            queue_run(integration_id, type=sync_type, trigger=Trigger.SCHEDULE)
