"""Stopping a run: at once when it waits, soon when it works, and nothing is deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import Integration, SyncRun
from integrations.sandbox import Sandbox
from integrations.sync import engine
from integrations.sync.lease import claim
from integrations.sync.runs import request_cancel
from tests.sync.rows import every_row
from tests.sync.running import (
    all_counts,
    let_lease_run_out,
    now,
    queue,
    run_in_background,
    sync,
    wait_until,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

SEARCH = "/search/applicants$"


@pytest.fixture(autouse=True)
def quick_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.sync.lease.HEARTBEAT_SECONDS", 0.05)


def test_a_run_that_waits_is_cancelled_at_once(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run = queue(connected_tenant)

    request_cancel(run.pk)

    found = now(run)
    assert (found.state, found.attempts) == ("CANCELLED", 0)
    assert found.ended_at is not None
    assert engine.execute(run.pk) is False
    assert len(sandbox.requests) == 0


def test_a_run_that_reads_stops_and_keeps_what_it_has(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    before = every_row(synced_tenant)
    sandbox.remove_vacancy(sandbox.vacancies()[0]["id"])
    sandbox.faults.add(path=SEARCH, delay=60)
    run = queue(synced_tenant)
    worker = run_in_background(run)
    wait_until(lambda: now(run).phase == "applications")

    request_cancel(run.pk)
    worker.end()

    found = now(run)
    assert (found.state, found.error_kind, found.phase) == ("CANCELLED", "", "")
    assert found.ended_at is not None
    changed = {key[0] for key, row in every_row(synced_tenant).items() if row != before[key]}
    assert changed == {"Job", "JobStage"}, "what was read whole before is kept"
    assert not run.results.get(model="applications").complete


def test_a_run_that_waits_on_a_429_shows_it_and_stops(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=SEARCH, status=429, headers={"Retry-After": "90"})
    run = queue(connected_tenant)
    worker = run_in_background(run)
    wait_until(lambda: now(run).waiting_reason != "")
    found = now(run)
    assert found.waiting_reason == "Flatchr said 429"
    assert found.phase == "applications"
    assert found.waiting_until is not None
    assert found.waiting_until - timezone.now() < timedelta(seconds=91)

    request_cancel(run.pk)
    worker.end()

    found = now(run)
    assert (found.state, found.waiting_reason, found.waiting_until) == ("CANCELLED", "", None)


def test_a_run_that_keeps_to_our_own_limit_shows_it_and_stops(
    connected_tenant: Integration, settings: Any
) -> None:
    settings.FLATCHR_BURST, settings.FLATCHR_RATE = 3, 0.01
    run = queue(connected_tenant)
    worker = run_in_background(run)
    wait_until(lambda: now(run).waiting_reason != "")
    assert now(run).waiting_reason == "keeping to the request limit for Flatchr"

    request_cancel(run.pk)
    worker.end()

    assert (now(run).state, now(run).requests) == ("CANCELLED", 3)


def test_a_run_that_is_cancelled_while_its_worker_is_dead_is_not_begun_again(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run = queue(connected_tenant)
    assert claim(run.pk) is not None
    request_cancel(run.pk)
    let_lease_run_out(run)

    assert engine.execute(run.pk) is True

    assert now(run).state == "CANCELLED"
    assert len(sandbox.requests) == 0


def test_cancelling_a_run_that_has_ended_changes_nothing(synced_tenant: Integration) -> None:
    before = SyncRun.objects.values().get()

    request_cancel(before["id"])

    assert SyncRun.objects.values().get() == before


def test_a_cancelled_run_makes_way_for_the_next(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    request_cancel(queue(connected_tenant).pk)

    assert sync(connected_tenant).state == "SUCCEEDED"


def test_a_run_that_takes_too_long_is_stopped_and_says_so(
    synced_tenant: Integration, settings: Any
) -> None:
    before = every_row(synced_tenant)
    settings.SYNC_MAX_SECONDS = 0

    run = sync(synced_tenant)

    assert (run.state, run.error_kind) == ("TIMED_OUT", "timed_out")
    assert "longer than it may" in run.error_message
    assert every_row(synced_tenant) == before
    assert {figures.get("deleted", 0) for figures in all_counts(run).values()} == {0}


def test_a_run_interrupted_at_the_keyboard_is_cancelled(
    connected_tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("integrations.flatchr.reader.FlatchrReader.tags", interrupt)

    assert sync(connected_tenant).state == "CANCELLED"
