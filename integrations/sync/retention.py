"""Retention: how long what syncs have stored is kept (`docs/mapping.md`, Reading rules).

Each step is registered by itself, so one that fails does not keep the others from being done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from integrations import jobs
from integrations.changes.recording import note, recorded
from integrations.database import batched_writes
from integrations.models import (
    LIVE_STATES,
    Application,
    Candidate,
    DecidedDeletion,
    HeldDeletion,
    HoldChoice,
    HoldDecision,
    HttpExchange,
    ModelResult,
    QuarantinedRecord,
    RunState,
    SearchEntry,
    SearchKind,
    StoredAnswer,
    SyncRun,
    SyncType,
    SyncWarning,
    TagProgress,
    TraitReading,
    Trigger,
)
from integrations.records import Model
from integrations.sync.bulk.tables import NOBODY
from integrations.sync.history import KEPT_FOR

# How long a deleted record keeps its personal data; its ids and times are kept for ever.
PERSONAL_DATA = timedelta(days=14)
# How long a request with an Idempotency-Key can be repeated.
ANSWERS = timedelta(days=1)
# What is not known any more of a record that was emptied.
_NOTHING = {"fingerprint": None, "content_hash": None}
# One that was submitted, and that Flatchr never listed, has no fingerprint.
NOT_EMPTIED = Q(fingerprint__isnull=False) | Q(content_hash__isnull=False)
# Runs that are looked at in one query.
LOOKED_AT = 1000
# What goes with a run, and first, so that few rows are left to its own transaction.
_PARTS: tuple[type[Any], ...] = (HttpExchange, QuarantinedRecord, SyncWarning, ModelResult)
_WELL = (RunState.SUCCEEDED, RunState.PARTIALLY_FAILED)


@jobs.RETENTION.register("answers of the API")
def remove_answers() -> None:
    """Delete answers whose requests can no longer be repeated. Idempotent."""
    batched_writes.delete(StoredAnswer.objects.filter(created_at__lt=timezone.now() - ANSWERS))


def empty_deleted(
    *,
    before: datetime | None = None,
    before_emptying: Callable[[str, QuerySet[Any]], object] | None = None,
) -> None:
    """Empty the personal data of records deleted before `before`, else `PERSONAL_DATA` ago.

    Idempotent. Those who follow changes are told, so that they empty their copies, too.
    `before_emptying` is called with the tenant and the candidates in each of the transactions
    (`privacy/retention.py` is the step of retention).
    """
    before = before or timezone.now() - PERSONAL_DATA
    expired = NOT_EMPTIED & Q(remote_deleted_at__lt=before)
    for tenant in _tenants_of(Candidate.objects.filter(expired)):
        candidates = Candidate.objects.filter(expired, integration_id=tenant)
        batched_writes.in_batches(candidates, partial(_empty_expired, tenant, before_emptying))
    for tenant in _tenants_of(Application.objects.filter(expired)):
        applications = Application.objects.filter(expired, integration_id=tenant)
        batched_writes.in_batches(applications, partial(_empty_expired_applications, tenant))
    batched_writes.delete(TraitReading.objects.filter(application__remote_deleted_at__lt=before))


def _tenants_of(records: QuerySet[Any]) -> list[str]:
    return list(records.order_by().values_list("integration_id", flat=True).distinct())


def _empty_expired(
    tenant: str,
    before_emptying: Callable[[str, QuerySet[Any]], object] | None,
    candidates: QuerySet[Any],
) -> int:
    with recorded(tenant):
        if before_emptying is not None:
            before_emptying(tenant, candidates)
        return empty_candidates(tenant, candidates)


def _empty_expired_applications(tenant: str, applications: QuerySet[Any]) -> int:
    with recorded(tenant):
        return empty_applications(tenant, applications)


def empty_candidates(tenant: str, candidates: QuerySet[Any]) -> int:
    """Empty the personal data of candidates; return how many. Inside `recorded`."""
    SearchEntry.objects.filter(
        kind=SearchKind.CANDIDATE, record_id__in=list(candidates.values_list("pk", flat=True))
    ).delete()
    moment = timezone.now()
    note(tenant, Model.CANDIDATES, moment)
    return candidates.update(**NOBODY, **_NOTHING, changed_at=moment)


def empty_applications(tenant: str, applications: QuerySet[Any]) -> int:
    """As `empty_candidates`, for applications."""
    moment = timezone.now()
    note(tenant, Model.APPLICATIONS, moment)
    nothing = dict.fromkeys(("rejection_reason_name", "source", "score", "remote_data"))
    return applications.update(**nothing, **_NOTHING, person_key="", changed_at=moment)


@jobs.RETENTION.register("confirmed deletions")
def remove_confirmed() -> None:
    """Forget which records were deleted by hand, once that cannot be undone. Idempotent."""
    confirmed = DecidedDeletion.objects.filter(
        decision__choice=HoldChoice.CONFIRMED,
        decision__undone_at=None,
        decision__deleted_at__lt=timezone.now() - PERSONAL_DATA,
    )
    batched_writes.delete(confirmed)


@jobs.RETENTION.register("quarantined records")
def remove_quarantined() -> None:
    """Delete old runs' quarantined records: source objects, personal data included. Idempotent."""
    batched_writes.delete(QuarantinedRecord.objects.filter(run__queued_at__lt=_old()))


