"""Webhooks: from the commit of an event to its arrival, and how many a worker delivers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.stage import Options, Stage
from tests.bench.workers import EMBEDDED, NAMES, celery
from tests.support import redis_server
from tests.support.receiver import Receiver

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


def _measured(stage: Stage, broker: str) -> Iterator[Figure]:
    receiver = Receiver()
    name = NAMES.get(broker, "Redis")
    try:
        said = stage.manage("create_webhook", receiver.url, "--json")
        endpoint = json.loads(said.splitlines()[-1])["id"]
        committed = stage.measured("events", str(SINGLE), "0.15").result
        arrived = _arrivals(receiver, SINGLE)
        # What the worker imports once is in the first of them.
        delays = sorted(arrived[key] - at for key, at in committed.items())[:-1]
        yield Figure(
            f"an event from its commit to its arrival (p95 of {SINGLE}), {name}",
            stage.database.name,
            "ms",
            [delays[int(len(delays) * 0.95)] * 1000],
            "2,000 ms" if broker == EMBEDDED else "500 ms",
        )
        receiver.received.clear()
        stage.measured("events", str(MANY), "0")
        _arrivals(receiver, MANY)
        moments = [got.at for got in receiver.received]
        yield Figure(
            f"deliveries of one worker to one receiver, {name}",
            stage.database.name,
            "/s",
            [len(moments) / (max(moments) - min(moments))],
            "200 /s",
        )
        stage.manage("delete_webhook", endpoint)
    finally:
        receiver.stop()


def _arrivals(receiver: Receiver, count: int) -> dict[str, float]:
    """When each event came first, by its id."""
    deadline = time.monotonic() + PATIENCE
    while len({got.event["id"] for got in list(receiver.received)}) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(receiver.received)} of {count} events have arrived")
        time.sleep(0.05)
    found: dict[str, float] = {}
    for got in receiver.received:
        found.setdefault(got.event["id"], got.at)
    return found
