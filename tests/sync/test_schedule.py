"""When a tenant is next due, and what the sweep starts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations import scheduler
from integrations.ids import new_integration_id
from integrations.models import Integration, SyncRun
from integrations.sandbox import Sandbox
from integrations.sync import engine, runs
from integrations.sync.runs import start_due_syncs
from integrations.sync.schedule import due, next_slot
from tests.sync.running import queue, sync, woken

NOW = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(minutes=1), NOW + timedelta(minutes=1)

in_database = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("minutes", [5, 60, 600])
def test_the_next_slot_is_half_to_one_and_a_half_intervals_away(minutes: int) -> None:
    interval = timedelta(minutes=minutes)
    for number in range(300):
        moment = NOW + timedelta(seconds=number * 97)
        slot = next_slot(new_integration_id(), minutes, moment)
        assert interval / 2 <= slot - moment <= interval * 1.5


def test_a_tenant_keeps_its_place() -> None:
    tenant = new_integration_id()
    first = next_slot(tenant, 60, NOW)
    for seconds in (1, 599, 1700, 3600, 86_400, 86_400 * 90):
        slot = next_slot(tenant, 60, NOW + timedelta(seconds=seconds))
        off = (slot - first) % timedelta(hours=1)
        assert min(off, timedelta(hours=1) - off) < timedelta(milliseconds=1)


def test_a_sync_that_ends_on_time_is_followed_by_the_very_next_slot() -> None:
    tenant = new_integration_id()
    first = next_slot(tenant, 60, NOW)

    second = next_slot(tenant, 60, first + timedelta(minutes=3))

    assert abs(second - first - timedelta(hours=1)) < timedelta(milliseconds=1)


def test_tenants_are_spread_over_the_interval() -> None:
    """Their ids are fixed, so this is no game of chance."""
    slots = [next_slot(f"flatchr:{number}", 60, NOW) for number in range(600)]

    in_each_tenth = [0] * 10
    for slot in slots:
        in_each_tenth[int((slot - NOW - timedelta(minutes=30)) / timedelta(minutes=6)) % 10] += 1
    assert min(in_each_tenth) > 30
    assert len(set(slots)) > 500


@pytest.fixture
def tenant(tenant: Integration) -> Integration:
    """A tenant whose delta is due, and whose full sync is not."""
    set_times(tenant, full=LATER, delta=EARLIER)
    return tenant


def set_times(tenant: Integration, *, full: datetime | None, delta: datetime | None) -> None:
    Integration.objects.filter(pk=tenant.pk).update(next_full_at=full, next_delta_at=delta)


@in_database
@pytest.mark.parametrize(
    ("full", "delta", "expected"),
    [
        (LATER, LATER, None),
        (LATER, EARLIER, "DELTA"),
        (EARLIER, LATER, "FULL"),
        (EARLIER, EARLIER, "FULL"),
        (NOW, LATER, "FULL"),
        (None, None, None),
        (None, EARLIER, "DELTA"),
    ],
)
def test_what_is_due_is_started_and_a_full_sync_covers_a_delta(
    full: datetime | None, delta: datetime | None, expected: str | None, tenant: Integration
) -> None:
    set_times(tenant, full=full, delta=delta)

    assert due(NOW) == ([(tenant.pk, expected)] if expected else [])


@in_database
def test_a_disabled_tenant_is_never_due(tenant: Integration) -> None:
    Integration.objects.update(enabled=False)

    assert due(NOW) == []


@in_database
def test_a_tenant_without_credentials_is_never_due(tenant: Integration) -> None:
    tenant.credentials.delete()  # type: ignore[attr-defined]

    assert due(NOW) == []


@in_database
@pytest.mark.parametrize(("age", "is_due"), [(timedelta(days=2, hours=23), True),
                                             (timedelta(days=3, hours=1), False)])  # fmt: skip
def test_a_refused_key_is_tried_for_three_days(
    age: timedelta, is_due: bool, tenant: Integration
) -> None:
    Integration.objects.update(credentials_invalid_at=NOW - age)

    assert bool(due(NOW)) is is_due


@in_database
@pytest.mark.parametrize("state", ["QUEUED", "RUNNING", "SUCCEEDED", "FAILED"])
def test_a_tenant_with_a_live_run_is_not_due(state: str, tenant: Integration) -> None:
    SyncRun.objects.create(integration=tenant, state=state)
    SyncRun.objects.create(integration=tenant, state="CANCELLED")

    assert bool(due(NOW)) is (state in ("SUCCEEDED", "FAILED"))


@in_database
def test_the_sweep_queues_what_is_due_once(tenant: Integration) -> None:
    set_times(tenant, full=EARLIER, delta=EARLIER)
    woken()

    start_due_syncs()
    start_due_syncs()

    run = SyncRun.objects.get()
    assert (run.type, run.trigger, run.state) == ("FULL", "SCHEDULE", "QUEUED")
    scheduler.sweep()
    assert woken() == [run.pk]


@in_database
def test_a_first_delta_that_is_due_is_a_full_sync(tenant: Integration) -> None:
    start_due_syncs()

    assert SyncRun.objects.get().type == "FULL"
    woken()


@in_database
def test_one_tenant_in_trouble_does_not_keep_the_others_from_being_started(
    tenant: Integration, other_tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tenant may be disabled or deleted between being found due and being started."""
    set_times(other_tenant, full=EARLIER, delta=EARLIER)
    both = [("flatchr:gone", "FULL"), *due(NOW)]
    tenant.enabled = False
    tenant.save()
    monkeypatch.setattr("integrations.sync.schedule.due", lambda _: both)

    start_due_syncs()

    assert [run.integration for run in SyncRun.objects.all()] == [other_tenant]
    woken()


