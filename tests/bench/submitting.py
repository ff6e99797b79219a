"""Submissions: how many a second, and what a large CV takes in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.request import Request, urlopen

from tests.bench.figures import Figure
from tests.bench.stage import Options, Stage, sandbox
from tests.bench.workers import _wait, celery

SUBMISSIONS = 100
THREADS = 4
ANSWER_SECONDS = 0.2
LARGE = 10 * 1024**2


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    """Through a real worker with threads, and a Flatchr that takes its time for each request."""
    with sandbox(applicants=50, vacancies=4) as address:
        # The limit on requests would be the figure: a submission takes three of ten a second.
        stage.environment |= {"FLATCHR_BURST": "100000", "FLATCHR_RATE": "100000"}
        tenant = stage.connect(address)
        stage.manage("sync", tenant, "--json")
        yield from _memory(stage, tenant, options)
        _slow_down(address)
        rates = [_rate(stage, tenant) for _ in range(options.runs)]
    yield Figure(
        f"submissions a second, {THREADS} worker threads",
        stage.database.name,
        "/s",
        rates,
        note=f"three requests each, answered in {ANSWER_SECONDS * 1000:.0f} ms: "
        f"{THREADS / ANSWER_SECONDS / 3:.1f}/s is what the waiting allows",
    )


def _memory(stage: Stage, tenant: str, options: Options) -> Iterator[Figure]:
    # What the first use imports is no part of what a CV takes.
    small = [_submit_and_send(stage, tenant, 2_000) for _ in range(options.runs)]
    large = [_submit_and_send(stage, tenant, LARGE) for _ in range(options.runs)]
    for place, what in enumerate(("submitting", "sending")):
        base = min(report[place].peak_mb for report in small)
        yield Figure(
            f"memory that a CV of 10 MB takes, {what}",
            stage.database.name,
            "MB",
            [max(0.0, report[place].peak_mb - base) for report in large],
            note=f"above a CV of 2 KB, whose process takes {base:.0f} MB; "
            f"{min(report[place].seconds for report in large):.2f} s",
        )


def _submit_and_send(stage: Stage, tenant: str, size: int) -> tuple[Any, Any]:
    submitted = stage.measured("submit_cv", tenant, str(size))
    sent = stage.measured("send", submitted.result)
    if sent.result != "SUCCEEDED":
        raise RuntimeError(f"The submission is {sent.result}")
    return submitted, sent


def _rate(stage: Stage, tenant: str) -> float:
    ended = "SELECT count(*) FROM integrations_submission WHERE state = 'SUCCEEDED'"
    ((before,),) = stage.database.query(ended)
    stage.measured("queue_submissions", tenant, str(SUBMISSIONS))
    started = datetime.now(UTC)
    with celery(stage, "worker", "--pool=threads", f"--concurrency={THREADS}"):
        _wait(stage, f"{ended} HAVING count(*) >= {before + SUBMISSIONS}")
    ((first,), (last,)) = (
        stage.database.query(question.replace("?", f"'{started:%Y-%m-%d %H:%M:%S}'"))[0]
        for question in (
            "SELECT min(started_at) FROM integrations_submissionattempt WHERE started_at > ?",
            "SELECT max(ended_at) FROM integrations_submission WHERE ended_at > ?",
        )
    )
    return SUBMISSIONS / (_moment(last) - _moment(first)).total_seconds()


def _moment(value: Any) -> datetime:
    """A moment as the database gives it: SQLite has text, in UTC."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _slow_down(address: str) -> None:
    body = json.dumps({"delay": ANSWER_SECONDS}).encode()
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"{address}/_sandbox/faults", body, headers)):  # noqa: S310
        pass
