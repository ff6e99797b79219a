"""Retention by age: people of whom nothing has been heard for a tenant's number of months.

The last activity of a person is the latest date that Flatchr gives any of their applications, or
that anybody submitted them here. People without any date are kept. What is removed is left as a
record that Flatchr has deleted, without personal data, and `sync/applicants/removed_people.py`
keeps syncs from storing it again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations import jobs
from integrations.actions import retention as action_retention
from integrations.audit.trail import record
from integrations.changes.recording import recorded
from integrations.database import batched_writes
from integrations.models import (
    LIVE_SUBMISSIONS,
    OPEN_SUBMISSIONS,
    Action,
    Application,
    Candidate,
    CandidateTag,
    Event,
    FlatchrSettings,
    Integration,
    RemovedApplicant,
    Submission,
)
from integrations.privacy import texts
from integrations.privacy.erasure import remove_applications, remove_candidates, remove_tags
from integrations.privacy.people import of_candidates
from integrations.submissions import retention as submission_retention
from integrations.sync.retention import NOT_EMPTIED
from integrations.tenants import stats
from integrations.tenants.people import months_before

_DATED = Coalesce("remote_updated_at", "remote_created_at")


@dataclass(frozen=True, slots=True)
class OldPeople:
    """How many people, applications and submissions are older than a number of months."""

    months: int
    before: datetime
    candidates: int
    applications: int
    submissions: int


def count_old(tenant: Integration, months: int) -> OldPeople:
    """What `remove_old` would remove with this number of months. Changes nothing."""
    before = months_before(timezone.now(), months)
    candidates = _old(tenant.pk, before).order_by().values("pk")
    applications = Application.objects.live().filter(candidate__in=candidates)
    submissions = Submission.objects.filter(candidate__in=candidates, emptied_at=None)
    return OldPeople(months, before, candidates.count(), applications.count(), submissions.count())


@jobs.RETENTION.register("people by age")
def retain() -> None:
    """Remove the old people of each tenant that has chosen a number of months. Idempotent."""
    chosen = FlatchrSettings.objects.exclude(keep_months=None).filter(integration__deleted_at=None)
    for settings in chosen.select_related("integration"):
        with jobs.failure_logged("Old people of tenant %s", settings.pk):
            remove_old(settings.integration, settings.keep_months or 0)


def remove_old(tenant: Integration, months: int) -> OldPeople:
    """Remove the people of whom nothing was heard for `months`, in short transactions; what was.

    An entry of the audit trail has the counts. Idempotent. People with a submission under way, or
    a draft, are kept.
    """
    before = months_before(timezone.now(), months)
    done = OldPeople(months, before, 0, 0, 0)
    totals: dict[str, int] = defaultdict(int)
    batched_writes.in_batches(
        _old(tenant.pk, before), partial(_remove, tenant, timezone.now(), totals)
    )
    if totals:
        done = OldPeople(
            months, before, totals["candidates"], totals["applications"], totals["submissions"]
        )
        stats.outdate(tenant.pk)
        record(
            Event.PEOPLE_REMOVED_BY_AGE,
            tenant=tenant,
            months=months,
            candidates=done.candidates,
            applications=done.applications,
            submissions=done.submissions,
        )
    return done


def _old(tenant: str, before: datetime) -> QuerySet[Any]:
    """Live candidates with a date, all of whose dates are before."""
    own = Application.objects.filter(candidate=OuterRef("pk")).annotate(dated=_DATED)
    submitted = Submission.objects.filter(candidate=OuterRef("pk"))
    heard_of = Q(created_at__gte=before) | Q(state__in=(*LIVE_SUBMISSIONS, *OPEN_SUBMISSIONS))
    return (
        Candidate.objects.live()
        .filter(integration_id=tenant)
        .filter(Exists(own.filter(dated__isnull=False)))
        .exclude(Exists(own.filter(dated__gte=before)))
        .exclude(Exists(submitted.filter(heard_of)))
    )


def _remove(
    tenant: Integration, now: datetime, totals: dict[str, int], candidates: QuerySet[Any]
) -> int:
    keys = list(candidates.values_list("pk", flat=True))
    with recorded(tenant.pk):
        applications = Application.objects.filter(candidate__in=keys)
        active: dict[str, datetime] = {}
        rows = list(applications.annotate(dated=_DATED).values_list("candidate", "dated"))
        for candidate, dated in rows:
            if dated is not None:
                active[candidate] = max(dated, active.get(candidate, dated))
        live = applications.filter(remote_deleted_at=None)
        RemovedApplicant.objects.bulk_create(
            [
                RemovedApplicant(
                    integration=tenant,
                    remote_id=remote_id,
                    active_at=active[candidate],
                    removed_at=now,
                )
                for remote_id, candidate in live.values_list("remote_id", "candidate")
            ],
            update_conflicts=True,
            unique_fields=["integration", "remote_id"],
            update_fields=["active_at", "removed_at"],
        )
        stop_searches(tenant, keys)
        submissions = list(
            Submission.objects.filter(candidate__in=keys, emptied_at=None).values_list(
                "pk", flat=True
            )
        )
        totals["candidates"] += len(keys)
        totals["applications"] += live.count()
        totals["submissions"] += submission_retention.empty(submissions)
        action_retention.empty(
            Action.objects.filter(candidate__in=keys).values_list("pk", flat=True)
        )
        live_or_known = NOT_EMPTIED | Q(remote_deleted_at=None)
        remove_tags(tenant.pk, CandidateTag.objects.live().filter(candidate__in=keys))
        remove_applications(tenant.pk, applications.filter(live_or_known))
        remove_candidates(tenant.pk, Candidate.objects.filter(pk__in=keys))
    return len(keys)


def stop_searches(tenant: Integration, candidates: list[str]) -> None:
    """Stop the scheduled exports of the tenant that search for any of these people."""
    if texts.has_searches(tenant):
        for candidate in candidates:
            if planned := texts.schedules_for(of_candidates(tenant, [candidate])):
                texts.stop_schedules(planned)
