"""Webhooks with a real worker and broker: soon, beside a long job, and nothing lost with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from integrations import jobs
from integrations.models import (
    DeliveryState,
    Integration,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from integrations.sandbox import Sandbox
from integrations.sync.runs import request_sync
from integrations.webhooks import endpoints, outbox
from integrations.webhooks.queue import DELIVERIES
from tests.conftest import MakeTenant
from tests.support.receiver import Receiver, Reply
from tests.support.worker import Worker
from tests.sync.running import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = 6
# `python -m tests.bench kills` kills more often.
ROUNDS = 2


@pytest.fixture
def start_worker(make_worker: Callable[..., Worker], monkeypatch: Any) -> Callable[..., Worker]:
    monkeypatch.setenv("EGRESS_ALLOWED_NETWORKS", "127.0.0.0/8")
    return make_worker


def unfinished() -> bool:
    return WebhookDelivery.objects.exclude(state=DeliveryState.DELIVERED).exists()


@pytest.mark.any_database
def test_changes_are_told_of_while_the_sync_that_makes_them_goes_on(
    receiver: Receiver,
    make_sandbox: Callable[..., Sandbox],
    make_tenant: MakeTenant,
    start_worker: Callable[..., Worker],
) -> None:
    sandbox = make_sandbox(vacancies=4, applicants=6)
    tenant = make_tenant(sandbox=sandbox)
    endpoints.create_endpoint(url=receiver.url, events=["data-changed"])
    # The one place for long jobs is the sync's, which waits for Flatchr's applicants for longer
    # than anything here takes.
    sandbox.faults.add(path="/search/applicants", delay=300)
    start_worker("filesystem://", "--pool", "prefork", "--concurrency", "2")
    run, _ = request_sync(tenant.pk)
    wait_until(lambda: bool(receiver.types))
    assert receiver.types == ["data-changed"]
    run.refresh_from_db()
    assert run.ended_at is None


def test_a_killed_worker_loses_nothing_and_repeats_under_the_same_id(
    receiver: Receiver, tenant: Integration, start_worker: Callable[..., Worker]
) -> None:
    endpoint, _ = endpoints.create_endpoint(url=receiver.url)
    worker = start_worker()
    for _ in range(ROUNDS):
        seen = len(receiver.received)
        receiver.reply = Reply(delay=30)
        for _ in range(EVENTS):
            outbox.integration_created(tenant)
        # Committed, sent and not answered.
        wait_until(lambda seen=seen: len(receiver.received) > seen)  # type: ignore[misc]
        worker.kill()
        receiver.reply = Reply()
        WebhookEndpoint.objects.update(lease_expires_at=jobs.now() - timedelta(seconds=1))
        worker.start()
        DELIVERIES.wake(endpoint.pk)
        wait_until(lambda: not unfinished())
    ids = Counter(event["id"] for event in receiver.events)
    assert set(ids) == set(WebhookDelivery.objects.values_list("event_id", flat=True))
    assert len(ids) == ROUNDS * EVENTS
    # What was answered to nobody was sent again.
    assert max(ids.values()) == 2
    assert WebhookAttempt.objects.count() == ROUNDS * EVENTS
