"""The figures of the overview against what real syncs leave in the tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from integrations import tasks
from integrations.admin.home.stats import figures_for
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    Integration,
    Job,
    RunState,
    SyncRun,
    TenantFigures,
)
from integrations.sync import engine
from integrations.sync.applicants import incremental
from integrations.sync.runs import request_sync
from integrations.tenants import stats

pytestmark = pytest.mark.every_database

# A sync beats and reads ahead through connections of its own.
synced = pytest.mark.django_db(transaction=True)


def sync(tenant: Integration, kind: str) -> SyncRun:
    run, _ = request_sync(tenant.pk, type=kind)
    tasks.run_sync(run.pk)
    return run


@synced
def test_figures_are_the_numbers_of_live_records(connected_tenant: Integration) -> None:
    tenant = connected_tenant
    assert figures_for([tenant.pk])[tenant.pk].candidates is None

    for kind in ("FULL", "DELTA"):
        run = sync(tenant, kind)
        found = TenantFigures.objects.get(pk=tenant.pk)
        live = Application.objects.live()
        assert found.through_run == run.pk
        assert found.candidates == Candidate.objects.live().count(), kind
        assert found.applications == live.count(), kind
        assert found.open_jobs == Job.objects.live().filter(status="OPEN").count(), kind
        by_outcome = (found.in_progress, found.hired, found.declined)
        assert by_outcome == tuple(
            live.filter(outcome=outcome).count() for outcome in ("PENDING", "HIRED", "DECLINED")
        )
        assert sum(by_outcome) == found.applications
        standing = sum(stage["count"] for stage in found.stages)
        assert standing == live.exclude(outcome="DECLINED").count()
        since = timezone.now() - timedelta(weeks=stats.WEEKS)
        lately = live.filter(remote_created_at__gte=since).count()
        assert sum(count for _week, count in found.weeks) == lately
        assert found.full_seconds is not None


@pytest.fixture
def ended(tenant: Integration) -> SyncRun:
    return SyncRun.objects.create(integration=tenant, state=RunState.SUCCEEDED)


def make(tenant: Integration, number: int, **fields: object) -> None:
    common = {"integration": tenant, "remote_id": f"r{number}", "changed_at": timezone.now()}
    candidate = Candidate.objects.create(id=f"c{number}", **common)
    Application.objects.create(id=f"a{number}", candidate=candidate, **common, **fields)


def test_the_sweep_counts_those_that_are_behind_and_no_others(
    tenant: Integration, other_tenant: Integration, ended: SyncRun
) -> None:
    now = timezone.now()
    assert stats.behind(now) == [tenant.pk]

    stats.sweep()
    assert stats.behind(now) == []

    SyncRun.objects.create(integration=tenant)
    assert stats.behind(now) == [], "a run that is under way has changed nothing for good"
    SyncRun.objects.update(state=RunState.FAILED)
    assert stats.behind(now) == [tenant.pk]


def test_a_tenant_that_has_changed_between_syncs_is_counted_again_a_minute_later(
    tenant: Integration, ended: SyncRun
) -> None:
    stats.sweep()

    stats.outdate(tenant.pk)

    now = timezone.now()
    assert stats.behind(now) == []
    assert stats.behind(now + stats.PAUSE) == [tenant.pk]


def test_an_applicant_stored_between_syncs_outdates_the_figures(
    tenant: Integration, ended: SyncRun
) -> None:
    stats.sweep()

    incremental.store_applicants(tenant.pk, [])

    assert TenantFigures.objects.get(pk=tenant.pk).through_run is None


def test_a_deleted_tenant_is_not_counted(tenant: Integration, ended: SyncRun) -> None:
    Integration.objects.update(deleted_at=timezone.now())

    assert stats.behind(timezone.now()) == []


def test_a_sweep_ends_when_its_time_is_up_and_the_next_goes_on(
    tenant: Integration,
    other_tenant: Integration,
    ended: SyncRun,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    SyncRun.objects.create(integration=other_tenant, state=RunState.SUCCEEDED)
    monkeypatch.setattr(stats, "SWEEP_SECONDS", -1.0)

    stats.sweep()
    assert TenantFigures.objects.count() == 1
    stats.sweep()
    assert TenantFigures.objects.count() == 2


def test_a_tenant_that_cannot_be_counted_does_not_keep_the_others_from_it(
    tenant: Integration, other_tenant: Integration, ended: SyncRun
) -> None:
    SyncRun.objects.create(integration=other_tenant, state=RunState.SUCCEEDED)
    # There is no such moment in Paris.
    make(tenant, 1, remote_created_at=datetime.max.replace(tzinfo=UTC))

    stats.sweep()

    assert list(TenantFigures.objects.values_list("pk", flat=True)) == [other_tenant.pk]


def test_the_funnel_is_in_the_order_of_the_pipeline_and_leaves_the_declined_out(
    tenant: Integration,
) -> None:
    common = {"integration": tenant, "changed_at": timezone.now()}
    for number, (name, visible) in enumerate((("New", True), ("Hidden", False), ("Offer", True))):
        ApplicationStage.objects.create(
            id=f"s{number}",
            remote_id=f"s{number}",
            name=name,
            position=number,
            visible=visible,
            **common,
        )
    make(tenant, 1, outcome="PENDING", current_stage_id="s2")
    make(tenant, 2, outcome="DECLINED", current_stage_id="s2")
    make(tenant, 3, outcome="HIRED", current_stage_id="gone")
    make(tenant, 4, outcome=None)
    make(tenant, 5, outcome="PENDING", current_stage_id="s2", remote_deleted_at=timezone.now())

    found = stats.count(tenant.pk)

    assert [(stage["name"], stage["count"]) for stage in found.stages] == [
        ("New", 0),
        ("Offer", 1),
        ("", 2),
    ]
    assert (found.applications, found.in_progress, found.hired, found.declined) == (4, 1, 1, 1)


def test_a_week_begins_on_monday_where_flatchr_is(tenant: Integration) -> None:
    # Half past eleven on a Sunday evening in UTC is Monday in Paris, in winter and in summer.
    today = timezone.now().replace(hour=23, minute=30, second=0, microsecond=0)
    sunday = today - timedelta(days=today.isoweekday(), weeks=3)
    make(tenant, 1, outcome="PENDING", remote_created_at=sunday)
    make(tenant, 2, outcome="PENDING", remote_created_at=sunday - timedelta(hours=3))
    make(tenant, 3, outcome="PENDING", remote_created_at=sunday - timedelta(weeks=60))

    found = stats.count(tenant.pk)

    assert found.weeks == [
        [(sunday.date() - timedelta(days=6)).isoformat(), 1],
        [(sunday.date() + timedelta(days=1)).isoformat(), 1],
    ]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 1, 4, 22, 59, tzinfo=UTC), date(2025, 12, 29)),
        (datetime(2026, 1, 4, 23, 0, tzinfo=UTC), date(2026, 1, 5)),
        (datetime(2026, 7, 5, 21, 59, tzinfo=UTC), date(2026, 6, 29)),
        (datetime(2026, 7, 5, 22, 0, tzinfo=UTC), date(2026, 7, 6)),
    ],
)
def test_the_monday_of_a_moment_is_that_of_paris(moment: datetime, expected: date) -> None:
    assert stats.monday(moment) == expected


def test_a_run_that_nobody_took_up_is_not_counted(tenant: Integration) -> None:
    run = SyncRun.objects.create(integration=tenant)

    stats.count_after(run.pk)
    stats.count_after(run.pk + 1)

    assert not TenantFigures.objects.exists()
    assert engine.execute(run.pk + 1) is False
