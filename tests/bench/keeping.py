"""Clients that keep copies while syncs find random edits: what of each is missing or stale.

Each is a thread with a connection of its own, which reads all the time, every second, every five
seconds, at the first sign of a change, or by the feed. After each sync every one reads once more,
and its copy is compared with the lists: what it missed while the sync was committing is missing
then, as it will not be told of it again.
"""

from __future__ import annotations

import threading
from random import Random
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections

from integrations.api.reads.scope import ReadScope
from integrations.changes import batches
from integrations.models import FlatchrCredentials, FlatchrSettings, Integration, RunState
from integrations.sandbox import Sandbox
from tests.changes.copies import Copy, Follower, Poller, as_listed, own, told
from tests.sync.running import sync
from tests.sync.test_random_changes import CHANGES, Company

SEED = 18
# Seconds from one look of a client to the next.
LOOKS = {
    "back to back": 0.0,
    "every second": 1.0,
    "every 5 seconds": 5.0,
    "at the first sign": 0.02,
    "over the feed": 0.02,
}


class Client:
    """A copy that is read in a thread until `stop`."""

    def __init__(self, name: str, scope: ReadScope) -> None:
        self.name = name
        self.reads = self.missing = self.stale = 0
        self._reader: Any = Follower(scope) if name == "over the feed" else Poller(scope)
        self._shown = own if name == "over the feed" else told
        self._scope = scope
        self._seen = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def read(self) -> None:
        with self._lock:
            self._reader.read()
            self.reads += 1

    def compare(self, expected: Copy) -> None:
        """Count what is missing, or not as the lists have it."""
        with self._lock:
            has, wanted = self._shown(self._reader.copy), self._shown(expected)
        for model, rows in wanted.items():
            self.missing += len(rows.keys() - has[model].keys())
            self.stale += sum(has[model].get(pk, row) != row for pk, row in rows.items())

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _go_on(self) -> None:
        try:
            while not self._over.wait(LOOKS[self.name]):
                if self.name == "at the first sign":
                    number = batches.last_number(self._scope.integration_id)
                    if number == self._seen:
                        continue
                    self._seen = number
                self.read()
                close_old_connections()
        except BaseException as error:
            self.failure = error
        finally:
            connections.close_all()


def watched(rounds: int) -> dict[str, Any]:
    """What became of each client's copy; in a process that has Django on the bench's database."""
    random = Random(SEED)
    sandbox = Sandbox(vacancies=3, applicants=6).start()
    settings.FLATCHR_ENDPOINTS["sandbox"].update(api_url=sandbox.url, careers_url=sandbox.url)
    tenant = _connect(sandbox)
    company = Company(sandbox)
    sync(tenant)
    scope = ReadScope(tenant.pk)
    clients = [Client(name, scope) for name in LOOKS]
    edits = compared = 0
    try:
        for _ in range(rounds):
            for _ in range(random.randrange(1, 5)):
                random.choice(CHANGES)(company, random.randrange(12), random.randrange(12))
                edits += 1
            run = sync(tenant, random.choice(("FULL", "DELTA")))
            if run.state not in (RunState.SUCCEEDED, RunState.PARTIALLY_FAILED):
                raise RuntimeError(f"the sync has ended as {run.state}: {run.error_message}")
            expected = as_listed(scope)
            compared += sum(map(len, expected.values()))
            for client in clients:
                client.read()
                client.compare(expected)
    finally:
        for client in clients:
            client.stop()
        sandbox.stop()
    return {
        "clients": {one.name: (one.reads, one.missing, one.stale) for one in clients},
        "edits": edits,
        "compared": compared,
    }


def _connect(sandbox: Sandbox) -> Integration:
    tenant = Integration.objects.create(organization="Atelier Nord", environment="sandbox")
    FlatchrCredentials.objects.create(
        integration=tenant,
        api_key=sandbox.api_key,
        company_key=sandbox.company_key,
        slug=sandbox.slug,
    )
    FlatchrSettings.objects.create(integration=tenant)
    return tenant
