"""Delivering to real receivers: what counts, what is tried again and when, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations import jobs
from integrations.accounts.api_keys import create_key
from integrations.models import (
    AuditEntry,
    DeliveryState,
    EndpointState,
    Event,
    Integration,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from integrations.webhooks import delivery, endpoints, outbox, replay, sending
from integrations.webhooks.delivery import deliver_due
from tests.support.receiver import Receiver, Reply
from tests.sync.running import Background, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def endpoint_at(receiver: Receiver, **given: Any) -> WebhookEndpoint:
    return endpoints.create_endpoint(url=receiver.url, **given)[0]


def queue(tenant: Integration | None, times: int = 1) -> None:
    for _ in range(times):
        assert tenant is not None
        outbox.integration_created(tenant)


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def let_time_pass(how_long: timedelta) -> None:
    """As if everything had happened so much earlier."""
    for model, names in (
        (WebhookDelivery, ("next_attempt_at", "created_at", "ended_at")),
        (WebhookEndpoint, ("failing_since", "held_until", "lease_expires_at")),
    ):
        for row in model._default_manager.all():
            for name in names:
                if getattr(row, name) is not None:
                    setattr(row, name, getattr(row, name) - how_long)
            row.save()


def test_an_event_arrives_and_leaves_a_log(receiver: Receiver, tenant: Integration) -> None:
    endpoint_at(receiver)
    queue(tenant)
    deliver_due()
    [got] = receiver.received
    assert got.type == "integration-created"
    assert got.path == "/hook"
    assert got.headers["Content-Type"] == "application/json"
    delivery = only()
    assert delivery.state == DeliveryState.DELIVERED
    assert delivery.last_status == 200
    attempt = WebhookAttempt.objects.get()
    assert attempt.number == 1
    assert attempt.status == 200
    assert attempt.response_body == "ok"
    assert attempt.request_headers["webhook-id"] == delivery.event_id == got.event["id"]
    assert 0 < attempt.duration < 15


def test_nothing_is_stored_that_nobody_asks_for(
    receiver: Receiver, tenant: Integration, other_tenant: Integration
) -> None:
    endpoint_at(receiver, events=["sync-finished"])
    endpoint_at(receiver, integrations=[other_tenant])
    assert outbox.integration_created(tenant) is None
    assert not WebhookEvent.objects.exists()


def test_an_event_goes_with_the_transaction_that_made_it(
    receiver: Receiver, tenant: Integration
) -> None:
    endpoint_at(receiver)
    with transaction.atomic():
        queue(tenant)
        assert WebhookEvent.objects.exists()
        transaction.set_rollback(True)
    deliver_due()
    assert not receiver.received
    assert not WebhookEvent.objects.exists()


def test_each_endpoint_gets_what_it_chose_of_its_tenants(
    receiver: Receiver, slow_receiver: Receiver, tenant: Integration, other_tenant: Integration
) -> None:
    endpoint_at(receiver, integrations=[tenant])
    endpoint_at(slow_receiver)
    queue(tenant)
    queue(other_tenant)
    deliver_due()
    assert [event["data"]["id"] for event in receiver.events] == [tenant.pk]
    assert {event["data"]["id"] for event in slow_receiver.events} == {tenant.pk, other_tenant.pk}


@pytest.mark.parametrize("status", [201, 202, 204, 299])
def test_any_2xx_counts(receiver: Receiver, tenant: Integration, status: int) -> None:
    receiver.reply = Reply(status, body=b"")
    endpoint_at(receiver)
    queue(tenant)
    deliver_due()
    assert only().state == DeliveryState.DELIVERED


@pytest.mark.parametrize(
    ("reply", "status", "error"),
    [
        (Reply(500), 500, ""),
        (Reply(404), 404, ""),
        (Reply(301, headers={"Location": "http://127.0.0.1:1/"}), 301, ""),
        (Reply(drop=True), None, "cut_short"),
        # Dates that no clock has.
        (Reply(503, headers={"Retry-After": f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT"}), 503, ""),
        (Reply(503, headers={"Retry-After": f"Mon, 01 Jan 2024 00:00:00 +{'9' * 20}"}), 503, ""),
    ],
)
def test_what_does_not_count_is_tried_again(
    receiver: Receiver, tenant: Integration, reply: Reply, status: int | None, error: str
) -> None:
    receiver.reply = reply
    endpoint_at(receiver)
    queue(tenant)
    deliver_due()
    delivery = only()
    assert (delivery.state, delivery.last_status, delivery.last_error) == (
        DeliveryState.PENDING,
        status,
        error,
    )
    assert len(receiver.received) == 1
    receiver.reply = Reply()
    let_time_pass(timedelta(seconds=6))
    deliver_due()
    assert only().state == DeliveryState.DELIVERED
    first, second = receiver.received
    assert first.body == second.body
    assert first.event["id"] == second.event["id"]


def test_the_attempts_of_75_hours(receiver: Receiver, tenant: Integration) -> None:
    receiver.reply = Reply(500)
    endpoint = endpoint_at(receiver)
    queue(tenant)
    minutes = [5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440]
    for number, expected in enumerate(minutes, start=1):
        deliver_due()
        delivery = only()
        assert delivery.state == DeliveryState.PENDING
        assert delivery.attempts == number
        assert delivery.next_attempt_at is not None
        wait = (delivery.next_attempt_at - jobs.now()).total_seconds()
        assert 0.9 * expected * 60 - 1 <= wait <= 1.1 * expected * 60
        let_time_pass(timedelta(seconds=wait + 5))
    deliver_due()
    delivery = only()
    assert delivery.state == DeliveryState.FAILED
    assert delivery.attempts == 10
    deliver_due()
    assert len(receiver.received) == 10
    assert {got.event["id"] for got in receiver.received} == {delivery.event_id}
    endpoint.refresh_from_db()
    assert endpoint.state == EndpointState.ACTIVE


def test_an_endpoint_that_fails_for_five_days_is_switched_off(
    receiver: Receiver, tenant: Integration
) -> None:
    receiver.reply = Reply(500)
    endpoint = endpoint_at(receiver)
    queue(tenant, times=2)
    deliver_due()
    let_time_pass(timedelta(days=4, hours=23))
    queue(tenant)
    deliver_due()
    endpoint.refresh_from_db()
    assert endpoint.state == EndpointState.ACTIVE
    assert endpoint.failing_since is not None
    let_time_pass(timedelta(hours=2))
    queue(tenant)
    deliver_due()
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.off_reason) == (EndpointState.OFF, "failing")
    assert not WebhookDelivery.objects.filter(state=DeliveryState.PENDING).exists()
    assert AuditEntry.objects.filter(what=Event.WEBHOOK_SWITCHED_OFF).exists()
    assert outbox.integration_created(tenant) is None
    # Switched on again, what was given up can be had.
    receiver.reply = Reply()
    receiver.received.clear()
    endpoints.resume(endpoint)
    assert replay.replay_failed(endpoint) == 4
    deliver_due()
    assert len(receiver.received) == 4
    assert not WebhookDelivery.objects.exclude(state=DeliveryState.DELIVERED).exists()


def test_a_success_in_between_keeps_it_on(receiver: Receiver, tenant: Integration) -> None:
    receiver.reply = Reply(500)
    endpoint = endpoint_at(receiver)
    queue(tenant)
    deliver_due()
    let_time_pass(timedelta(days=4))
    receiver.reply = Reply()
    deliver_due()
    receiver.reply = Reply(500)
    let_time_pass(timedelta(days=2))
    queue(tenant)
    deliver_due()
    endpoint.refresh_from_db()
    assert endpoint.state == EndpointState.ACTIVE


def test_410_switches_off_at_once(receiver: Receiver, tenant: Integration) -> None:
    receiver.reply = Reply(410)
    endpoint = endpoint_at(receiver)
    queue(tenant, times=2)
    deliver_due()
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.off_reason) == (EndpointState.OFF, "gone")
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"FAILED"}


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_respected_for_the_whole_endpoint(
    receiver: Receiver, tenant: Integration, as_date: bool
) -> None:
    asked = format_datetime(timezone.now() + timedelta(seconds=600), usegmt=True)
    receiver.reply = Reply(429, headers={"Retry-After": asked if as_date else "600"})
    endpoint_at(receiver)
    queue(tenant)
    deliver_due()
    queue(tenant)
    deliver_due()
    assert len(receiver.received) == 1
    first = WebhookDelivery.objects.earliest("pk")
    assert first.next_attempt_at is not None
    assert timedelta(seconds=590) < first.next_attempt_at - jobs.now() <= timedelta(seconds=600)
    receiver.reply = Reply()
    let_time_pass(timedelta(seconds=601))
    deliver_due()
    assert len(receiver.received) == 3
    assert not WebhookDelivery.objects.exclude(state=DeliveryState.DELIVERED).exists()


def test_a_receiver_that_takes_its_time_delays_nobody_else(
    receiver: Receiver, slow_receiver: Receiver, tenant: Integration
) -> None:
    slow_receiver.reply = Reply(delay=3)
    endpoint_at(slow_receiver)
    endpoint_at(receiver)
    queue(tenant, times=20)
    working = Background(deliver_due)
    wait_until(lambda: len(receiver.received) == 20)
    # The slow one has its own share under way, and none of it is done yet.
    assert slow_receiver.most_at_once <= 8
    assert len(slow_receiver.received) <= 8
    arrived = WebhookDelivery.objects.filter(state=DeliveryState.DELIVERED)
    wait_until(lambda: arrived.count() >= 20)
    assert arrived.filter(endpoint__url=slow_receiver.url).count() == 0
    slow_receiver.reply = Reply()
    working.end()
    assert arrived.count() == 40


def test_receivers_that_fail_do_not_keep_the_places_from_others(
    receiver: Receiver, slow_receiver: Receiver, tenant: Integration, monkeypatch: Any
) -> None:
    monkeypatch.setattr(delivery, "MOST_ENDPOINTS", 1)
    slow_receiver.reply = Reply(500, delay=0.3)
    failing = endpoint_at(slow_receiver)
    queue(tenant, times=20)
    WebhookEndpoint.objects.filter(pk=failing.pk).update(failing_since=jobs.now())
    working = Background(deliver_due)
    wait_until(lambda: len(slow_receiver.received) >= 2)
    endpoint_at(receiver)
    queue(tenant, times=3)
    wait_until(lambda: len(receiver.received) == 3)
    assert len(slow_receiver.received) < 20
    # As long as nobody knows that it works again, it is asked with one request at a time.
    assert slow_receiver.most_at_once == 1
    slow_receiver.reply = Reply()
    working.end()


def test_waiting_for_slow_receivers_costs_the_database_little(
    slow_receiver: Receiver, tenant: Integration
) -> None:
    slow_receiver.reply = Reply(delay=3)
    for _ in range(10):
        endpoint_at(slow_receiver)
    queue(tenant, times=8)
    with CaptureQueriesContext(connection) as queries:
        deliver_due()
    assert WebhookDelivery.objects.filter(state=DeliveryState.DELIVERED).count() == 80
    looks = [one for one in queries if 'FROM "integrations_webhookendpoint"' in one["sql"]]
    assert len(looks) < 150


def test_the_body_of_an_answer_is_not_waited_for(receiver: Receiver, tenant: Integration) -> None:
    receiver.reply = Reply(stalls=True)
    endpoint_at(receiver)
    queue(tenant)
    deliver_due()
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, only().state) == (200, DeliveryState.DELIVERED)
    assert attempt.duration < 10


def test_an_answer_counts_until_the_deadline_and_no_longer(
    receiver: Receiver, slow_receiver: Receiver, tenant: Integration, monkeypatch: Any
) -> None:
    assert sending.DEADLINE == 15
    monkeypatch.setattr(sending, "DEADLINE", 3.0)
    receiver.reply = Reply(delay=60)
    slow_receiver.reply = Reply(delay=2)
    hangs, late = endpoint_at(receiver), endpoint_at(slow_receiver)
    queue(tenant)
    deliver_due()
    given_up = WebhookAttempt.objects.get(delivery__endpoint=hangs)
    assert (given_up.error, given_up.status) == ("timeout", None)
    assert 2.5 < given_up.duration < 5
    assert hangs.deliveries.get().state == DeliveryState.PENDING
    assert late.deliveries.get().state == DeliveryState.DELIVERED


def test_a_paused_endpoint_gets_everything_later(receiver: Receiver, tenant: Integration) -> None:
    endpoint = endpoint_at(receiver)
    endpoints.pause(endpoint)
    queue(tenant, times=3)
    deliver_due()
    assert not receiver.received
    endpoints.resume(endpoint)
    deliver_due()
    assert len(receiver.received) == 3


def test_private_addresses_are_refused_also_later(
    receiver: Receiver, tenant: Integration, settings: Any
) -> None:
    endpoint_at(receiver)
    queue(tenant)
    settings.EGRESS_ALLOWED_NETWORKS = []
    deliver_due()
    assert not receiver.received
    assert only().last_error == "private_address"
    assert only().state == DeliveryState.PENDING
    with pytest.raises(endpoints.EndpointRefused, match="EGRESS_ALLOWED_NETWORKS"):
        endpoint_at(receiver)


def test_a_worker_that_dies_before_it_has_written_sends_again_under_the_same_id(
    receiver: Receiver, tenant: Integration
) -> None:
    endpoint = endpoint_at(receiver)
    queue(tenant, times=5)
    # One took the endpoint and died.
    claimed = jobs.claim(
        WebhookEndpoint.objects.filter(pk=endpoint.pk), length=timedelta(seconds=20)
    )
    assert claimed
    deliver_due()
    assert not receiver.received
    let_time_pass(timedelta(seconds=21))
    deliver_due()
    assert len(receiver.received) == 5


def test_replays(receiver: Receiver, tenant: Integration) -> None:
    endpoint = endpoint_at(receiver)
    queue(tenant, times=2)
    deliver_due()
    first = WebhookDelivery.objects.earliest("pk")
    assert replay.replay_one(first)
    deliver_due()
    assert receiver.received[2].event["id"] == first.event_id
    now = jobs.now()
    hour = timedelta(hours=1)
    assert replay.replay_period(endpoint, since=now - hour, until=now + hour) == 2
    assert replay.replay_period(endpoint, since=now - hour, until=now - hour / 2) == 0
    deliver_due()
    assert len(receiver.received) == 5
    WebhookEvent.objects.update(body="")
    with pytest.raises(replay.NothingToReplay):
        replay.replay_one(WebhookDelivery.objects.earliest("pk"))


def test_an_endpoint_for_fewer_tenants_knows_nothing_of_the_others_any_more(
    receiver: Receiver, slow_receiver: Receiver, tenant: Integration, other_tenant: Integration
) -> None:
    endpoint = endpoint_at(receiver, integrations=[tenant, other_tenant])
    queue(tenant)
    queue(other_tenant)
    deliver_due()
    endpoints.pause(endpoint)
    queue(tenant)
    queue(other_tenant)
    endpoints.change_endpoint(endpoint, integrations=[tenant], url=slow_receiver.url)
    endpoints.resume(endpoint)
    now = jobs.now()
    hour = timedelta(hours=1)
    assert replay.replay_failed(endpoint) == 0
    deliver_due()
    assert replay.replay_period(endpoint, since=now - hour, until=now + hour) == 2
    deliver_due()
    assert {event["data"]["id"] for event in slow_receiver.events} == {tenant.pk}
    others = WebhookDelivery.objects.get(
        event__integration=other_tenant, state=DeliveryState.DELIVERED
    )
    assert not replay.replay_one(others)
    _, plain = create_key(name="one", integrations=[tenant])
    client = Client(headers={"Authorization": f"Bearer {plain}"})
    log = client.get(f"/v1/webhooks/{endpoint.pk}/deliveries").json()["data"]["results"]
    assert [row["integration_id"] for row in log] == [tenant.pk, tenant.pk]


def test_removing_an_endpoint_removes_what_waits(
    receiver: Receiver, tenant: Integration, make_tenant: Callable[..., Integration]
) -> None:
    endpoint = endpoint_at(receiver)
    queue(tenant, times=3)
    endpoints.remove(endpoint)
    deliver_due()
    assert not receiver.received
    assert not WebhookDelivery.objects.exists()
