"""What follows for a tenant when its syncs fail: soon again, later, or as planned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import Integration, RunState, SyncRun
from integrations.sandbox import Sandbox
from integrations.sync import engine, schedule
from integrations.sync.lease import MAX_ATTEMPTS
from integrations.sync.runs import RUNS, start_due_syncs
from integrations.sync.schedule import due, oldest_due
from tests.sync.running import now, queue, sync, woken

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("impatient"),
    pytest.mark.any_database,
]

SECOND = timedelta(seconds=1)
NEVER = timedelta(days=400)


@pytest.fixture(autouse=True)
def nobody_woken() -> None:
    woken()


def failing_sync(tenant: Integration, type: str = "FULL") -> SyncRun:
    run = queue(tenant, type)
    engine.execute(run.pk)
    return now(run)


def pauses(tenant: Integration) -> tuple[timedelta, timedelta]:
    """How long from now until the tenant's next full sync, and its next delta."""
    tenant.refresh_from_db()
    assert tenant.next_full_at is not None
    assert tenant.next_delta_at is not None
    moment = timezone.now()
    return tenant.next_full_at - moment, tenant.next_delta_at - moment


def is_about(pause: timedelta, minutes: float) -> bool:
    return timedelta(minutes=minutes - 1) < pause <= timedelta(minutes=minutes)


FAULTS: dict[str, dict[str, Any]] = {
    "server error": {"status": 500},
    "an answer that nobody can read": {"html": True},
    "too many requests": {"status": 429, "headers": {"Retry-After": "0"}},
}


@pytest.mark.any_database
@pytest.mark.parametrize("fault", FAULTS)
def test_a_full_sync_that_failed_for_a_passing_reason_is_tried_again_after_1_5_and_20_minutes(
    fault: str, synced_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/vacancies$", **FAULTS[fault])
    found = []
    for _ in range(4):
        run = failing_sync(synced_tenant)
        assert run.error_kind
        found.append(pauses(synced_tenant)[0])

    for pause, minutes in zip(found[:3], (1, 5, 20), strict=True):
        assert is_about(pause, minutes)
    assert found[3] > timedelta(hours=4), "From the fourth on it waits for its slot."
    sandbox.faults.clear()
    sync(synced_tenant)
    assert pauses(synced_tenant)[0] > timedelta(hours=4)
    sandbox.faults.add(path="/vacancies$", **FAULTS[fault])
    failing_sync(synced_tenant)
    assert is_about(pauses(synced_tenant)[0], 1), "A sync in between that worked begins anew."


@pytest.mark.any_database
def test_a_delta_that_failed_is_tried_again_as_a_delta(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    full, _ = pauses(synced_tenant)
    sandbox.faults.add(path="/vacancies$", status=503)

    failing_sync(synced_tenant, "DELTA")

    assert is_about(pauses(synced_tenant)[1], 1)
    assert abs(pauses(synced_tenant)[0] - full) < timedelta(minutes=1)


@pytest.mark.any_database
@pytest.mark.parametrize("status", [401, 403])
def test_what_only_a_user_can_put_right_waits_for_its_slot(
    status: int, synced_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/vacancies$", status=status)

    failing_sync(synced_tenant)

    assert pauses(synced_tenant)[0] > timedelta(hours=4)


@pytest.mark.any_database
def test_a_disk_that_is_full_is_no_reason_to_wait_for_hours(
    synced_tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("integrations.sync.engine.clients.open_client", full_disk)

    run = failing_sync(synced_tenant)

    assert (run.state, run.error_kind) == ("FAILED", "internal")
    assert is_about(pauses(synced_tenant)[0], 1)


@pytest.mark.any_database
def test_a_key_that_cannot_be_decrypted_is_not_held_against_the_customer(
    synced_tenant: Integration, settings: Any
) -> None:
    before = settings.CREDENTIALS_KEYS
    settings.CREDENTIALS_KEYS = ["nrK1XBTqPCTfTWk4Y5Ma6pBvvIDKVwqGX0Zb3uE6R3A="]
    found = []
    for _ in range(5):
        run = failing_sync(synced_tenant)
        assert (run.state, run.error_kind) == ("FAILED", "key_unreadable")
        synced_tenant.refresh_from_db()
        assert synced_tenant.credentials_invalid_at is None
        found.append(pauses(synced_tenant)[0])
    assert is_about(found[0], 1), "The right keys may be back in a minute."

    settings.CREDENTIALS_KEYS = before
    Integration.objects.update(next_full_at=timezone.now() - SECOND)
    assert due(timezone.now()) == [(synced_tenant.pk, "FULL")]
    assert sync(synced_tenant).state == "SUCCEEDED"


def die_over(run: SyncRun) -> None:
    SyncRun.objects.filter(pk=run.pk).update(
        state=RunState.RUNNING,
        attempts=MAX_ATTEMPTS,
        lease_owner="dead",
        lease_expires_at=timezone.now() - SECOND,
    )


def test_a_tenant_over_whose_syncs_workers_die_is_left_alone_for_longer_each_time(
    synced_tenant: Integration, caplog: pytest.LogCaptureFixture
) -> None:
    found = []
    for _ in range(7):
        die_over(queue(synced_tenant))
        RUNS.sweep()
        full, delta = pauses(synced_tenant)
        found.append(min(full, delta))
        assert due(timezone.now()) == []

    hours = [round(pause / timedelta(hours=1)) for pause in found]
    assert hours[1:] == [2, 4, 8, 16, 24, 24]
    assert "was given up: workers have died over it 5 times" in caplog.text
    assert sync(synced_tenant).state == "SUCCEEDED"
    assert pauses(synced_tenant)[1] < timedelta(hours=2)


def test_those_that_are_due_longest_come_first(
    make_tenant: Callable[..., Integration], monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = timezone.now()
    ages = {"Nord": (5, NEVER), "Sud": (50, NEVER), "Est": (NEVER, 20), "Ouest": (1, 90)}
    tenants = {}
    for name, (full, delta) in ages.items():
        tenants[name] = make_tenant(name)
        Integration.objects.filter(pk=tenants[name].pk).update(
            next_full_at=ago(moment, full), next_delta_at=ago(moment, delta)
        )
    order = [(tenants[name].pk, kind) for name, kind in ORDER]

    assert due(moment) == order
    assert oldest_due(moment) == moment - timedelta(minutes=90)

    monkeypatch.setattr(schedule, "MOST_QUEUED", 3)
    start_due_syncs()
    assert list(SyncRun.objects.order_by("pk").values_list("integration_id", flat=True)) == [
        key for key, _ in order[:3]
    ]
    assert due(moment) == []


ORDER = [("Ouest", "FULL"), ("Sud", "FULL"), ("Est", "DELTA"), ("Nord", "FULL")]


def ago(moment: Any, minutes: Any) -> Any:
    return moment + NEVER if minutes is NEVER else moment - timedelta(minutes=minutes)


def test_nothing_is_behind_where_nothing_is_due(synced_tenant: Integration) -> None:
    assert oldest_due(timezone.now()) is None
    run = queue(synced_tenant)
    assert oldest_due(timezone.now()) == run.queued_at
