"""Delivering processes killed between a commit and an answer: what was lost, what came twice.

Each round queues some events and forks a process that delivers. It is killed at a moment drawn from
a seed after the receiver has had the first request of the round. Its lease is made to run out at
once, and the next process goes on. In the end one is left to finish.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connections

from integrations import jobs
from integrations.models import (
    DeliveryState,
    Integration,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from integrations.webhooks import catalogue, endpoints, outbox
from integrations.webhooks.delivery import deliver_due

SEED = 18
EVENTS = 6
# Seconds within which the receiver answers, and within which a process is killed.
ANSWER, KILL = 0.03, 0.06
PATIENCE = 60.0


def killed(kills: int) -> dict[str, Any]:
    """What became of the events; in a process that has Django on the bench's database."""
    random = Random(SEED)
    tenant = Integration.objects.create(organization="Atelier Nord", environment="sandbox")
    with TemporaryDirectory() as folder:
        log = Path(folder) / "received"
        log.touch()
        server = _receiver(log)
        receiver = _forked(server.serve_forever)
        url = f"http://127.0.0.1:{server.server_port}/"
        # The process that was forked goes on listening.
        server.server_close()
        try:
            endpoints.create_endpoint(url=url, events=[catalogue.INTEGRATION_CREATED])
            for _ in range(kills):
                for _ in range(EVENTS):
                    outbox.integration_created(tenant)
                _kill_one(log, random.uniform(0, KILL))
            _finish()
        finally:
            os.kill(receiver, signal.SIGKILL)
            os.waitpid(receiver, 0)
        received = [json.loads(line) for line in log.read_text().splitlines()]
    times = Counter(event_id for event_id, _ in received)
    bodies = {(event_id, digest) for event_id, digest in received}
    wanted = set(WebhookEvent.objects.values_list("pk", flat=True))
    states = Counter(WebhookDelivery.objects.values_list("state", flat=True))
    return {
        "events": len(wanted),
        "lost": len(wanted - times.keys()),
        "unknown": len(times.keys() - wanted),
        "undelivered": sum(states.values()) - states[DeliveryState.DELIVERED],
        "repeated": sum(count > 1 for count in times.values()),
        "requests": len(received),
        "changed": len(bodies) - len(times),
    }


def _kill_one(log: Path, after: float) -> None:
    """Fork a process that delivers, and kill it so long after its first request has arrived."""
    before = log.stat().st_size
    process = _forked(deliver_due)
    deadline = time.monotonic() + PATIENCE
    while log.stat().st_size == before:
        if time.monotonic() > deadline:
            raise TimeoutError("nothing was delivered")
        time.sleep(0.001)
    time.sleep(after)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    WebhookEndpoint.objects.exclude(lease_expires_at=None).update(
        lease_expires_at=jobs.now() - timedelta(seconds=1)
    )


def _finish() -> None:
    """Deliver what is left, what a receiver that was cut off is tried again with included."""
    deadline = time.monotonic() + PATIENCE
    left = WebhookDelivery.objects.filter(state=DeliveryState.PENDING)
    while left.exists():
        if time.monotonic() > deadline:
            return
        left.update(next_attempt_at=jobs.now())
        os.waitpid(_forked(deliver_due), 0)


def _forked(work: Callable[[], object]) -> int:
    """Do `work` in a process of its own, which has no thread of this one's; its id."""
    connections.close_all()
    process = os.fork()
    if process:
        return process
    try:
        work()
    finally:
        os._exit(0)


def _receiver(log: Path) -> ThreadingHTTPServer:
    """Notes each event's id and the digest of its body, then answers, some time later."""
    random = Random(SEED + 1)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            line = json.dumps([self.headers["webhook-id"], sha256(body).hexdigest()]) + "\n"
            with log.open("a") as file:
                file.write(line)
            time.sleep(random.uniform(0, ANSWER))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A process that was killed hears no answer."""

    return Server(("127.0.0.1", 0), Handler)
