"""Test events, and delivering again what was delivered or given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from integrations import jobs
from integrations.audit.trail import record
from integrations.messages import Message
from integrations.models import (
    DeliveryState,
    EndpointState,
    Event,
    WebhookDelivery,
    WebhookEndpoint,
)
from integrations.webhooks import catalogue, outbox, samples
from integrations.webhooks.endpoints import EndpointRefused, is_about_its_tenants, shown_url
from integrations.webhooks.queue import DELIVERIES

BATCH = 1000


class NothingToReplay(Exception):
    """The content of the event is no longer kept, or the endpoint is off; the message says so."""


def send_test(endpoint: WebhookEndpoint, type: str) -> WebhookDelivery:
    """Queue an invented event of a type, for this endpoint alone, whatever it asks for.

    Raises `EndpointRefused` for a type that does not exist, `NothingToReplay` for one switched off.
    """
    if type not in catalogue.TYPES:
        raise EndpointRefused(
            "events",
            Message("webhook_event_unknown", unknown=type[:60], known=", ".join(catalogue.TYPES)),
        )
    _refuse_off(endpoint)
    now = jobs.now()
    new = outbox.NewEvent(type, samples.sample_of(type))
    event = outbox.new_event(new, tenant=None, at=now, is_test=True)
    delivery = outbox.new_delivery(event, endpoint, at=now)
    with transaction.atomic():
        event.save(force_insert=True)
        delivery.save(force_insert=True)
        DELIVERIES.enqueue(endpoint.pk)
    return delivery


def replay_one(delivery: WebhookDelivery) -> bool:
    """Deliver again under the same id; False for one that is on its way anyway.

    Raises `NothingToReplay`.
    """
    if not delivery.event.body:
        raise NothingToReplay(Message("webhook_content_gone"))
    return bool(_replay(delivery.endpoint, Q(pk=delivery.pk)))


def replay_failed(endpoint: WebhookEndpoint) -> int:
    """Deliver again all that was given up; how many. Raises `NothingToReplay`."""
    return _replay(endpoint, Q(state=DeliveryState.FAILED))


def replay_period(endpoint: WebhookEndpoint, *, since: datetime, until: datetime) -> int:
    """Deliver again all events that came about from `since` until before `until`, those that
    arrived included; how many. Raises `NothingToReplay`.
    """
    return _replay(endpoint, Q(created_at__gte=since, created_at__lt=until))


def _replay(endpoint: WebhookEndpoint, which: Q) -> int:
    _refuse_off(endpoint)
    now, replayed = jobs.now(), 0
    for batch in _batches(endpoint, which):
        with transaction.atomic():
            replayed += WebhookDelivery.objects.filter(
                pk__in=batch, state__in=(DeliveryState.DELIVERED, DeliveryState.FAILED)
            ).update(
                state=DeliveryState.PENDING,
                next_attempt_at=now,
                ended_at=None,
                attempts_before=F("attempts"),
            )
    if replayed:
        record(
            Event.WEBHOOK_REPLAYED,
            about=endpoint,
            name=shown_url(endpoint),
            deliveries=replayed,
        )
        DELIVERIES.enqueue(endpoint.pk)
    return replayed


def _batches(endpoint: WebhookEndpoint, which: Q) -> Iterator[list[Any]]:
    """Keys of deliveries that have ended and whose events still have a body, the oldest first."""
    last = 0
    ended: QuerySet[Any] = WebhookDelivery.objects.filter(
        which, is_about_its_tenants(), endpoint=endpoint
    ).exclude(Q(state=DeliveryState.PENDING) | Q(event__body=""))
    while batch := list(
        ended.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        yield batch
        last = batch[-1]


def _refuse_off(endpoint: WebhookEndpoint) -> None:
    if endpoint.state == EndpointState.OFF:
        raise NothingToReplay(Message("webhook_endpoint_off"))
