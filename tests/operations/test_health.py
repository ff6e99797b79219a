"""What probes and monitoring are told of the installation."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.celery import app
from config.version import version
from integrations.models import (
    FlatchrCredentials,
    Integration,
    ProcessHeartbeat,
    ProcessKind,
    RunState,
    SyncRun,
)
from integrations.operations.credentials import CredentialScan
from integrations.operations.health import Status, lanes
from tests.support.provided import free_port
from tests.support.worker import publishing_to

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def process(kind: ProcessKind, pid: int, **fields: Any) -> ProcessHeartbeat:
    given = {
        "id": f"{kind}-{pid}",
        "host": "first.example",
        "version": version(),
        "queues": lanes() if kind is ProcessKind.WORKER else [],
        "started_at": Now(),
        "seen_at": Now(),
        "clock_ahead": 0.01,
    }
    return ProcessHeartbeat.objects.create(kind=kind, pid=pid, **{**given, **fields})


@pytest.fixture
def running(tenant: Integration) -> None:
    """A worker of every queue, a scheduler, and a tenant with nothing due."""
    process(ProcessKind.WORKER, 1)
    process(ProcessKind.SCHEDULER, 2)


def asked(client: Client) -> dict[str, Any]:
    answer = client.get("/healthz")
    found: dict[str, Any] = answer.json()
    assert answer.status_code == (503 if found["status"] == "failed" else 200)
    assert "no-store" in answer["Cache-Control"]
    for check in found["checks"]:
        assert set(check) == {"name", "status", "text", "what_to_do"}
        assert check["text"]
        assert bool(check["what_to_do"]) == (check["status"] != "ok")
    return found


def one(client: Client, name: str) -> dict[str, str]:
    [check] = [check for check in asked(client)["checks"] if check["name"] == name]
    return check


# Probes


def test_the_process_is_alive_without_a_database(client: Client) -> None:
    answer = client.get("/livez")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}
    assert "no-store" in answer["Cache-Control"]


def test_the_site_is_ready_without_workers(client: Client, tenant: Integration) -> None:
    assert client.get("/readyz").status_code == 200


def test_the_site_is_not_ready_while_a_migration_is_missing(client: Client) -> None:
    loader = MigrationLoader(connection)
    [newest] = loader.graph.leaf_nodes("integrations")
    for key in (newest, *loader.disk_migrations[newest].replaces):
        MigrationRecorder(connection).record_unapplied(*key)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["status"] == "1 migration is not applied."
    assert "manage.py migrate" in answer.json()["what_to_do"]
    assert one(client, "migrations")["status"] == "failed"


def test_the_site_is_not_ready_without_its_database(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", refuse)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["status"] == "The database does not answer."
    found = asked(client)
    assert [check["name"] for check in found["checks"]] == ["database", "broker", "disk"]
    assert found["status"] == "failed"


def test_the_site_is_not_ready_with_other_encryption_keys(
    client: Client, running: None, settings: Any
) -> None:
    right = settings.CREDENTIALS_KEYS
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "cannot be decrypted" in answer.json()["status"]
    assert "CREDENTIALS_KEYS" in answer.json()["what_to_do"]
    # All else is looked at as well.
    assert one(client, "scheduler")["status"] == "ok"

    settings.CREDENTIALS_KEYS = right

    assert client.get("/readyz").status_code == 200


def test_probes_from_inside_are_not_sent_to_https(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.get("/healthz").status_code == 503
    assert client.get("/admin/login/").status_code == 301


# Health


def test_all_is_well(client: Client, running: None) -> None:
    found = asked(client)

    assert found["status"] == "ok", found
    names = [check["name"] for check in found["checks"]]
    workers = [f"worker_{lane}" for lane in lanes()]
    assert names == [
        *("database", "migrations", "credentials", *workers, "scheduler"),
        *("due_syncs", "clocks", "versions", "broker", "disk"),
    ]


def test_a_worker_that_is_silent_for_a_minute_serves_nothing(client: Client, running: None) -> None:
    silent = timedelta(seconds=61)
    ProcessHeartbeat.objects.filter(kind=ProcessKind.WORKER).update(seen_at=Now() - silent)

    for lane in lanes():
        assert one(client, f"worker_{lane}")["status"] == "failed"
    assert one(client, "scheduler")["status"] == "ok"


def test_each_queue_needs_a_worker(client: Client, running: None) -> None:
    ProcessHeartbeat.objects.filter(kind=ProcessKind.WORKER).update(queues=["another"])

    assert one(client, f"worker_{lanes()[0]}")["status"] == "failed"


@pytest.mark.parametrize(("schedulers", "status"), [(0, "failed"), (1, "ok"), (2, "warning")])
def test_there_is_one_scheduler(client: Client, schedulers: int, status: str) -> None:
    for pid in range(schedulers):
        process(ProcessKind.SCHEDULER, pid + 10)

    assert one(client, "scheduler")["status"] == status


@pytest.mark.parametrize(("ahead", "status"), [(1, "ok"), (-7, "warning"), (300, "failed")])
def test_clocks_that_are_apart_are_told(
    client: Client, running: None, ahead: float, status: str
) -> None:
    process(ProcessKind.WORKER, 3, clock_ahead=ahead)

    assert one(client, "clocks")["status"] == status


def test_processes_of_two_versions_are_told(client: Client, running: None) -> None:
    process(ProcessKind.WORKER, 3, version="0.0.1")

    check = one(client, "versions")

    assert check["status"] == "warning"
    assert "0.0.1" in check["text"]


@pytest.mark.parametrize(
    ("minutes", "status"), [(0.5, "ok"), (4, "ok"), (12, "warning"), (45, "failed")]
)
def test_a_sync_that_is_due_and_not_begun_is_told(
    client: Client, running: None, tenant: Integration, minutes: float, status: str
) -> None:
    due = timezone.now() - timedelta(minutes=minutes)
    Integration.objects.update(next_delta_at=due)

    check = one(client, "due_syncs")

    assert check["status"] == status
    assert minutes < 1 or f"{minutes} minutes" in check["text"]


def test_a_sync_that_somebody_asked_for_counts_and_one_that_runs_does_not(
    client: Client, running: None, tenant: Integration
) -> None:
    Integration.objects.update(next_delta_at=timezone.now() - timedelta(hours=1))
    run = SyncRun.objects.create(integration=tenant, state=RunState.RUNNING)
    assert one(client, "due_syncs")["status"] == "ok"

    Integration.objects.update(next_delta_at=None)
    run.state = RunState.QUEUED
    run.queued_at = timezone.now() - timedelta(minutes=20)
    run.save()

    assert one(client, "due_syncs")["status"] == "warning"


@pytest.mark.parametrize(
    "left_alone",
    [
        {"enabled": False},
        {"credentials_invalid_at": timezone.now() - timedelta(days=4)},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_tenant_that_is_not_read_is_not_behind(
    client: Client, running: None, tenant: Integration, left_alone: dict[str, Any]
) -> None:
    due = timezone.now() - timedelta(hours=1)
    Integration.objects.update(next_full_at=due, **left_alone)

    assert one(client, "due_syncs")["status"] == "ok"


def test_a_broker_that_is_gone_is_told(client: Client, running: None, tmp_path: Path) -> None:
    with publishing_to(f"redis://127.0.0.1:{free_port()}/0", tmp_path):
        assert one(client, "broker")["status"] == "failed"
    with publishing_to("filesystem://", tmp_path):
        assert one(client, "broker")["status"] == "ok"


def test_a_redis_that_answers_is_well(
    client: Client, running: None, redis_url: str, tmp_path: Path
) -> None:
    with publishing_to(redis_url, tmp_path):
        assert one(client, "broker")["status"] == "ok"


@pytest.mark.parametrize(
    ("free", "status"), [(50 * 1024**3, "ok"), (1024**3, "warning"), (10**6, "failed")]
)
def test_a_disk_that_is_nearly_full_is_told(
    client: Client, running: None, monkeypatch: pytest.MonkeyPatch, free: int, status: str
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))

    assert one(client, "disk")["status"] == status


def test_nobody_is_named(client: Client, running: None, tenant: Integration) -> None:
    Integration.objects.update(next_delta_at=timezone.now() - timedelta(hours=1))
    process(ProcessKind.WORKER, 3, clock_ahead=90, version="0.0.1")

    text = json.dumps(asked(client))

    for secret in (tenant.organization, tenant.pk, "first.example", str(app.conf.broker_url)):
        assert secret not in text


def test_asking_costs_a_few_queries_however_many_tenants_there_are(
    client: Client, running: None, make_tenant: Callable[..., Integration]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert asked(client)["status"] == Status.WARNING
        return len(found)

    due = timezone.now() - timedelta(minutes=10)
    Integration.objects.update(next_delta_at=due)
    few = queries()
    for number in range(10):
        tenant = make_tenant(f"Tenant {number}", next_full_at=due)
        SyncRun.objects.create(integration=tenant)
    SyncRun.objects.update(queued_at=due)

    assert queries() == few
    assert few <= 10


# Keys


def test_one_key_among_many_is_found_by_going_round(
    make_tenant: Callable[..., Integration], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.operations.credentials.PER_LOOK", 2)
    right = settings.CREDENTIALS_KEYS
    tenants = sorted((make_tenant(f"Tenant {n}") for n in range(7)), key=lambda each: each.pk)
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    last = FlatchrCredentials.objects.get(integration=tenants[-1])
    last.api_key = "sealed with another key"
    last.save()
    settings.CREDENTIALS_KEYS = right
    scan = CredentialScan()

    assert [scan.unreadable() for _ in range(6)] == [0, 0, 0, 1, 1, 1]

    last.save()

    assert scan.unreadable() == 0