@jobs.RETENTION.register("examples of warnings")
def remove_examples() -> None:
    """Remove old warnings' examples, which may quote personal data; counts stay. Idempotent."""
    old = SyncWarning.objects.filter(run__queued_at__lt=_old())
    batched_writes.update(old.exclude(examples=[]), examples=[])


def _old() -> datetime:
    return timezone.now() - timedelta(days=settings.EXCHANGE_RETENTION_DAYS)


# Runs


@jobs.RETENTION.register("runs")
def remove_runs() -> int:
    """Delete the runs that are not kept any longer, with results and warnings; return how many.

    Idempotent. Scheduled syncs that went well and changed nothing go after
    `RUN_UNCHANGED_KEEP_DAYS`, others after `RUN_KEEP_DAYS`. Kept for as long as they are needed:
    each tenant's newest run, newest full one and newest full one that went well, those with held
    deletions or a decision about them, those that a round of tags belongs to, and those that the
    history of a record leads to.
    """
    now = timezone.now()
    expired = _expired(now)
    if expired is None:
        return 0
    removed = 0
    days = [settings.RUN_KEEP_DAYS, settings.RUN_UNCHANGED_KEEP_DAYS]
    for ids in _earlier_runs(now - timedelta(days=min(day for day in days if day))):
        # Each answer is of the moment: whatever has ended a wait meanwhile is seen.
        gone = list(expired.filter(pk__in=ids).values_list("pk", flat=True))
        for part in _PARTS if gone else ():
            batched_writes.delete(part._base_manager.filter(run__in=gone))
        batched_writes.delete(expired.filter(pk__in=gone), recheck=True)
        removed += len(gone)
    return removed


def _earlier_runs(moment: datetime) -> Iterator[list[int]]:
    """Ids of the runs queued before `moment`, the oldest first, some at a time.

    By the primary key, as ids are given in the order of `queued_at`.
    """
    last = 0
    while True:
        rows = SyncRun.objects.filter(pk__gt=last).order_by("pk")
        found = list(rows.values_list("pk", "queued_at")[:LOOKED_AT])
        ids = [pk for pk, queued_at in found if queued_at < moment]
        if not ids:
            return
        yield ids
        last = ids[-1]


def _expired(now: datetime) -> QuerySet[Any] | None:
    """The runs that are not kept any longer; None if all are kept for good."""
    results = ModelResult.objects.filter(run=OuterRef("pk"))
    in_history = Q(updated__gt=0) | Q(deleted__gt=0) | Q(restored__gt=0)
    followed, changed = results.filter(in_history), results.filter(in_history | Q(created__gt=0))
    old = Q()
    if settings.RUN_KEEP_DAYS:
        old |= Q(queued_at__lt=now - timedelta(days=settings.RUN_KEEP_DAYS))
    if settings.RUN_UNCHANGED_KEEP_DAYS:
        old |= Q(
            ~Exists(changed),
            queued_at__lt=now - timedelta(days=settings.RUN_UNCHANGED_KEEP_DAYS),
            trigger=Trigger.SCHEDULE,
            state=RunState.SUCCEEDED,
        )
    if not old:
        return None
    later = SyncRun.objects.filter(integration=OuterRef("integration"), pk__gt=OuterRef("pk"))
    full = later.filter(type=SyncType.FULL)
    return (
        SyncRun.objects.filter(old)
        .exclude(state__in=LIVE_STATES)
        .filter(Exists(later))
        .filter(Q(type=SyncType.DELTA) | Exists(full))
        .filter(~Q(type=SyncType.FULL, state__in=_WELL) | Exists(full.filter(state__in=_WELL)))
        .exclude(Exists(HeldDeletion.objects.filter(run=OuterRef("pk"))))
        .exclude(Exists(HoldDecision.objects.filter(run=OuterRef("pk"))))
        .exclude(Exists(TagProgress.objects.filter(run=OuterRef("pk"))))
        .exclude(Exists(TagProgress.objects.filter(asked_by=OuterRef("pk"))))
        .filter(Q(queued_at__lt=now - KEPT_FOR) | ~Exists(followed))
    )
