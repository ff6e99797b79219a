"""Real workers: how soon they begin, and how soon one takes over from another that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure
from tests.bench.stage import ROOT, Options, Stage, sandbox
from tests.support import redis_server

POLL = 0.02
PATIENCE = 180
EMBEDDED = "filesystem://"
NAMES = {EMBEDDED: "embedded broker"}
CELERY = [sys.executable, "-m", "celery", "-A", "config"]


def press(stage: Stage, options: Options) -> Iterator[Figure]:
    """From the press of "Sync now" in the browser to the run's first request to Flatchr."""
    stage.manage("collectstatic", "--no-input", "--verbosity", "0")
    with redis_server.provide(install=True) as redis, _small_sandbox(stage) as tenant:
        for broker in (EMBEDDED, redis.url):
            stage.environment["CELERY_BROKER_URL"] = broker
            with celery(stage, "worker", "--pool=prefork", "--concurrency=1"):
                # The first press also waits for what the worker imports once.
                values = [_pressed(stage, tenant) for _ in range(3 * options.runs + 1)][1:]
            yield Figure(
                f"press of “Sync now” to the first request, {NAMES.get(broker, 'Redis')}",
                stage.database.name,
                "ms",
                [value * 1000 for value in values],
                "300 ms" if broker == EMBEDDED else "50 ms",
                "1,500 ms",
            )


def recovery(stage: Stage, options: Options) -> Iterator[Figure]:
    """From the death of a worker to the first heartbeat of the next, which starts at once."""
    with sandbox(applicants=options.applicants, vacancies=options.vacancies) as address:
        tenant = stage.connect(address)
        with celery(stage, "beat", f"--schedule={stage.folder / 'beat'}"):
            values = [_recovered(stage, tenant) for _ in range(options.runs)]
    yield Figure(
        "a killed worker's run goes on",
        stage.database.name,
        "s",
        values,
        "60 s",
        "90 s",
        "embedded broker, killed while it reads applicants",
    )


@contextmanager
def _small_sandbox(stage: Stage) -> Iterator[str]:
    with sandbox(applicants=50, vacancies=4) as address:
        yield stage.connect(address)


def _pressed(stage: Stage, tenant: str) -> float:
    ((before,),) = stage.database.query("SELECT max(id) FROM integrations_syncrun")
    pressed = stage.measured("press", f"/admin/integrations/integration/{tenant}/sync/").result
    (run,) = _wait(
        stage,
        f"SELECT id FROM integrations_syncrun WHERE id > {before or 0} AND ended_at IS NOT NULL",  # noqa: S608
    )
    ((first,),) = stage.database.query(
        f"SELECT min(started_at) FROM integrations_httpexchange WHERE run_id = {run}"  # noqa: S608
    )
    return _moment(first).timestamp() - float(pressed)


def _recovered(stage: Stage, tenant: str) -> float:
    with celery(stage, "worker", "--pool=prefork", "--concurrency=1") as worker:
        stage.measured("queue", tenant)
        (run,) = _wait(
            stage,
            "SELECT id FROM integrations_syncrun WHERE phase = 'applications' AND ended_at IS NULL",
        )
        os.killpg(worker.pid, signal.SIGKILL)
        killed = datetime.now(UTC)
    question = f"SELECT heartbeat_at FROM integrations_syncrun WHERE id = {run} "  # noqa: S608
    with celery(stage, "worker", "--pool=prefork", "--concurrency=1"):
        (beat,) = _wait(stage, f"{question} AND attempts = 2")
        _wait(stage, f"{question} AND ended_at IS NOT NULL")
    return (_moment(beat) - killed).total_seconds()


def _wait(stage: Stage, question: str) -> tuple[Any, ...]:
    """The first row of the answer, once there is one."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if rows := stage.database.query(question):
            return rows[0]
        time.sleep(POLL)
    raise TimeoutError(question)


def _moment(value: Any) -> datetime:
    """A moment as the database gives it: SQLite has text, in UTC."""
    return (
        value if isinstance(value, datetime) else datetime.fromisoformat(value).replace(tzinfo=UTC)
    )


@contextmanager
def celery(stage: Stage, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery process; a worker is ready for work when the block begins."""
    log = stage.folder / f"{arguments[0]}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*CELERY, *arguments, "--loglevel=INFO"],
            cwd=ROOT,
            env={**os.environ, **stage.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _until_ready(process, log, b" ready." if arguments[0] == "worker" else b"Starting")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _until_ready(process: subprocess.Popen[bytes], log: Path, sign: bytes) -> None:
    deadline = time.monotonic() + 60
    while sign not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Celery did not start:\n{log.read_text()[-2000:]}")
        time.sleep(POLL)