@in_database
def test_one_tenant_that_fails_does_not_keep_the_others_from_being_started(
    tenant: Integration, other_tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_run = runs.queue_run

    def fails_for_one(integration_id: str, **given: Any) -> Any:
        if integration_id == tenant.pk:
            raise ZeroDivisionError
        return queue_run(integration_id, **given)

    monkeypatch.setattr(runs, "queue_run", fails_for_one)
    monkeypatch.setattr(
        "integrations.sync.schedule.due",
        lambda _: [(tenant.pk, "FULL"), (other_tenant.pk, "FULL")],
    )

    start_due_syncs()

    assert [run.integration for run in SyncRun.objects.all()] == [other_tenant]
    woken()


@in_database
def test_a_sync_by_hand_pushes_the_schedule_forward(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    set_times(connected_tenant, full=EARLIER, delta=EARLIER)
    before = timezone.now()

    sync(connected_tenant)

    connected_tenant.refresh_from_db()
    assert connected_tenant.next_full_at is not None
    assert connected_tenant.next_delta_at is not None
    assert connected_tenant.next_full_at >= before + timedelta(minutes=300)
    assert connected_tenant.next_delta_at >= before + timedelta(minutes=30)
    assert due(timezone.now()) == []


@in_database
def test_a_delta_by_hand_leaves_the_full_sync_where_it_was(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    set_times(synced_tenant, full=LATER, delta=EARLIER)

    sync(synced_tenant, "DELTA")

    synced_tenant.refresh_from_db()
    assert synced_tenant.next_full_at == LATER
    assert synced_tenant.next_delta_at is not None
    assert synced_tenant.next_delta_at > EARLIER


@in_database
@pytest.mark.usefixtures("impatient")
def test_a_tenant_whose_sync_failed_is_not_due_at_once(tenant: Integration) -> None:
    set_times(tenant, full=EARLIER, delta=EARLIER)
    run = queue(tenant)

    engine.execute(run.pk)

    run.refresh_from_db()
    assert run.state == "FAILED"
    assert due(timezone.now()) == []


@in_database
def test_the_intervals_are_the_tenants_own(connected_tenant: Integration, settings: Any) -> None:
    Integration.objects.update(full_interval=60 * 24 * 7, delta_interval=60 * 12)
    before = timezone.now()

    sync(connected_tenant)

    connected_tenant.refresh_from_db()
    assert connected_tenant.next_full_at is not None
    assert connected_tenant.next_delta_at is not None
    assert connected_tenant.next_full_at >= before + timedelta(days=3)
    assert connected_tenant.next_delta_at >= before + timedelta(hours=6)
