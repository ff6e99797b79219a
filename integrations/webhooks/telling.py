"""Telling of changes, ended syncs and states: from what is committed to events in the outbox.

Batches of changes, runs and tenants are the truth; a tenant's `WebhookProgress` says how far they
have been told of. So nothing is lost with a wake-up call, and nothing is told twice: whoever queues
an event moves the progress on in the same transaction, by compare-and-set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from integrations import jobs
from integrations.changes import batches
from integrations.changes.models import API_NAMES
from integrations.changes.recording import CommittedChanges, listener
from integrations.lanes import Lane
from integrations.models import (
    LIVE_STATES,
    ChangeSequence,
    EndpointState,
    Integration,
    SyncRun,
    WebhookEndpoint,
    WebhookProgress,
)
from integrations.records import Model
from integrations.webhooks import bodies, catalogue, content, outbox
from integrations.webhooks.outbox import NewEvent

# `data-changed` at most once in this time (`docs/unified-api.md §11`).
WINDOW = timedelta(seconds=30)
# Tenants that one sweep wakes workers for at most.
MOST_CALLS = 100
# Tenants whose progress is stored by one statement.
BATCH = 500


def tell(integration_id: str, *, render: content.Render) -> bool:
    """Queue the events about what has come about in a tenant; whether there was any but such with
    content, for which `render` gives records as the API shows them.

    Safe to call at any time and by any number of workers. What is not due yet is told later.
    """
    tenant = Integration.objects.present().filter(pk=integration_id).first()
    if tenant is None:
        return False
    WebhookProgress.objects.get_or_create(pk=integration_id)
    content.tell(tenant, render)
    with transaction.atomic():
        before = WebhookProgress.objects.select_for_update().get(pk=integration_id)
        now = jobs.now()
        # Runs and states are read before batches: what a run has written is there when it ended.
        state = bodies.state_of(tenant)
        runs = _ended_runs(before)
        models, through = _changed(before)
        events = _state_events(tenant, before, state, now)
        due_at = None
        if models and before.told_at is not None and now < before.told_at + WINDOW:
            # What a sync has changed is told before its end is.
            due_at, models, through, runs = before.told_at + WINDOW, [], before.told_through, []
        if models:
            changed = [{"name": name} for name in models]
            data = {**bodies.names_of(tenant), "changed_models": changed}
            events.append(NewEvent(catalogue.DATA_CHANGED, data))
        events += [NewEvent(catalogue.SYNC_FINISHED, _finished(tenant, run)) for run in runs]
        outbox.queue_events(events, tenant=tenant)
        moved = WebhookProgress.objects.filter(
            pk=integration_id,
            told_through=before.told_through,
            runs_through=before.runs_through,
            told_at=before.told_at,
            told_state=before.told_state,
        ).update(
            told_through=through,
            runs_through=max([before.runs_through, *(run.pk for run in runs)]),
            told_at=now if models else before.told_at,
            told_state=state,
            due_at=due_at,
        )
        if not moved:
            # Another worker has told it at the same moment.
            transaction.set_rollback(True)
            return False
    if due_at is not None:
        NEWS.wake(integration_id, after=(due_at - now).total_seconds())
    return bool(events)


def _changed(progress: WebhookProgress) -> tuple[list[str], int]:
    """The names of the models that have changed since, and the number of the last batch."""
    found: set[Model] = set()
    through = progress.told_through
    while committed := batches.batches_after(progress.pk, through):
        found.update(*(batch.models for batch in committed))
        through = committed[-1].number
    return [name for model, name in API_NAMES.items() if model in found], through


def _ended_runs(progress: WebhookProgress) -> list[SyncRun]:
    """Those not told of yet. A tenant has one live run at a time, so they end in their order."""
    return list(_untold(SyncRun.objects.filter(integration=progress.pk), progress.runs_through))


def _untold(runs: Any, after: Any) -> Any:
    return (
        runs.filter(pk__gt=after, ended_at__isnull=False)
        .exclude(state__in=LIVE_STATES)
        .order_by("pk")
    )


def _finished(tenant: Integration, run: SyncRun) -> dict[str, Any]:
    # One that was cancelled in the queue was never started.
    ended = run.ended_at or run.queued_at
    started = run.started_at or ended
    return {
        "sync_id": str(run.pk),
        "sync_state": run.state,
        "sync_started_at": bodies.moment(started),
        "sync_ended_at": bodies.moment(ended),
        "sync_duration_seconds": max(0, round((ended - started).total_seconds())),
        **bodies.names_of(tenant),
        "end_user": bodies.end_user(tenant),
        "log_url": bodies.page_url("syncrun", run.pk),
    }


def _state_events(
    tenant: Integration, before: WebhookProgress, state: dict[str, str], now: datetime
) -> list[NewEvent]:
    if not before.told_state or before.told_state == state:
        return []
    data = {
        **bodies.names_of(tenant),
        "end_user": bodies.end_user(tenant),
        **state,
        "updated_at": bodies.moment(now),
    }
    return [NewEvent(catalogue.INTEGRATION_STATE_CHANGED, data)]


# When to tell


def tell_soon(integration_id: str) -> None:
    """Have a worker look at the tenant once the caller's transaction has committed; the sweep does
    if that call is lost.
    """
    WebhookProgress.objects.filter(pk=integration_id).update(due_at=jobs.now())
    NEWS.enqueue(integration_id)


def tell_of_run(run_id: int, *, render: content.Render) -> None:
    """Tell of a run that has ended, and of what it has changed."""
    if _listening().exists():
        for run in SyncRun.objects.filter(pk=run_id):
            tell(run.integration_id, render=render)


@listener("webhooks")
def wake_after(committed: CommittedChanges) -> None:
    if _listening().exists():
        NEWS.wake(committed.integration_id)


def _listening() -> Any:
    return WebhookEndpoint.objects.exclude(state=EndpointState.OFF)


def untold(now: datetime) -> Iterable[str]:
    """Ids of the tenants of which something is to be told now."""
    if not _listening().exists():
        return []
    changed = ChangeSequence.objects.filter(pk=OuterRef("pk"))
    progress = WebhookProgress.objects.filter(pk=OuterRef("pk"))
    waiting = Q(due_at__lte=now) | (
        Q(due_at=None)
        & (
            Exists(changed.filter(number__gt=OuterRef("told_through")))
            | Exists(changed.filter(number__gt=OuterRef("content_through")))
            | Exists(
                _untold(
                    SyncRun.objects.filter(integration=OuterRef("pk")), OuterRef("runs_through")
                )
            )
        )
    )
    behind = WebhookProgress.objects.filter(waiting, integration__deleted_at=None)
    new = Integration.objects.present().filter(~Exists(progress), Exists(changed))
    return [
        *behind.values_list("pk", flat=True)[:MOST_CALLS],
        *new.values_list("pk", flat=True)[:MOST_CALLS],
    ]


NEWS = jobs.register(
    jobs.JobKind(
        name="news",
        task="integrations.tasks.tell_changes",
        lane=Lane.SOON,
        find_waiting=untold,
    )
)


# From where on to tell


def begin(endpoint: WebhookEndpoint, *, known: Collection[str] = ()) -> None:
    """Have what comes about from now on told to an endpoint, of tenants of which nobody was told
    before. In the transaction that makes it hear of them; `known` are those that it heard of.
    """
    others = _listening().exclude(pk=endpoint.pk)
    if others.filter(every_tenant=True).exists():
        return
    links = WebhookEndpoint.integrations.through.objects
    told = links.filter(webhookendpoint__in=others).values("integration_id")
    # Deleted ones, too: they may be restored.
    mine = Integration.objects.all()
    if not endpoint.every_tenant:
        mine = mine.filter(pk__in=endpoint.integrations.values("pk"))
    begin_tenants(mine.exclude(pk__in=told).exclude(pk__in=known))


def begin_tenants(tenants: QuerySet[Integration]) -> None:
    """Take all that tenants have by now as told."""
    keys = tenants.order_by().values("pk")
    numbers = dict(ChangeSequence.objects.filter(pk__in=keys).values_list("pk", "number"))
    ended = SyncRun.objects.filter(integration__in=keys).exclude(state__in=LIVE_STATES).order_by()
    runs = dict(ended.values_list("integration_id").annotate(last=Max("pk")))
    WebhookProgress.objects.bulk_create(
        [
            WebhookProgress(
                integration=tenant,
                told_through=numbers.get(tenant.pk, 0),
                content_through=numbers.get(tenant.pk, 0),
                runs_through=runs.get(tenant.pk, 0),
                told_state=bodies.state_of(tenant),
            )
            # In one order, so that two that do this wait for each other.
            for tenant in tenants.select_related("credentials").order_by("pk")
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["integration"],
        update_fields=[
            "told_through",
            "content_through",
            "content_after",
            "runs_through",
            "told_state",
            "due_at",
        ],
    )
