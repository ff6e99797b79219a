"""What an application is told of a hundred thousand changes: one event in 30 seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import pairwise

from tests.bench.figures import Figure
from tests.bench.receiving import LightReceiver
from tests.bench.stage import Options, Stage, sandbox
from tests.bench.workers import celery

NETWORKS = "127.0.0.0/8"
WINDOW = timedelta(seconds=30)
PATIENCE = 60
POLL = 0.5


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    """A full sync that finds every applicant changed, with a worker that tells of it meanwhile."""
    stage.environment["EGRESS_ALLOWED_NETWORKS"] = NETWORKS
    receiver = LightReceiver()
    with sandbox(applicants=options.applicants, vacancies=options.vacancies) as address:
        tenant = stage.connect(address)
        stage.measured("read_whole", tenant)
        stage.manage("create_webhook", receiver.url, "--events", "data-changed", "--json")
        # As if Flatchr had something else of each of them now.
        stage.database.query(
            "UPDATE integrations_application SET fingerprint = NULL, content_hash = NULL"
        )
        run = stage.measured("queue", tenant).result
        with ExitStack() as stack:
            stack.enter_context(celery(stage, "worker", "--pool=prefork", "--concurrency=2"))
            stack.enter_context(celery(stage, "beat", f"--schedule={stage.folder / 'beat'}"))
            _until_told(stage, run, receiver)
    receiver.stop()
    ((started, ended),) = stage.database.query(
        f"SELECT started_at, ended_at FROM integrations_syncrun WHERE id = {run}"  # noqa: S608
    )
    ((changed,),) = stage.database.query(
        f"SELECT sum(updated) FROM integrations_modelresult WHERE run_id = {run}"  # noqa: S608
    )
    told = [
        _time(at)
        for (at,) in stage.database.query(
            "SELECT created_at FROM integrations_webhookevent"
            " WHERE type = 'data-changed' ORDER BY created_at"
        )
    ]
    apart = [(after - before).total_seconds() for before, after in pairwise(told)]
    yield Figure(
        f"events `data-changed` of {changed:,} changed records",
        stage.database.name,
        "",
        [len(told)],
        "one in 30 s",
        note=f"the sync took {(_time(ended) - _time(started)).total_seconds():.0f} s; events at "
        f"least {min(apart, default=0):.1f} s apart; {receiver.requests} requests; the last "
        f"{(told[-1] - _time(ended)).total_seconds():.1f} s after the sync's end",
    )


def _until_told(stage: Stage, run: int, receiver: LightReceiver) -> None:
    """Wait until the run has ended and the event after its last change has arrived."""
    while not stage.database.query(
        f"SELECT 1 FROM integrations_syncrun WHERE id = {run} AND ended_at IS NOT NULL"  # noqa: S608
    ):
        time.sleep(POLL)
    deadline = time.monotonic() + WINDOW.total_seconds() + PATIENCE
    while time.monotonic() < deadline:
        ((events,),) = stage.database.query("SELECT count(*) FROM integrations_webhookevent")
        ((waits,),) = stage.database.query(
            "SELECT count(*) FROM integrations_webhookprogress WHERE due_at IS NOT NULL"
        )
        if events and not waits and len(receiver.arrived) == events:
            return
        time.sleep(POLL)
    raise TimeoutError(f"{len(receiver.arrived)} of {events} events have arrived")


def _time(value: object) -> datetime:
    """A moment as the database gives it: SQLite has text, in UTC."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
