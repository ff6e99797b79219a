"""The heartbeats of processes: real ones, and what is kept of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F
from django.db.models.functions import Now

from config.version import version
from integrations.models import ProcessHeartbeat, ProcessKind
from integrations.operations.heartbeats import Heartbeat, clock_ahead, processes
from tests.support.worker import ROOT, Worker
from tests.sync.running import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heartbeat() -> Iterator[Heartbeat]:
    made = Heartbeat(ProcessKind.WORKER, version="1.2.3", queues=["syncs", "now"])
    made.start()
    yield made
    made.stop()


def reported(kind: ProcessKind) -> ProcessHeartbeat:
    wait_until(ProcessHeartbeat.objects.filter(kind=kind).exists)
    return ProcessHeartbeat.objects.get(kind=kind)


def test_a_process_reports_itself_and_is_forgotten_when_it_ends(heartbeat: Heartbeat) -> None:
    reported(ProcessKind.WORKER)
    [process] = processes()

    assert (process.kind, process.pid) == (ProcessKind.WORKER, os.getpid())
    assert process.queues == ("now", "syncs")
    assert process.version == "1.2.3"
    assert process.is_alive
    assert abs(process.clock_ahead or 0) < 1

    heartbeat.stop()

    assert processes() == []


def test_another_report_changes_the_one_row(heartbeat: Heartbeat) -> None:
    first = reported(ProcessKind.WORKER)
    ProcessHeartbeat.objects.update(seen_at=F("seen_at") - timedelta(seconds=50))

    heartbeat.report()

    again = reported(ProcessKind.WORKER)
    assert (again.pk, again.started_at) == (first.pk, first.started_at)
    assert again.seen_at >= first.seen_at


def test_who_is_silent_is_dead_after_a_minute_and_forgotten_after_an_hour(
    heartbeat: Heartbeat,
) -> None:
    reported(ProcessKind.WORKER)
    for pid, minutes in ((1, 2), (2, 61)):
        ProcessHeartbeat.objects.create(
            id=f"{pid}",
            kind=ProcessKind.SCHEDULER,
            host="elsewhere",
            pid=pid,
            version="0",
            started_at=Now(),
            seen_at=Now() - timedelta(minutes=minutes),
        )

    heartbeat.report()

    assert {(found.pid, found.is_alive) for found in processes()} == {
        (1, False),
        (os.getpid(), True),
    }


def test_the_clocks_of_one_machine_agree() -> None:
    _now, ahead = clock_ahead()

    assert ahead is not None
    assert abs(ahead) < 1


@pytest.mark.any_database
def test_a_worker_and_the_scheduler_report_themselves_until_they_are_stopped(
    make_worker: Callable[..., Worker], tmp_path: Path
) -> None:
    worker = make_worker("filesystem://", "--concurrency", "1", "-Q", "syncs,tags")
    row = reported(ProcessKind.WORKER)
    assert row.version == version()
    assert (row.pid, row.queues) == (worker.pid, ["syncs", "tags"])

    command = [sys.executable, "-m", "celery", "-A", "config", "beat", "--pidfile="]
    environment = {**worker.environment, "DATA_DIR": str(tmp_path)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as scheduler:
        try:
            assert reported(ProcessKind.SCHEDULER).pid == scheduler.pid
            scheduler.send_signal(signal.SIGTERM)
            scheduler.wait(30)
        finally:
            scheduler.kill()

    assert not ProcessHeartbeat.objects.filter(kind=ProcessKind.SCHEDULER).exists()

    worker.stop()

    assert not ProcessHeartbeat.objects.exists()
