"""Which runs are kept, and for how long; the log's share of each tenant; short transactions."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from integrations.database import batched_writes
from integrations.models import (
    HeldDeletion,
    HoldDecision,
    HttpExchange,
    Integration,
    ModelResult,
    QuarantinedRecord,
    RunState,
    SyncRun,
    SyncType,
    SyncWarning,
    TagProgress,
    Trigger,
)
from integrations.operations import free_pages
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.scheduler import retain
from integrations.tenants.exchange_recorder import is_sampled
from tests.sync.running import sync

pytestmark = pytest.mark.django_db(transaction=True)


def made(tenant: Integration, days: float, **fields: Any) -> SyncRun:
    """A run of so many days ago, that changed nothing unless `changed` names figures."""
    changed = fields.pop("changed", {})
    given = {
        "type": SyncType.DELTA,
        "trigger": Trigger.SCHEDULE,
        "state": RunState.SUCCEEDED,
        **fields,
    }
    run = SyncRun.objects.create(integration=tenant, **given)
    SyncRun.objects.filter(pk=run.pk).update(queued_at=timezone.now() - timedelta(days=days))
    ModelResult.objects.bulk_create(
        ModelResult(run=run, model=model, seen=9, **changed) for model in Model
    )
    SyncWarning.objects.create(run=run, model="jobs", code="odd", count=1)
    return run


@pytest.fixture
def newest(connected_tenant: Integration) -> Any:
    """Called last: what each tenant has anyway, a full run and a newer delta."""

    def add() -> set[int]:
        full = made(connected_tenant, 0.5, type=SyncType.FULL)
        return {full.pk, made(connected_tenant, 0.1).pk}

    return add


def kept() -> set[int]:
    return set(SyncRun.objects.values_list("pk", flat=True))


def test_a_run_is_kept_for_its_time_by_what_it_did(
    connected_tenant: Integration, newest: Any
) -> None:
    def run(days: float, **fields: Any) -> SyncRun:
        return made(connected_tenant, days, **fields)

    gone = [
        run(91, type=SyncType.FULL),
        run(90.5, state=RunState.FAILED),
        run(90.5, changed={"created": 1}),
        run(90.5, changed={"updated": 1}),
        run(7.1),
        run(7.1, type=SyncType.FULL),
    ]
    stay = [
        run(89, state=RunState.FAILED),
        run(89, changed={"created": 1}),
        run(89, changed={"deleted": 2}),
        run(89, trigger=Trigger.MANUAL),
        run(6.9),
    ]
    stayed = {one.pk for one in stay} | newest()

    retain()

    assert kept() == stayed
    assert not ModelResult.objects.filter(run__in=[one.pk for one in gone]).exists()
    assert ModelResult.objects.count() == len(stayed) * len(Model)
    assert SyncWarning.objects.count() == len(stayed)


def test_what_others_point_at_is_kept_however_old(
    connected_tenant: Integration, newest: Any, settings: Any
) -> None:
    settings.RUN_KEEP_DAYS = 10
    holding = made(connected_tenant, 400, type=SyncType.FULL, state=RunState.PARTIALLY_FAILED)
    HeldDeletion.objects.create(run=holding, model="jobs", record_id="one")
    decided = made(connected_tenant, 390, type=SyncType.FULL)
    HoldDecision.objects.create(run=decided, choice="KEPT", records=1)
    with_tags = made(connected_tenant, 380)
    TagProgress.objects.update_or_create(integration=connected_tenant, defaults={"run": with_tags})
    # The history of records leads to runs that changed some, for as long as it is kept itself.
    in_history = made(connected_tenant, 89, changed={"updated": 1})
    created_only = made(connected_tenant, 89, changed={"created": 1})
    stayed = {holding.pk, decided.pk, with_tags.pk, in_history.pk} | newest()

    retain()

    assert kept() == stayed
    assert created_only.pk not in stayed


def test_a_tenants_newest_runs_stay_however_old(
    connected_tenant: Integration, make_tenant: Any
) -> None:
    """The newest, the newest full one, and the newest full one that went well."""
    other = make_tenant()
    made(connected_tenant, 500, type=SyncType.FULL)
    stayed = {
        made(connected_tenant, 400, type=SyncType.FULL).pk,
        made(connected_tenant, 390, type=SyncType.FULL, state=RunState.FAILED).pk,
        made(other, 380, type=SyncType.FULL).pk,
        made(connected_tenant, 370, state=RunState.QUEUED).pk,
    }

    retain()

    assert kept() == stayed


def test_runs_are_kept_for_good_with_zero_days(
    connected_tenant: Integration, newest: Any, settings: Any
) -> None:
    settings.RUN_KEEP_DAYS = settings.RUN_UNCHANGED_KEEP_DAYS = 0
    made(connected_tenant, 5000)
    newest()
    before = kept()

    retain()

    assert kept() == before


# The log of requests


def exchanges(tenant: Integration, count: int, **fields: Any) -> list[int]:
    rows = HttpExchange.objects.bulk_create(
        HttpExchange(
            key=f"{fields.get('status')}{tenant.pk[-8:]}{number}",
            integration=tenant,
            started_at=timezone.now(),
            method="GET",
            host="host",
            path="/path",
            **fields,
        )
        for number in range(count)
    )
    return [row.pk for row in rows]


def test_a_tenant_keeps_its_newest_requests_that_went_well_and_all_that_failed(
    connected_tenant: Integration, make_tenant: Any, settings: Any
) -> None:
    settings.EXCHANGE_MAX_EACH = 30
    other = make_tenant()
    failed = exchanges(connected_tenant, 50, status=503, error="server_error")
    unanswered = exchanges(connected_tenant, 10, error="unreachable")
    well = exchanges(connected_tenant, 95, status=200)
    of_other = exchanges(other, 30, status=200)

    retain()

    left = set(HttpExchange.objects.values_list("pk", flat=True))
    assert left == {*failed, *unanswered, *well[-30:], *of_other}


def test_a_run_keeps_a_sample_of_what_went_well_and_all_that_failed(
    connected_tenant: Integration, sandbox: Sandbox, settings: Any
) -> None:
    settings.EXCHANGE_FIRST, settings.EXCHANGE_SAMPLE = 2, 4
    sandbox.faults.add(path="/columns$", status=503, times=1)

    run = sync(connected_tenant)

    # Tags are read after it.
    received = list(sandbox.requests)[: run.requests]
    assert len(received) == run.requests > 8
    wanted = [
        (one.method, one.path, one.status)
        for number, one in enumerate(received, 1)
        if is_sampled(number) or one.status == 503
    ]
    recorded = run.exchanges.order_by("started_at", "id")
    assert [(one.method, one.path.partition("?")[0], one.status) for one in recorded] == wanted
    assert 503 in {status for *_, status in wanted}
    assert len(wanted) < len(received)


# Batches


def test_many_rows_are_deleted_in_short_transactions_between_which_others_write(
    connected_tenant: Integration,
) -> None:
    """Another writer is never kept waiting for as long as all the batches take together."""
    run = made(connected_tenant, 0)
    QuarantinedRecord.objects.bulk_create(
        (
            QuarantinedRecord(run=run, model="jobs", reason="Odd.", raw="x" * 500)
            for _ in range(9000)
        ),
        batch_size=1000,
    )
    waits: list[float] = []
    over = threading.Event()

    def write_now_and_then() -> None:
        try:
            while not over.is_set():
                began = time.monotonic()
                with transaction.atomic():
                    SyncRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now())
                waits.append(time.monotonic() - began)
        finally:
            connection.close()

    other = threading.Thread(target=write_now_and_then)
    other.start()
    try:
        written = batched_writes.delete(QuarantinedRecord.objects.all())
    finally:
        over.set()
        other.join()

    assert written.rows == 9000
    assert written.transactions > 5
    assert len(waits) > written.transactions / 2
    assert not QuarantinedRecord.objects.exists()


def test_what_was_committed_stays_when_a_later_batch_fails(connected_tenant: Integration) -> None:
    exchanges(connected_tenant, 300, status=200)
    calls = []

    def fail_the_second_time(batch: Any) -> int:
        calls.append(batch)
        deleted: int = batch.delete()[0]
        if len(calls) == 2:
            raise RuntimeError("It cannot be deleted.")
        return deleted

    with pytest.raises(RuntimeError, match="cannot be deleted"):
        batched_writes.in_batches(HttpExchange.objects.all(), fail_the_second_time)

    assert HttpExchange.objects.count() == 300 - batched_writes.FIRST_SIZE


def test_rows_that_stay_selected_end_it(connected_tenant: Integration) -> None:
    exchanges(connected_tenant, 3, status=200)

    with pytest.raises(RuntimeError, match="still selected"):
        batched_writes.update(HttpExchange.objects.all(), method="POST")


def test_free_pages_go_back_to_the_disk(connected_tenant: Integration, monkeypatch: Any) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's autovacuum keeps its own house")
    monkeypatch.setattr(free_pages, "LEFT", 10)
    run = made(connected_tenant, 0)
    QuarantinedRecord.objects.bulk_create(
        QuarantinedRecord(run=run, model="jobs", reason="Odd.", raw="x" * 4000) for _ in range(2000)
    )
    large = pages()
    batched_writes.delete(QuarantinedRecord.objects.all())
    assert pages() == large

    given_back = free_pages.give_back()

    assert pages() <= large - 2000
    assert given_back.transactions > 1
    assert free_pages.give_back().rows == 0


def pages() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        return int(cursor.fetchone()[0])
