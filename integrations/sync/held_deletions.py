"""Held deletions: an operator confirms what the deletion guard held on a run, or keeps the records.

Both store a `HoldDecision` with who and when. Neither is possible while a sync of the tenant is
live, and no sync begins while a decision is being written.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from integrations.audit import trail
from integrations.changes.recording import recorded
from integrations.messages import Message
from integrations.models import (
    LIVE_STATES,
    Application,
    Event,
    HeldDeletion,
    HoldChoice,
    HoldDecision,
    Integration,
    SyncRun,
    SyncType,
)
from integrations.records import Model
from integrations.sync.applicants.candidate_tags import retag
from integrations.sync.applicants.candidates import outdated, refresh
from integrations.sync.bulk.batches import batches
from integrations.sync.bulk.store import apply
from integrations.sync.bulk.tables import CANDIDATE_TAGS, CANDIDATES, JOB_STAGES
from integrations.sync.deletions import delete_held, delete_orphans
from integrations.sync.runs import SyncRefused
from integrations.tenants import stats

# Candidates updated at a time: SQL statements take a limited number of parameters.
BATCH = 4000


def later_read(run: SyncRun) -> SyncRun | None:
    """The newest later full sync that has read all that was held on `run`.

    Its own findings count instead. One that could not read a model has found nothing of it.
    """
    later = SyncRun.objects.filter(
        integration_id=run.integration_id, pk__gt=run.pk, type=SyncType.FULL
    )
    held = run.results.filter(held__gt=0).values_list("model", flat=True)
    for model in held:
        later = later.filter(results__model=model, results__complete=True)
    return later.order_by("-pk").first() if held else None


def confirm_deletions(run_id: int, *, user: Any = None) -> int:
    """Delete what the guard holds on a run, and what depends on it; the number of held records.

    A record that a later read has returned is no longer held, and stays. Idempotent. Raises
    `SyncRefused` while a sync of the tenant is live, or when a later full sync has read what was
    held (`later_read`).
    """
    with recorded(SyncRun.objects.values_list("integration_id", flat=True).get(pk=run_id)):
        run = _to_decide(run_id)
        losing_tags = _losing_tags(run)
        deleted = delete_held(run.integration_id, run.pk)
        _update_dependents(run.integration_id, losing_tags)
        stats.outdate(run.integration_id)
        for result in run.results.filter(held__gt=0):
            result.deleted += deleted[Model(result.model)]
            result.held = 0
            result.save(update_fields=["deleted", "held"])
        total = sum(deleted.values())
        _decide(run, HoldChoice.CONFIRMED, total, user)
        return total


@transaction.atomic
def keep_records(run_id: int, *, user: Any = None) -> int:
    """Keep the records that the guard holds on a run; return how many there are.

    The next full sync that does not find them holds them again. Idempotent. Raises `SyncRefused`
    as `confirm_deletions` does.
    """
    run = _to_decide(run_id)
    kept = run.held_deletions.count()
    run.results.filter(held__gt=0).update(held=0)
    _decide(run, HoldChoice.KEPT, kept, user)
    return kept


def _to_decide(run_id: int) -> SyncRun:
    """The run, with its tenant's row locked; a new run refers to that row, so it has to wait."""
    run = SyncRun.objects.get(pk=run_id)
    lock_out_syncs(run.integration_id, Message("decide_when_ended"))
    if later_read(run) is not None:
        raise SyncRefused(Message("held_list_outdated"))
    return SyncRun.objects.select_for_update().get(pk=run_id)


def lock_out_syncs(integration_id: str, advice: Message) -> None:
    """Let no sync of the tenant begin until the transaction ends.

    Raises `SyncRefused` with `advice` when one is live.
    """
    Integration.objects.select_for_update().get(pk=integration_id)
    if SyncRun.objects.filter(integration_id=integration_id, state__in=LIVE_STATES).exists():
        raise SyncRefused(Message("sync_under_way", advice=advice))


def _decide(run: SyncRun, choice: HoldChoice, records: int, user: Any) -> None:
    held = HeldDeletion.objects.filter(run=run)
    if held.exists():
        held.delete()
        HoldDecision.objects.create(run=run, choice=choice, records=records, decided_by=user)
        confirmed = choice == HoldChoice.CONFIRMED
        trail.record(
            Event.DELETIONS_CONFIRMED if confirmed else Event.DELETIONS_DISMISSED,
            tenant=run.integration,
            about=run,
            name=str(run),
            user=user,
            records=records,
        )


def _losing_tags(run: SyncRun) -> set[str]:
    """The ids of candidates that lose an application with tags."""
    tagged = Application.objects.filter(
        pk__in=run.held_deletions.filter(model=Model.APPLICATIONS).values("record_id"),
        trait_reading__isnull=False,
    )
    return set(tagged.values_list("candidate_id", flat=True))


def _update_dependents(integration_id: str, losing_tags: set[str]) -> None:
    """Delete and update what depends on the deleted records."""
    delete_orphans(integration_id, JOB_STAGES)
    delete_orphans(integration_id, CANDIDATES)
    for stale in batches(outdated(integration_id), BATCH):
        apply(CANDIDATES, refresh(integration_id, stale, read={}))
    for candidates in batches(losing_tags, BATCH):
        retag(integration_id, candidates)
    delete_orphans(integration_id, CANDIDATE_TAGS)
