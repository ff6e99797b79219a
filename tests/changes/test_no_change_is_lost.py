"""No change is lost: copies that are kept in step by every documented way end as the lists are.

A client reads between the stamp and the commit of every transaction that changes records, which is
where one that goes by `changed_at` alone would miss it; others read at the first sign of a change,
now and then, and by the feed. In the end every copy has to be what the lists have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random

import pytest
from django.db import connections

from integrations.api.reads.scope import ReadScope
from integrations.changes import batches
from integrations.changes.models import MODELS
from integrations.models import ChangeBatch, Integration
from integrations.sandbox import Sandbox
from tests.changes.copies import Follower, Poller, as_listed, own, told
from tests.sync.rows import TABLES
from tests.sync.running import sync
from tests.sync.test_random_changes import CHANGES, Company

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 12


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=3, applicants=6)


@contextmanager
def reading_before_each_commit(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], None]
) -> Iterator[None]:
    """Inside, `read` is called on another connection when a transaction has written all that it
    has to, and before it is committed.
    """
    next_number = batches.next_number
    with ThreadPoolExecutor(1) as reader, monkeypatch.context() as patched:
        # Connected beforehand: on SQLite that waits for whoever writes.
        reader.submit(read).result(60)

        def reading(integration_id: str) -> int:
            number = next_number(integration_id)
            reader.submit(read).result(60)
            return number

        patched.setattr(batches, "next_number", reading)
        yield
        reader.submit(connections.close_all).result(60)


def stamps_without_batch(tenant: Integration) -> list[str]:
    """Rows whose `changed_at` is in no batch: somebody has written them past the recording."""
    return [
        f"{table.__name__} {row.pk}"
        for table in TABLES
        for row in table.objects.filter(integration=tenant).only("pk", "changed_at")
        if not ChangeBatch.objects.filter(
            integration=tenant, model=MODELS[table], changed_at=row.changed_at
        ).exists()
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_every_copy_ends_as_the_lists_are(
    seed: int,
    connected_tenant: Integration,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = Random(seed)
    scope = ReadScope(connected_tenant.pk)
    company = Company(sandbox)
    worst, follower_at_worst = Poller(scope), Follower(scope)
    first_sign, now_and_then, follower = Poller(scope), Poller(scope), Follower(scope)

    def at_the_worst_moment() -> None:
        worst.read()
        follower_at_worst.read()

    with reading_before_each_commit(monkeypatch, at_the_worst_moment):
        for number in range(ROUNDS):
            for _ in range(random.randrange(1, 5)):
                step = random.choice(CHANGES)
                step(company, random.randrange(12), random.randrange(12))
            sync(connected_tenant, random.choice(("FULL", "FULL", "DELTA")) if number else "FULL")
            first_sign.read()
            follower.read()
            if number % 3 == 0:
                now_and_then.read()
    assert stamps_without_batch(connected_tenant) == []
    expected = as_listed(scope)
    for client in (worst, first_sign, now_and_then):
        client.read()
        assert told(client.copy) == told(expected)
    for client in (follower, follower_at_worst):
        client.read()
        assert own(client.copy) == own(expected)
    assert sum(len(rows) for rows in expected.values()) > 20
