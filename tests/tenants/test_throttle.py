"""The request limit of a tenant, shared by all who ask Flatchr for it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import Integration, RequestBudget
from integrations.sandbox import Sandbox
from integrations.tenants.throttle import take
from tests.sync.running import Background, sync_with_tags

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)


class Time:
    """The present, moved by hand."""

    def __init__(self) -> None:
        self.now = START

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    present = Time()
    monkeypatch.setattr(timezone, "now", lambda: present.now)
    return present


@pytest.fixture(autouse=True)
def limit(settings: Any, no_request_limit: None) -> None:
    settings.FLATCHR_BURST, settings.FLATCHR_RATE = 3, 2.0


def test_a_full_bucket_gives_a_burst_and_then_names_the_wait(
    tenant: Integration, time: Time
) -> None:
    assert [take(tenant.pk) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_a_refused_request_takes_nothing(tenant: Integration, time: Time) -> None:
    for _ in range(3):
        take(tenant.pk)

    assert [take(tenant.pk) for _ in range(3)] == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.25, [0.25]),
        (0.5, [0.0, 0.5]),
        (0.75, [0.0, 0.25]),
        (1.0, [0.0, 0.0, 0.5]),
        (3600, [0.0, 0.0, 0.0, 0.5]),  # never more than the bucket holds
        (-3600, [0.5]),  # a clock that was set back takes nothing away
    ],
)
def test_it_refills_at_the_rate(
    seconds: float, expected: list[float], tenant: Integration, time: Time
) -> None:
    for _ in range(3):
        take(tenant.pk)
    time.forward(seconds)

    assert [take(tenant.pk) for _ in expected] == expected


def test_parts_of_a_token_are_not_lost(tenant: Integration, time: Time) -> None:
    for _ in range(3):
        take(tenant.pk)
    taken = 0
    for _ in range(40):
        time.forward(0.125)
        taken += take(tenant.pk) == 0.0

    assert taken == 10


def test_each_tenant_has_its_own_bucket(
    tenant: Integration, other_tenant: Integration, time: Time
) -> None:
    for _ in range(4):
        take(tenant.pk)

    assert take(other_tenant.pk) == 0.0
    assert RequestBudget.objects.count() == 2


def test_workers_share_the_bucket(tenant: Integration, time: Time) -> None:
    start = threading.Barrier(4)

    def take_two() -> list[float]:
        start.wait(30)
        return [take(tenant.pk), take(tenant.pk)]

    taken = [turn for worker in [Background(take_two) for _ in range(4)] for turn in worker.end()]

    assert sorted(taken) == [0.0] * 3 + [0.5] * 5


def test_a_sync_takes_one_token_for_each_request(
    connected_tenant: Integration, sandbox: Sandbox, settings: Any
) -> None:
    settings.FLATCHR_BURST, settings.FLATCHR_RATE = 1000, 1e-9

    run = sync_with_tags(connected_tenant)

    tokens = RequestBudget.objects.get().tokens
    # Those of the run, and those for the tags after it.
    assert round(1000 - tokens) == len(sandbox.requests) > run.requests
