"""Statistics of a tenant, counted after each sync and stored in one row, which pages read.

Counting reads every application of the tenant, which is too slow for a page view. The worker
of a run does it when the run has ended, or else the sweep.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When
from django.utils import timezone

from integrations import jobs
from integrations.enumerations import JobStatus, Outcome
from integrations.models import (
    LIVE_STATES,
    Application,
    ApplicationStage,
    Candidate,
    Integration,
    Job,
    RunState,
    SyncRun,
    SyncType,
    TenantFigures,
)

WEEKS = 26
CHANGED = Q(created__gt=0) | Q(updated__gt=0) | Q(deleted__gt=0) | Q(restored__gt=0)
# Figures are those of some weeks up to now.
RECOUNTED_AFTER = timedelta(days=1)
# How long one sweep may count; the next one continues.
SWEEP_SECONDS = 5.0
# How long changes between two syncs wait: a bulk upload makes many applications one by one.
PAUSE = timedelta(minutes=1)
# Flatchr's dates are days there.
FLATCHR_ZONE = ZoneInfo("Europe/Paris")


def count(integration_id: str) -> TenantFigures:
    """Count the tenant now and store the figures. Idempotent."""
    now = timezone.now()
    ended = SyncRun.objects.filter(integration_id=integration_id).exclude(state__in=LIVE_STATES)
    through = ended.order_by("-id").values_list("pk", flat=True).first()
    open_jobs = Job.objects.live().filter(integration_id=integration_id, status=JobStatus.OPEN)
    people = Candidate.objects.live().filter(integration_id=integration_id)
    figures = TenantFigures(
        integration_id=integration_id,
        counted_at=now,
        through_run=through or 0,
        open_jobs=open_jobs.count(),
        candidates=people.count(),
        full_seconds=_full_seconds(integration_id),
        **_applications(integration_id, now),
    )
    names = [field.name for field in TenantFigures._meta.fields if not field.primary_key]
    TenantFigures.objects.bulk_create(
        [figures], update_conflicts=True, unique_fields=["integration"], update_fields=names
    )
    return figures


def count_after(run_id: int) -> None:
    """Count the tenant of a run that has ended, if its figures may have changed."""
    run = SyncRun.objects.filter(pk=run_id).first()
    if run is not None and not run.is_live and not _still_hold(run):
        count(run.integration_id)


def _still_hold(run: SyncRun) -> bool:
    """Whether the stored figures are those after the run, too; they are taken for them then.

    So it is if they were right before it, they are of the last day, and it has changed nothing.
    """
    if run.type != SyncType.DELTA or run.results.filter(CHANGED).exists():
        return False
    before = SyncRun.objects.filter(integration_id=run.integration_id, pk__lt=run.pk)
    last = before.order_by("-id").values_list("pk", flat=True).first()
    now = timezone.now()
    counted = TenantFigures.objects.filter(
        pk=run.integration_id, through_run=last, counted_at__gte=now - RECOUNTED_AFTER
    )
    return last is not None and bool(counted.update(through_run=run.pk))


def outdate(integration_id: str) -> None:
    """Have the tenant counted again: something has changed between two syncs."""
    TenantFigures.objects.filter(pk=integration_id, through_run__isnull=False).update(
        through_run=None
    )


@jobs.SWEEP.register("figures of tenants")
def sweep() -> None:
    """Count tenants whose figures are behind, those first that have none. Idempotent."""
    until = time.monotonic() + SWEEP_SECONDS
    for integration_id in behind(timezone.now()):
        with jobs.failure_logged("Counting the records of tenant %s", integration_id):
            count(integration_id)
        if time.monotonic() > until:
            return


def behind(now: datetime) -> list[str]:
    """The tenants that were synchronised, or changed, since they were counted."""
    ended = SyncRun.objects.filter(integration=OuterRef("pk")).exclude(state__in=LIVE_STATES)
    newest = Integration.objects.present().annotate(
        newest=Subquery(ended.order_by("-id").values("pk")[:1])
    )
    never = Q(figures__isnull=True)
    later_run = Q(figures__through_run__lt=F("newest"))
    changed = Q(figures__through_run=None, figures__counted_at__lt=now - PAUSE)
    found = newest.filter(newest__isnull=False).filter(never | later_run | changed)
    return list(
        found.order_by(F("figures__counted_at").asc(nulls_first=True)).values_list("pk", flat=True)
    )


def _applications(integration_id: str, now: datetime) -> dict[str, Any]:
    """The figures of applications, in one pass over them."""
    since = now - timedelta(weeks=WEEKS)
    made = Case(When(remote_created_at__gte=since, then="remote_created_at"))
    groups = (
        Application.objects.live()
        .filter(integration_id=integration_id)
        .order_by()
        .values_list("outcome", "current_stage_id", made)
        .annotate(n=Count("pk"))
    )
    outcomes: Counter[str | None] = Counter()
    stages: Counter[str | None] = Counter()
    weeks: Counter[date] = Counter()
    for outcome, stage, day, number in groups.iterator():
        outcomes[outcome] += number
        if outcome != Outcome.DECLINED:
            stages[stage] += number
        if day is not None:
            weeks[monday(day)] += number
    return {
        "applications": outcomes.total(),
        "in_progress": outcomes[Outcome.PENDING],
        "hired": outcomes[Outcome.HIRED],
        "declined": outcomes[Outcome.DECLINED],
        "weeks": [[day.isoformat(), number] for day, number in sorted(weeks.items())],
        "stages": _in_order(integration_id, stages),
    }


def monday(moment: datetime) -> date:
    """The first day of the week, as Flatchr's calendar has it."""
    day = moment.astimezone(FLATCHR_ZONE).date()
    return day - timedelta(days=day.weekday())


def _in_order(integration_id: str, counted: Counter[str | None]) -> list[dict[str, Any]]:
    """The stages in the order of the pipeline; empty ones only if Flatchr shows them."""
    stages: Iterable[tuple[str, str | None, bool]] = (
        ApplicationStage.objects.live()
        .filter(integration_id=integration_id)
        .order_by("position", "remote_id")
        .values_list("id", "name", "visible")
    )
    known = [
        {"id": pk, "name": name or "", "count": counted.pop(pk, 0)}
        for pk, name, visible in stages
        if visible or counted[pk]
    ]
    # Those without a stage, or with a deleted one.
    if elsewhere := counted.total():
        known.append({"id": "", "name": "", "count": elsewhere})
    return known


def _full_seconds(integration_id: str) -> float | None:
    well = (RunState.SUCCEEDED, RunState.PARTIALLY_FAILED)
    run = (
        SyncRun.objects.filter(integration_id=integration_id, type=SyncType.FULL, state__in=well)
        .order_by("-id")
        .only("started_at", "ended_at")
        .first()
    )
    if run is None or run.started_at is None or run.ended_at is None:
        return None
    return float((run.ended_at - run.started_at).total_seconds())
