"""Every request is on record, and no secret is anywhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.utils import timezone

from integrations.flatchr.exchange_log import Exchange
from integrations.models import HttpExchange, Integration, SyncRun
from integrations.sandbox import Sandbox
from integrations.sync import engine
from integrations.sync.lease import RunLease, claim
from integrations.sync.recorder import RunRecorder
from tests.sync.people import add
from tests.sync.running import Background, queue, sync, sync_with_tags

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("impatient"),
    pytest.mark.any_database,
]


def test_a_request_is_noted_without_waiting_for_the_batch_that_is_being_written(
    connected_tenant: Integration,
) -> None:
    """The thread that reads ahead notes requests; a batch has hold of the run's row meanwhile."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets one writer in at a time; see the next test")
    run, lease, recorder = taken_up(connected_tenant)
    with transaction.atomic():
        lease.renew()
        Background(lambda: note(recorder, "first")).end(seconds=20)
        run.refresh_from_db()
        assert (run.exchanges.count(), run.requests) == (1, 0)

    note(recorder, "second")

    run.refresh_from_db()
    assert (run.exchanges.count(), run.requests) == (2, 2)


def test_a_request_is_noted_at_the_latest_when_the_batch_is_written(
    connected_tenant: Integration,
) -> None:
    run, lease, recorder = taken_up(connected_tenant)
    with transaction.atomic():
        lease.renew()
        noting = Background(lambda: note(recorder, "first"))
    noting.end(seconds=20)

    assert run.exchanges.count() == 1


def taken_up(tenant: Integration) -> tuple[SyncRun, RunLease, RunRecorder]:
    lease = claim(queue(tenant).pk)
    assert lease is not None
    run = SyncRun.objects.get()
    return run, lease, RunRecorder(run, lease)


def note(recorder: RunRecorder, key: str) -> None:
    recorder.exchange(Exchange(key, "GET", "host", "/path", 1, timezone.now(), {}, ""))
    recorder.flush()


@pytest.mark.any_database
def test_every_request_is_recorded_as_flatchr_received_it(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run = queue(connected_tenant)
    assert engine.execute(run.pk)
    run.refresh_from_db()

    recorded = list(run.exchanges.order_by("started_at", "id"))
    received = list(sandbox.requests)
    assert run.requests == len(recorded) == len(received)
    assert [(one.method, one.path.partition("?")[0], one.status) for one in recorded] == [
        (one.method, one.path, one.status) for one in received
    ]
    for one in recorded:
        assert one.integration_id == connected_tenant.pk
        assert one.duration is not None
        assert one.duration > 0
        assert (one.attempt, one.error) == (1, "")
        assert one.bytes_received >= len("[]")
        assert one.host == sandbox.url.removeprefix("http://")


@pytest.mark.any_database
def test_queries_and_bodies_are_recorded(connected_tenant: Integration, sandbox: Sandbox) -> None:
    run = sync(connected_tenant)

    paths = set(run.exchanges.values_list("path", flat=True))
    listed = f"/company/{sandbox.company_key}/vacancies?fields=address%2Ctags%2Citems"
    assert {listed, f"{listed}&status=0"} <= paths
    searches = run.exchanges.filter(method="POST").order_by("id")
    assert list(searches.values_list("request_body", flat=True)) == ["{}", '{"status": 0}']
    assert searches[0].response_body.startswith('[{"applicant":')


@pytest.mark.any_database
def test_attempts_that_failed_are_recorded_with_their_reason(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/columns$", status=503, times=1)
    sandbox.faults.add(path="/columns$", reset=True, times=1)

    run = sync(connected_tenant)

    attempts = run.exchanges.filter(path__endswith="/columns").order_by("attempt")
    assert list(attempts.values_list("attempt", "status", "error")) == [
        (1, 503, "server_error"),
        (2, None, "unreachable"),
        (3, 200, ""),
    ]
    assert run.state == "SUCCEEDED"


@pytest.mark.any_database
def test_no_table_holds_the_key(connected_tenant: Integration, sandbox: Sandbox) -> None:
    """Not even when Flatchr sends it back in a header, a body and a name."""
    key = sandbox.api_key
    add(sandbox, "Ada", "ada@example.org")
    sync(connected_tenant)
    sandbox.faults.add(
        path="/tags$", status=500, headers={"X-Echo": key}, content=f"You sent Bearer {key}."
    )
    sandbox.faults.add(path="/traits$", status=400, content={"key": key})
    run = sync_with_tags(connected_tenant)
    assert run.state == "PARTIALLY_FAILED"

    assert HttpExchange.objects.filter(path__contains="/traits", status=400).exists()
    assert HttpExchange.objects.filter(response_body__contains="You sent").exists()
    assert HttpExchange.objects.filter(request_headers__has_key="Authorization").exists()
    for model in apps.get_models(include_auto_created=True):
        for text in everything_in(model):
            assert key not in text, model
            assert key.split(".")[-1] not in text, model


def everything_in(model: type[models.Model]) -> list[str]:
    """The columns of all rows, as they are in the database."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {quote(model._meta.db_table)}")  # noqa: S608
        return [text_of(value) for row in cursor for value in row]


def text_of(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value)
