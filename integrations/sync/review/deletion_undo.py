"""Undoing confirmed deletions, for 14 days: until then nothing of what was deleted is emptied.

What is restored is as it was, under its ids, and everything that follows from it as a sync would
have it now. What a sync has brought back or deleted anew since is left to that sync. A full sync
that does not find a restored record holds it again and asks, however few there are
(`sync/deletions.py`), so that no record comes and goes without a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from integrations.audit import trail
from integrations.changes.recording import note, recorded
from integrations.messages import Message
from integrations.models import (
    Application,
    Candidate,
    Event,
    HoldChoice,
    HoldDecision,
    Tag,
    TraitReading,
)
from integrations.records import Model
from integrations.sync.applicants.candidate_tags import retag, shown_with
from integrations.sync.applicants.candidates import refresh
from integrations.sync.bulk.batches import batches
from integrations.sync.bulk.store import apply, upsert
from integrations.sync.bulk.tables import CANDIDATES, JOB_STAGES
from integrations.sync.deletions import GUARDED
from integrations.sync.held_deletions import BATCH, lock_out_syncs
from integrations.sync.history import restorations
from integrations.sync.listed_models import job_stage_drafts
from integrations.sync.retention import PERSONAL_DATA
from integrations.sync.runs import SyncRefused
from integrations.tenants import stats

# Deleted records are emptied when they have been deleted for so long.
UNDO_WITHIN: timedelta = PERSONAL_DATA


def can_undo(decision: HoldDecision) -> bool:
    return (
        decision.choice == HoldChoice.CONFIRMED
        and decision.undone_at is None
        and decision.deleted_at is not None
        and timezone.now() < decision.deleted_at + UNDO_WITHIN
    )


def restorable(decision: HoldDecision, model: Model) -> QuerySet[Any]:
    """The records of a model that undoing the decision restores: deleted by it, and not emptied."""
    records: QuerySet[Any] = GUARDED[model].record.objects.filter(
        integration_id=decision.run.integration_id,
        pk__in=decision.deletions.filter(model=model).values("record_id"),
    )
    if model is Model.APPLICATIONS:
        # Somebody may have been erased since; candidates are made from their applications.
        records = records.exclude(remote_data__isnull=True, content_hash__isnull=True)
    return _deleted_by(decision, records)


def undo_confirmation(decision_id: int, *, user: Any = None) -> int:
    """Restore what a confirmation has deleted; the number of records, without what depends on them.

    Idempotent. Raises `SyncRefused` while a sync of the tenant is live, and once it is too late.
    """
    tenant = HoldDecision.objects.values_list("run__integration_id", flat=True).get(pk=decision_id)
    with recorded(tenant):
        lock_out_syncs(tenant, Message("undo_when_ended"))
        decision = HoldDecision.objects.select_for_update(of=("self",)).get(pk=decision_id)
        if decision.undone_at is not None or decision.choice != HoldChoice.CONFIRMED:
            return 0
        if not can_undo(decision):
            raise SyncRefused(Message("undo_too_late"))
        now = timezone.now()
        restored = {model: _restore(decision, model, now) for model in GUARDED}
        _restore_dependents(decision, restored, now)
        for result in decision.run.results.filter(model__in=list(restored), deleted__gt=0):
            result.deleted = max(0, result.deleted - len(restored[Model(result.model)]))
            result.save(update_fields=["deleted"])
        decision.undone_at, decision.undone_by = now, user
        decision.restored = sum(map(len, restored.values()))
        decision.save(update_fields=["undone_at", "undone_by", "restored"])
        stats.outdate(tenant)
        trail.record(
            Event.DELETIONS_UNDONE,
            tenant=decision.run.integration,
            about=decision.run,
            name=str(decision.run),
            user=user,
            records=decision.restored,
        )
        return decision.restored


def _deleted_by(decision: HoldDecision, records: QuerySet[Any]) -> QuerySet[Any]:
    # At that very moment: what a sync has brought back and deleted anew was deleted at another one.
    return records.filter(remote_deleted_at=decision.deleted_at)


def _restore(decision: HoldDecision, model: Model, now: datetime) -> list[str]:
    """Restore the records of a guarded model; return their ids.

    Only these are remembered as restored by hand: the others are as a sync has seen them since.
    """
    ids = _bring_back(decision, model, restorable(decision, model), now)
    remembered = decision.deletions.filter(model=model)
    back = GUARDED[model].record.objects.filter(
        changed_at=now, pk__in=remembered.values("record_id")
    )
    remembered.exclude(record_id__in=back.values("pk")).delete()
    return ids


def _bring_back(
    decision: HoldDecision, model: Model, records: QuerySet[Any], now: datetime
) -> list[str]:
    ids = list(records.order_by().values_list("pk", flat=True))
    if ids and decision.deleted_at is not None:
        tenant = decision.run.integration_id
        history = restorations(model, tenant, ids, deleted_at=decision.deleted_at)
        records.update(remote_deleted_at=None, changed_at=now)
        note(tenant, model, now, history=history)
    return ids


def _restore_dependents(
    decision: HoldDecision, restored: dict[Model, list[str]], now: datetime
) -> None:
    """Bring what depends on the restored records in step with them, as a sync does."""
    tenant = decision.run.integration_id
    for model, name in ((Model.JOBS, "jobs"), (Model.APPLICATION_STAGES, "stages")):
        for ids in batches(restored[model], BATCH):
            for drafts in batches(job_stage_drafts(tenant, **{name: ids}), BATCH):
                upsert(JOB_STAGES, tenant, drafts)
    for ids in batches(restored[Model.APPLICATIONS], BATCH):
        _restore_people(decision, ids, now)
    for ids in batches(restored[Model.TAGS], BATCH):
        tags = set(Tag.objects.filter(pk__in=ids).values_list("remote_id", flat=True))
        for candidates in batches(shown_with(tenant, tags), BATCH):
            retag(tenant, candidates)


def _restore_people(decision: HoldDecision, application_ids: Sequence[str], now: datetime) -> None:
    tenant = decision.run.integration_id
    applications = Application.objects.filter(pk__in=application_ids)
    people = Candidate.objects.filter(
        integration_id=tenant, pk__in=applications.values("candidate_id")
    )
    _bring_back(decision, Model.CANDIDATES, _deleted_by(decision, people), now)
    # Others, and those who have applied anew: with the data of the application that counts now.
    candidates = set(applications.values_list("candidate_id", flat=True))
    apply(CANDIDATES, refresh(tenant, candidates, read={}))
    tagged = TraitReading.objects.filter(application__in=applications)
    retag(tenant, set(tagged.values_list("application__candidate_id", flat=True)))
