"""Asking for a sync, stopping one, deciding on what it held, and telling what it did."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from integrations.models import (
    LIVE_STATES,
    Application,
    Integration,
    RunState,
    SyncRun,
    SyncType,
    Trigger,
)
from integrations.records import Model
from integrations.sync import outcome, schedule, wake
from integrations.sync.batches import batches
from integrations.sync.candidates import outdated, refresh
from integrations.sync.deletions import delete_held, delete_orphans
from integrations.sync.store import apply
from integrations.sync.tables import CANDIDATE_TAGS, CANDIDATES, JOB_STAGES
from integrations.sync.traits import retag

# Candidates brought in line at a time: a statement takes only so many parameters.
BATCH = 4000


class SyncRefused(Exception):
    """The request cannot be met; the message tells the user why and what to do."""


def request_sync(
    integration_id: str,
    *,
    type: str = SyncType.FULL,
    trigger: str = Trigger.MANUAL,
    user: Any = None,
) -> tuple[SyncRun, bool]:
    """Queue a sync and wake a worker on commit; (the run, whether it is a new one).

    Raises `SyncRefused`; see `queue_run`.
    """
    run, new = queue_run(integration_id, type=type, trigger=trigger, user=user)
    if new:
        transaction.on_commit(lambda: wake.worker(run.pk))
    return run, new


def queue_run(
    integration_id: str, *, type: str, trigger: str, user: Any = None
) -> tuple[SyncRun, bool]:
    """Queue a sync; (the run, whether it is a new one).

    A tenant has one live run: while there is one, it is returned instead. A DELTA of a tenant
    that has never been read whole is made a FULL. Raises `SyncRefused`, and
    `Integration.DoesNotExist` for a tenant that has been deleted.
    """
    integration = Integration.objects.present().select_related("credentials").get(pk=integration_id)
    if not integration.enabled:
        raise SyncRefused("This tenant is disabled. Enable it first, then synchronise.")
    if not hasattr(integration, "credentials"):
        raise SyncRefused("This tenant has no Flatchr credentials yet. Enter them first.")
    if integration.applicants_read_at is None:
        type = SyncType.FULL
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(
                integration=integration, type=type, trigger=trigger, requested_by=user
            )
    except IntegrityError:
        live = SyncRun.objects.filter(integration=integration, state__in=LIVE_STATES).first()
        if live is None:
            # It has ended between the two statements.
            return queue_run(integration_id, type=type, trigger=trigger, user=user)
        return live, False
    return run, True


def request_cancel(run_id: int) -> None:
    """Stop a run: at once when it still waits, else as soon as its worker notices."""
    now = timezone.now()
    waiting = SyncRun.objects.filter(pk=run_id, state=RunState.QUEUED)
    if not waiting.update(cancel_requested_at=now, **outcome.end_fields(outcome.CANCELLED)):
        SyncRun.objects.filter(pk=run_id, state=RunState.RUNNING).update(cancel_requested_at=now)


def confirm_deletions(run_id: int) -> int:
    """Delete what the guard held on a run, and what goes with it; how many were held and went.

    Raises `SyncRefused` while a sync of the tenant is live, or when a later full sync has read
    the tenant: its own findings count then.
    """
    with transaction.atomic():
        run = SyncRun.objects.select_for_update().get(pk=run_id)
        siblings = SyncRun.objects.filter(integration_id=run.integration_id)
        if siblings.filter(state__in=LIVE_STATES).exists():
            raise SyncRefused("A sync of this tenant is under way. Confirm when it has ended.")
        later = siblings.filter(pk__gt=run.pk, type=SyncType.FULL, results__complete=True)
        if later.exists():
            raise SyncRefused("A later full sync has read this tenant. Look at that run instead.")
        tagged = Application.objects.filter(
            pk__in=run.held_deletions.filter(model=Model.APPLICATIONS).values("record_id"),
            trait_reading__isnull=False,
        )
        bereft = set(tagged.values_list("candidate_id", flat=True))
        deleted = delete_held(run.integration_id, run.pk)
        delete_orphans(run.integration_id, JOB_STAGES)
        delete_orphans(run.integration_id, CANDIDATES)
        for stale in batches(outdated(run.integration_id), BATCH):
            apply(CANDIDATES, refresh(run.integration_id, stale, read={}))
        for candidates in batches(bereft, BATCH):
            retag(run.integration_id, candidates)
        delete_orphans(run.integration_id, CANDIDATE_TAGS)
        run.held_deletions.all().delete()
        for result in run.results.filter(held__gt=0):
            result.deleted, result.held = result.deleted + result.held, 0
            result.save(update_fields=["deleted", "held"])
    return deleted


def run_report(run: SyncRun) -> dict[str, Any]:
    """What the run did, as the `sync` command's JSON object; times are ISO 8601 in UTC."""
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


def sweep() -> None:
    """Wake workers for what is due or unattended. Runs each few seconds; idempotent."""
    now = timezone.now()
    for run_id in schedule.exhausted(now):
        SyncRun.objects.filter(pk=run_id, lease_expires_at__lt=now).update(
            **outcome.end_fields(outcome.ABANDONED)
        )
    for run_id in schedule.unattended(now):
        wake.worker(run_id)
    for integration_id, sync_type in schedule.due(now):
        # It may have been disabled or deleted meanwhile, which is no trouble of the others.
        with suppress(SyncRefused, Integration.DoesNotExist):
            request_sync(integration_id, type=sync_type, trigger=Trigger.SCHEDULE)
