"""How many jobs, candidates and applications each tenant has, without counting large tables.

Candidates and applications are not counted, since that reads every row of a tenant: the newest
complete full sync saw each of them once, and every later delta sync says what it added, so the
sum is the number of records that Flatchr has, in a handful of small rows. (Deletions confirmed by
hand show with the next full sync.) Open jobs are few and are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, Subquery, Sum

from integrations.models import Integration, Job, ModelResult, SyncRun, SyncType
from integrations.records import JobStatus, Model


@dataclass(frozen=True, slots=True)
class Figures:
    """None where nothing has been read completely yet."""

    open_jobs: int | None = None
    candidates: int | None = None
    applications: int | None = None


def figures_for(ids: Sequence[str]) -> dict[str, Figures]:
    """The figures of each tenant, by id, in five queries."""
    jobs = _open_jobs(ids)
    candidates = _seen(ids, Model.CANDIDATES)
    applications = _seen(ids, Model.APPLICATIONS)
    return {
        pk: Figures(
            open_jobs=jobs.get(pk, 0),
            candidates=candidates.get(pk),
            applications=applications.get(pk),
        )
        for pk in ids
    }


def _open_jobs(ids: Sequence[str]) -> dict[str, int]:
    rows = (
        Job.objects.live()
        .filter(integration_id__in=ids, status=JobStatus.OPEN)
        .order_by()
        .values_list("integration_id")
        .annotate(n=Count("pk"))
    )
    return dict(rows)


def _seen(ids: Sequence[str], model: Model) -> dict[str, int]:
    read_whole = ModelResult.objects.filter(run=OuterRef("pk"), model=model, complete=True)
    newest = (
        SyncRun.objects.filter(Exists(read_whole), integration=OuterRef("pk"), type=SyncType.FULL)
        .order_by("-id")
        .values("pk")[:1]
    )
    tenants = Integration.objects.filter(pk__in=ids).annotate(run=Subquery(newest)).order_by()
    base = [run for run in tenants.values_list("run", flat=True) if run]
    added = (
        ModelResult.objects.filter(
            model=model,
            run__integration=OuterRef("integration"),
            run_id__gt=OuterRef("pk"),
        )
        .order_by()
        .values("run__integration")
        .annotate(n=Sum(F("created") + F("restored") - F("deleted")))
        .values("n")
    )
    rows = SyncRun.objects.filter(pk__in=base).annotate(
        seen=Sum("results__seen", filter=Q(results__model=model)),
        added=Subquery(added, output_field=IntegerField()),
    )
    return {
        run.integration_id: max(0, (run.seen or 0) + (run.added or 0))
        for run in rows.order_by().only("integration_id")
    }
