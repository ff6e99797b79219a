"""Asking for a sync: one run at a time, and none is lost."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from integrations.models import Integration, SyncRun
from integrations.sync import engine
from integrations.sync.runs import RUNS, SyncRefused, request_sync
from integrations.tasks import run_sync
from tests.support.provided import free_port
from tests.support.worker import publishing_to
from tests.sync.running import Background, queue, woken

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture(autouse=True)
def nobody_woken() -> None:
    woken()


def test_a_request_queues_a_run_and_wakes_a_worker(
    connected_tenant: Integration, alice: User
) -> None:
    run, new = request_sync(connected_tenant.pk, user=alice)

    assert new
    assert (run.state, run.type, run.trigger, run.requested_by) == (
        "QUEUED",
        "FULL",
        "MANUAL",
        alice,
    )
    assert woken() == [run.pk]


def test_the_worker_is_woken_when_the_run_is_committed_and_not_before(
    connected_tenant: Integration,
) -> None:
    with transaction.atomic():
        run, _ = request_sync(connected_tenant.pk)
        assert woken() == []

    assert woken() == [run.pk]


def test_a_request_that_is_rolled_back_wakes_nobody(connected_tenant: Integration) -> None:
    with transaction.atomic():
        request_sync(connected_tenant.pk)
        transaction.set_rollback(True)

    assert woken() == []
    assert not SyncRun.objects.exists()


@pytest.mark.any_database
def test_the_task_of_a_worker_runs_the_run(connected_tenant: Integration) -> None:
    run, _ = request_sync(connected_tenant.pk)
    woken()

    run_sync(run.pk)

    run.refresh_from_db()
    assert run.state == "SUCCEEDED"


def test_a_second_request_returns_the_live_run(connected_tenant: Integration) -> None:
    first, _ = request_sync(connected_tenant.pk)

    second, new = request_sync(connected_tenant.pk, type="DELTA")

    assert (second, new) == (first, False)
    assert SyncRun.objects.count() == 1
    assert woken() == [first.pk]


def test_requests_at_the_same_moment_are_one_run(connected_tenant: Integration) -> None:
    start = threading.Barrier(4)

    def press() -> tuple[SyncRun, bool]:
        start.wait(30)
        return request_sync(connected_tenant.pk)

    pressed = [button.end() for button in [Background(press) for _ in range(4)]]

    assert SyncRun.objects.count() == 1
    assert len({run.pk for run, _ in pressed}) == 1
    assert sorted(new for _, new in pressed) == [False, False, False, True]
    assert len(woken()) == 1


def test_a_request_after_the_end_is_a_new_run(connected_tenant: Integration) -> None:
    first = queue(connected_tenant)
    engine.execute(first.pk)

    second, new = request_sync(connected_tenant.pk)

    assert new
    assert second.pk != first.pk
    woken()


@pytest.mark.any_database
def test_a_disabled_tenant_is_refused_in_words(connected_tenant: Integration) -> None:
    Integration.objects.update(enabled=False)

    with pytest.raises(SyncRefused, match="Enable it first"):
        request_sync(connected_tenant.pk)

    assert not SyncRun.objects.exists()


@pytest.mark.any_database
def test_a_tenant_without_credentials_is_refused_in_words(connected_tenant: Integration) -> None:
    connected_tenant.credentials.delete()  # type: ignore[attr-defined]

    with pytest.raises(SyncRefused, match="credentials"):
        request_sync(connected_tenant.pk)

    assert not SyncRun.objects.exists()


@pytest.mark.any_database
def test_with_the_broker_down_a_run_is_queued_all_the_same_and_woken_later(
    connected_tenant: Integration, tmp_path: Path
) -> None:
    with publishing_to(f"redis://127.0.0.1:{free_port()}/0", tmp_path):
        run, new = request_sync(connected_tenant.pk)
        RUNS.sweep()

    assert new
    assert SyncRun.objects.get().state == "QUEUED"
    assert woken() == []
    SyncRun.objects.update(queued_at=timezone.now() - timedelta(minutes=1))

    RUNS.sweep()

    assert woken() == [run.pk]


@pytest.mark.any_database
def test_with_the_embedded_brokers_folder_gone_a_run_is_queued_all_the_same(
    connected_tenant: Integration, tmp_path: Path
) -> None:
    with publishing_to("filesystem://", tmp_path):
        for name in ("messages", "control"):
            (tmp_path / "broker" / name).rmdir()
        (tmp_path / "broker").rmdir()
        (tmp_path / "broker").write_text("a file where a folder should be")
        request_sync(connected_tenant.pk)

    assert SyncRun.objects.get().state == "QUEUED"
