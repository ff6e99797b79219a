"""A fleet: many tenants due at once, and how soon a submission goes out meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from statistics import quantiles

from tests.bench.figures import Figure
from tests.bench.processors import processor_seconds, told
from tests.bench.stage import Options, Stage, sandbox
from tests.bench.workers import EMBEDDED, NAMES, celery
from tests.support import redis_server

APPLICANTS = 100
SUBMISSIONS = 30
PAUSE_SECONDS = 1.0
ENDED_DELTAS = "type = 'DELTA' AND ended_at IS NOT NULL"


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    """One worker with two processes; every tenant is due when it starts."""
    with (
        redis_server.provide(install=True) as redis,
        sandbox(applicants=APPLICANTS, vacancies=4) as address,
    ):
        for broker in (EMBEDDED, redis.url):
            stage.fresh()
            stage.environment |= {
                "CELERY_BROKER_URL": broker,
                "FLATCHR_BURST": "100000",
                "FLATCHR_RATE": "100000",
            }
            tenant = stage.connect(address)
            stage.manage("sync", tenant, "--json")
            stage.measured("fleet", tenant, str(options.tenants))
            yield from _under_load(stage, tenant, options, NAMES.get(broker, "Redis"))


def deltas(stage: Stage, options: Options) -> Iterator[Figure]:
    """Deltas of small tenants of which nothing has changed, with the tags that are due after them;
    one worker with two processes.
    """
    with (
        redis_server.provide(install=True) as redis,
        sandbox(applicants=APPLICANTS, vacancies=4) as address,
    ):
        stage.fresh()
        stage.environment |= {
            "CELERY_BROKER_URL": redis.url,
            "FLATCHR_BURST": "100000",
            "FLATCHR_RATE": "100000",
        }
        stage.measured("synced_fleet", stage.connect(address, tags=True), str(options.tenants))
        ((before,),) = stage.database.query("SELECT max(id) FROM integrations_syncrun")
        ended = f"id > {before} AND {ENDED_DELTAS}"
        with ExitStack() as stack:
            stack.enter_context(celery(stage, "worker", "--pool=prefork", "--concurrency=2"))
            stack.enter_context(celery(stage, "beat", f"--schedule={stage.folder / 'beat'}"))
            # What the worker imports once is in the first ones.
            while not (warm := _count(stage, ended)):
                time.sleep(PAUSE_SECONDS)
            used = processor_seconds()
            # Seldom, as each look costs PostgreSQL a connection.
            while _count(stage, ended) < options.tenants or _count_tags(stage):
                time.sleep(PAUSE_SECONDS)
            now = processor_seconds()
        measured = options.tenants - warm
        spent = {name: now[name] - seconds for name, seconds in used.items()}
        ((first, last, requests),) = stage.database.query(
            "SELECT min(started_at), max(ended_at), max(requests) FROM integrations_syncrun"  # noqa: S608
            f" WHERE {ended}"
        )
        ((tags,),) = stage.database.query(
            "SELECT count(*) FROM integrations_traitreading WHERE read_at > "  # noqa: S608
            f"(SELECT min(started_at) FROM integrations_syncrun WHERE {ended})"
        )
    seconds = (_time(last) - _time(first)).total_seconds()
    yield Figure(
        f"processor time of an unchanged delta of {APPLICANTS} applicants with its tags",
        stage.database.name,
        "ms",
        [sum(spent.values()) / measured * 1000],
        # 170 of them in a minute of two processors.
        "700 ms",
        note=f"of each: {told(spent, each=measured)}",
    )
    yield Figure(
        f"unchanged deltas of tenants with {APPLICANTS} applicants, tags on, Redis",
        stage.database.name,
        "a minute",
        [options.tenants / seconds * 60],
        "170",
        note=f"{options.tenants} in {seconds:.1f} s; {requests} requests each at most, and {tags} "
        "for tags",
    )


def _under_load(stage: Stage, tenant: str, options: Options, broker: str) -> Iterator[Figure]:
    with ExitStack() as stack:
        stack.enter_context(celery(stage, "worker", "--pool=prefork", "--concurrency=2"))
        stack.enter_context(celery(stage, "beat", f"--schedule={stage.folder / 'beat'}"))
        began = time.monotonic()
        stage.measured("submit_each", tenant, str(SUBMISSIONS), str(PAUSE_SECONDS))
        behind = stage.measured("seconds_behind").result
        elapsed = time.monotonic() - began
        ended = _count(stage, "state <> 'QUEUED' AND ended_at IS NOT NULL AND trigger = 'SCHEDULE'")
        waits = [
            (_time(sent) - _time(queued)).total_seconds() * 1000
            for queued, sent in stage.database.query(
                "SELECT queued_at, sent_at FROM integrations_submission WHERE sent_at IS NOT NULL"
            )
        ]
    name = stage.database.name
    yield Figure(
        f"a submission until its request, {options.tenants} syncs waiting, {broker}",
        name,
        "ms",
        waits,
        "2,000 ms",
        "2,000 ms",
        note=f"of {SUBMISSIONS}, {len(waits)} went out; "
        f"95 % within {quantiles(waits, n=20)[-1]:.0f} ms",
    )
    yield Figure(
        f"first syncs of tenants with {APPLICANTS} applicants, tags off, {broker}",
        name,
        "a minute",
        [ended / elapsed * 60],
        note=f"{behind:.0f} s behind after {elapsed:.0f} s",
    )


def _count(stage: Stage, condition: str) -> int:
    ((found,),) = stage.database.query(
        f"SELECT count(*) FROM integrations_syncrun WHERE {condition}"  # noqa: S608
    )
    return int(found)


def _count_tags(stage: Stage) -> int:
    """Tenants of which tags are still to be read."""
    ((found,),) = stage.database.query(
        "SELECT count(*) FROM integrations_tagprogress WHERE due_at IS NOT NULL"
    )
    return int(found)


def _time(value: object) -> datetime:
    """A moment as the database gives it: SQLite has text, in UTC."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
