"""Held deletions: an operator confirms what the deletion guard held on a run, or keeps the records:
all of them, or some, and the rest another time.

Each time stores a `HoldDecision` with who and when, and the records. Neither is possible while a
sync of the tenant is live, and no sync begins while a decision is being written. What was confirmed
can be undone (`review/deletion_undo.py`).
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from integrations.audit import trail
from integrations.changes.recording import recorded
from integrations.messages import Message
from integrations.models import (
    LIVE_STATES,
    Application,
    DecidedDeletion,
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
from integrations.sync.deletions import GUARDED, delete_orphans, delete_records
from integrations.sync.runs import SyncRefused
from integrations.tenants import stats

# Records handled at a time: SQL statements take a limited number of parameters.
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


def confirm_deletions(
    run_id: int, *, chosen: QuerySet[HeldDeletion] | None = None, user: Any = None
) -> int:
    """Delete what the guard holds on a run, and what depends on it; the number of held records.

    `chosen` are the rows to decide on; without it, all. A record that a later read has returned is
    no longer held, and stays. Idempotent. Raises `SyncRefused` while a sync of the tenant is live,
    or when a later full sync has read what was held (`later_read`).
    """
    with recorded(SyncRun.objects.values_list("integration_id", flat=True).get(pk=run_id)):
        run = _to_decide(run_id)
        decision = _decide(run, chosen, HoldChoice.CONFIRMED, user)
        if decision is None:
            return 0
        at = timezone.now()
        losing_tags = _losing_tags(decision)
        deleted = {}
        for model in GUARDED:
            ids = f"SELECT record_id FROM {_DECIDED} WHERE decision_id = %s AND model = %s"  # noqa: S608
            deleted[model] = delete_records(
                run.integration_id, model, ids, decision.pk, model.value, at=at
            )
        _update_dependents(run.integration_id, losing_tags, at)
        stats.outdate(run.integration_id)
        for result in run.results.filter(model__in=deleted):
            result.deleted += deleted[Model(result.model)]
            result.save(update_fields=["deleted"])
        decision.records, decision.deleted_at = sum(deleted.values()), at
        decision.save(update_fields=["records", "deleted_at"])
        _audit(decision, Event.DELETIONS_CONFIRMED, decision.records, user)
        return decision.records


@transaction.atomic
def keep_records(
    run_id: int, *, chosen: QuerySet[HeldDeletion] | None = None, user: Any = None
) -> int:
    """Keep the records that the guard holds on a run, or the `chosen` ones; return how many.

    A full sync that does not find them holds them again, however few they are. Idempotent. Raises
    `SyncRefused` as `confirm_deletions` does.
    """
    decision = _decide(_to_decide(run_id), chosen, HoldChoice.KEPT, user)
    if decision is None:
        return 0
    _audit(decision, Event.DELETIONS_DISMISSED, decision.records, user)
    return decision.records


_DECIDED = DecidedDeletion._meta.db_table


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


def _decide(
    run: SyncRun, chosen: QuerySet[HeldDeletion] | None, choice: HoldChoice, user: Any
) -> HoldDecision | None:
    """A new decision on what is held, with its records; None if nothing of it is held any more.

    The rest of the list has been looked at, too, so that no sync deletes it without an answer.
    """
    held = HeldDeletion.objects.filter(run=run)
    chosen = held if chosen is None else held.filter(pk__in=chosen.values("pk"))
    if not chosen.exists():
        return None
    decision = HoldDecision.objects.create(run=run, choice=choice, decided_by=user)
    rows = chosen.order_by("pk").values_list("model", "record_id").iterator(chunk_size=BATCH)
    for some in batches(rows, BATCH):
        DecidedDeletion.objects.bulk_create(
            DecidedDeletion(decision=decision, model=model, record_id=record_id)
            for model, record_id in some
        )
        decision.records += len(some)
    decision.save(update_fields=["records"])
    chosen.delete()
    held.update(reviewed=True)
    left = dict(held.order_by().values_list("model").annotate(Count("pk")))
    for result in run.results.filter(held__gt=0):
        result.held = left.get(result.model, 0)
        result.save(update_fields=["held"])
    _forget_earlier(run.integration_id, decision)
    return decision


def _forget_earlier(integration_id: str, decision: HoldDecision) -> None:
    """This decision takes the place of earlier ones to let the same records stay."""
    earlier = DecidedDeletion.objects.staying(integration_id).exclude(decision=decision)
    if not earlier.exists():
        return
    for model in GUARDED:
        now = decision.deletions.filter(model=model).values("record_id")
        earlier.filter(model=model, record_id__in=now).delete()


def _audit(decision: HoldDecision, event: Event, records: int, user: Any) -> None:
    run = decision.run
    trail.record(
        event, tenant=run.integration, about=run, name=str(run), user=user, records=records
    )


def _losing_tags(decision: HoldDecision) -> set[str]:
    """The ids of candidates that lose an application with tags."""
    tagged = Application.objects.filter(
        pk__in=decision.deletions.filter(model=Model.APPLICATIONS).values("record_id"),
        trait_reading__isnull=False,
    )
    return set(tagged.values_list("candidate_id", flat=True))


def _update_dependents(integration_id: str, losing_tags: set[str], at: Any) -> None:
    """Delete and update what depends on the deleted records."""
    delete_orphans(integration_id, JOB_STAGES, at=at)
    delete_orphans(integration_id, CANDIDATES, at=at)
    for stale in batches(outdated(integration_id), BATCH):
        apply(CANDIDATES, refresh(integration_id, stale, read={}))
    for candidates in batches(losing_tags, BATCH):
        retag(integration_id, candidates)
    delete_orphans(integration_id, CANDIDATE_TAGS, at=at)
