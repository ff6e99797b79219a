"""What Prometheus reads, and that the board and the alerts ask for nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families

from integrations.models import ExportState, Integration, RunState, Submission, SyncRun
from integrations.operations.counts import merge_dead_counts
from integrations.operations.metrics import exposition
from integrations.sync import engine
from tests.support.worker import ROOT, Worker
from tests.sync.running import queue, wait_until

MONITORING = ROOT / "docs" / "monitoring"
TOKEN = "a token for tests"
# Words of PromQL that are followed by a bracket, and labels.
NAME = re.compile(r"\brelais_\w+")


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """The value of each series."""
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def value(name: str, **labels: str) -> float:
    found = samples(exposition().decode())
    return found.get((name, tuple(sorted(labels.items()))), 0.0)


# Who may read them


@pytest.mark.django_db
def test_there_is_no_page_without_a_token(client: Client) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"]
)
def test_only_who_sends_the_token_reads_them(client: Client, settings: Any, sent: str) -> None:
    settings.METRICS_TOKEN = TOKEN

    refused = client.get("/metrics", headers={"Authorization": sent})

    assert refused.status_code == 401
    assert b"relais" not in refused.content
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    assert "relais_check" in answer.content.decode()


# What they say


@pytest.mark.django_db(transaction=True)
def test_a_sync_and_a_submission_are_counted(connected_tenant: Integration, settings: Any) -> None:
    settings.FLATCHR_BURST = 100_000
    ended = {"type": "FULL", "state": "SUCCEEDED"}
    before = value("relais_sync_runs_total", **ended)
    asked = sum(
        number
        for (name, _), number in samples(exposition().decode()).items()
        if name == "relais_flatchr_requests_total"
    )

    run = queue(connected_tenant)
    assert engine.execute(run.pk)
    run.refresh_from_db()

    assert value("relais_sync_runs_total", **ended) == before + 1
    now = sum(
        number
        for (name, _), number in samples(exposition().decode()).items()
        if name == "relais_flatchr_requests_total"
    )
    assert now - asked == run.requests


@pytest.mark.django_db
def test_a_request_to_the_api_is_counted_by_its_route(client: Client) -> None:
    labels = {"method": "GET", "route": "(no route)", "status": "401"}
    before = value("relais_api_request_seconds_count", **labels)

    client.get("/v1/ats/candidates/nobody-knows-this?email=x")
    client.generic("BREW", "/v1/ats/candidates")

    assert value("relais_api_request_seconds_count", **labels) == before + 1
    assert "BREW" not in exposition().decode()
    assert "nobody-knows-this" not in exposition().decode()


@pytest.mark.django_db
def test_what_waits_is_told(tenant: Integration, make_tenant: Callable[..., Integration]) -> None:
    SyncRun.objects.create(integration=tenant)
    SyncRun.objects.update(queued_at=timezone.now() - timedelta(minutes=7))
    SyncRun.objects.create(integration=make_tenant("Second"), state=RunState.RUNNING)
    SyncRun.objects.create(integration=make_tenant("Third"), state=RunState.FAILED)
    for state in ("QUEUED", "QUEUED", "UNCERTAIN", "FAILED"):
        Submission.objects.create(integration=tenant, state=state)

    assert value("relais_jobs", kind="sync", state="QUEUED") == 1
    assert value("relais_jobs", kind="sync", state="RUNNING") == 1
    assert value("relais_jobs", kind="submission", state="QUEUED") == 2
    assert value("relais_jobs", kind="submission", state="UNCERTAIN") == 1
    assert value("relais_jobs", kind="export", state=ExportState.QUEUED.value) == 0
    assert value("relais_syncs_behind_seconds") == pytest.approx(7 * 60, abs=30)
    assert value("relais_check", check="due_syncs") == 1
    assert value("relais_check", check="scheduler") == 2
    if connection.vendor == "postgresql":
        assert value("relais_database_connections") >= 1
        assert value("relais_database_connections_limit") > 1


@pytest.mark.django_db
def test_no_label_names_a_tenant(tenant: Integration, client: Client) -> None:
    SyncRun.objects.create(integration=tenant)

    text = exposition().decode()

    assert tenant.organization not in text
    assert tenant.pk not in text


# Of several processes

SCRAPE = """
import django
django.setup()
from integrations.operations.metrics import exposition
print(exposition().decode())
"""


@pytest.mark.django_db(transaction=True)
def test_what_a_worker_counts_is_read_by_another_process(
    connected_tenant: Integration,
    make_worker: Callable[..., Worker],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("METRICS_TOKEN", TOKEN)
    worker = make_worker("filesystem://", "--pool", "prefork", "--concurrency", "1")
    from integrations.sync.runs import request_sync

    run, _ = request_sync(connected_tenant.pk)
    wait_until(lambda: not SyncRun.objects.get(pk=run.pk).is_live)

    def counted() -> bool:
        done = subprocess.run(
            [sys.executable, "-c", SCRAPE],
            cwd=ROOT,
            env=worker.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        found = samples(done.stdout)
        labels = (("state", SyncRun.objects.get(pk=run.pk).state), ("type", "FULL"))
        return found.get(("relais_sync_runs_total", labels)) == 1

    wait_until(counted)
    assert list((tmp_path / "metrics").glob("counter_*.db"))


COUNT = """
import os, sys
from prometheus_client import Counter
counter = Counter("relais_things", "Things.", ["kind"])
counter.labels("a").inc(int(sys.argv[1]))
"""


def test_the_counts_of_processes_that_are_gone_are_kept_in_one_file(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for things in ("3", "4"):
        subprocess.run([sys.executable, "-c", COUNT, things], env=environment, cwd=ROOT, check=True)
    MmapedDict(str(tmp_path / f"histogram_{os.getpid()}.db")).close()
    assert len(list(tmp_path.glob("counter_*.db"))) == 2

    def things() -> float:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(tmp_path))
        return samples(generate_latest(registry).decode())["relais_things_total", (("kind", "a"),)]

    assert things() == 7
    for _again in range(2):
        merge_dead_counts(tmp_path)
        assert things() == 7

    files = {file.name for file in tmp_path.iterdir()}
    assert files == {"counter_0.db", f"histogram_{os.getpid()}.db"}


# The board and the alerts


@pytest.fixture
def known(db: None) -> set[str]:
    """The names of all metrics, those of histograms and of PostgreSQL included."""
    names = {"relais_database_connections", "relais_database_connections_limit"}
    for family in text_string_to_metric_families(exposition().decode()):
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
        names |= {family.name + ending for ending in endings.get(family.type, [""])}
    # Not those that a single process adds of itself, such as when it began to count.
    return {name for name in names if name.startswith("relais_") and not name.endswith("_created")}


def test_each_metric_of_the_alerts_exists(known: set[str]) -> None:
    text = (MONITORING / "alerts.yml").read_text()
    used = set(NAME.findall(re.sub(r"#.*", "", text)))

    assert used
    assert used <= known


def test_each_alert_says_what_to_do() -> None:
    text = (MONITORING / "alerts.yml").read_text()
    alerts = text.split("- alert: ")[1:]

    assert len(alerts) > 5
    for alert in alerts:
        for part in ("expr:", "for:", "severity:", "summary:", "what_to_do:"):
            assert part in alert


def test_each_metric_of_the_board_exists_and_each_metric_is_on_it(known: set[str]) -> None:
    board = json.loads((MONITORING / "grafana.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    used = {name for query in queries for name in NAME.findall(query)}

    assert used <= known
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in known}
    assert families <= {re.sub(r"_(bucket|count|sum)$", "", name) for name in used}
    places = [tuple(panel["gridPos"].values()) for panel in board["panels"]]
    assert len(set(places)) == len(places)


def test_each_metric_is_documented(known: set[str]) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()

    for name in known:
        assert re.sub(r"_(bucket|count|sum)$", "", name) in page, name
