"""Webhooks: from the commit of an event to its arrival, and how many a worker delivers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.processors import processor_seconds, told
from tests.bench.receiving import LightReceiver
from tests.bench.stage import Options, Stage
from tests.bench.workers import EMBEDDED, NAMES, celery
from tests.support import redis_server

SINGLE = 60
MANY = 3_000
PATIENCE = 120
NETWORKS = "127.0.0.0/8"


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    """With one worker, a receiver on the same machine, and each broker."""
    stage.environment["EGRESS_ALLOWED_NETWORKS"] = NETWORKS
    with redis_server.provide(install=True) as redis:
        for broker in (EMBEDDED, redis.url):
            stage.environment["CELERY_BROKER_URL"] = broker
            with celery(stage, "worker", "--pool=prefork", "--concurrency=2"):
                yield from _measured(stage, broker)


def kills(stage: Stage, options: Options) -> Iterator[Figure]:
    """Delivering processes killed between a commit and an answer (`killing.py`)."""
    stage.environment["EGRESS_ALLOWED_NETWORKS"] = NETWORKS
    found = stage.measured("killed", str(options.kills)).result
    yield Figure(
        f"events lost in {options.kills} kills of delivering processes",
        stage.database.name,
        "",
        [found["lost"] + found["undelivered"]],
        "0",
        "0",
        note=f"of {found['events']}; {found['repeated']} came more than once, under the same id; "
        f"{found['unknown']} under another, {found['changed']} with another body; "
        f"{found['requests']} requests",
    )


def _measured(stage: Stage, broker: str) -> Iterator[Figure]:
    receiver = LightReceiver()
    name = NAMES.get(broker, "Redis")
    try:
        said = stage.manage("create_webhook", receiver.url, "--json")
        endpoint = json.loads(said.splitlines()[-1])["id"]
        committed = stage.measured("events", str(SINGLE), "0.15").result
        _until_arrived(receiver, SINGLE)
        # What the worker imports once is in the first of them.
        delays = sorted(receiver.arrived[key] - at for key, at in committed.items())[:-1]
        yield Figure(
            f"an event from its commit to its arrival (p95 of {SINGLE}), {name}",
            stage.database.name,
            "ms",
            [delays[int(len(delays) * 0.95)] * 1000],
            "2,000 ms" if broker == EMBEDDED else "500 ms",
        )
        stage.measured("events", str(MANY), "0")
        used, own = processor_seconds(), time.process_time()
        already = len(receiver.arrived)
        _until_arrived(receiver, SINGLE + MANY)
        moments = list(receiver.arrived.values())
        _until_written(stage)
        own = time.process_time() - own
        spent = {key: now - used.get(key, 0.0) for key, now in processor_seconds().items()}
        measured = SINGLE + MANY - already
        yield Figure(
            f"deliveries of one worker to one receiver, {name}",
            stage.database.name,
            "/s",
            [MANY / (max(moments) - min(moments[SINGLE:]))],
            "200 /s",
        )
        yield Figure(
            f"processor time of a delivery, worker and receiver, {name}",
            stage.database.name,
            "ms",
            [(spent["worker"] + own) / measured * 1000],
            "5 ms",
            note=f"of each: {told(spent, each=measured)}, receiver {own / measured * 1000:.1f}; "
            f"{receiver.requests} requests",
        )
        stage.manage("delete_webhook", endpoint)
    finally:
        receiver.stop()


def _until_arrived(receiver: LightReceiver, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(receiver.arrived) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(receiver.arrived)} of {count} events have arrived")
        time.sleep(0.05)


def _until_written(stage: Stage) -> None:
    """Wait until what came of every delivery is stored."""
    while stage.database.query(
        "SELECT 1 FROM integrations_webhookdelivery WHERE state = 'PENDING' LIMIT 1"
    ):
        time.sleep(0.05)
