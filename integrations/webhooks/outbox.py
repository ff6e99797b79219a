"""The outbox: events are queued in the transaction that makes them so.

An event is stored with a delivery for each endpoint that asks for it. Where none does, nothing is
stored. Workers are woken on commit; the sweep wakes them again for what was left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q

from integrations import jobs
from integrations.ids import TOOL
from integrations.models import (
    ConnectionLink,
    EndpointState,
    Integration,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from integrations.models.webhooks import new_id
from integrations.webhooks import bodies, catalogue
from integrations.webhooks.queue import DELIVERIES

BATCH = 500


class NewEvent(NamedTuple):
    """An event to be queued: `data` is that of its body."""

    type: str
    data: Mapping[str, Any]


def queue_event(
    type: str, data: Mapping[str, Any], *, tenant: Integration | None
) -> WebhookEvent | None:
    """Queue an event of a type of the catalogue about `tenant`, in the caller's transaction.

    Without a tenant it is about the installation, which endpoints for every tenant hear of.
    Returns None, and stores nothing, when no endpoint asks for it. Without a transaction the event
    is stored at once.
    """
    events = queue_events([NewEvent(type, data)], tenant=tenant)
    return events[0] if events else None


def queue_events(events: Iterable[NewEvent], *, tenant: Integration | None) -> list[WebhookEvent]:
    """Queue several, as `queue_event` does one; returns those that some endpoint asks for."""
    listening = listeners(tenant)
    wanted = [
        (event, asking)
        for event in events
        if (asking := [one for one in listening if event.type in one.events])
    ]
    if not wanted:
        return []
    now = jobs.now()
    rows, deliveries = [], []
    for event, asking in wanted:
        row = new_event(event, tenant=tenant, at=now)
        rows.append(row)
        deliveries += [new_delivery(row, endpoint, at=now) for endpoint in asking]
    with transaction.atomic():
        WebhookEvent.objects.bulk_create(rows, batch_size=BATCH)
        WebhookDelivery.objects.bulk_create(deliveries, batch_size=BATCH)
        for endpoint_id in dict.fromkeys(delivery.endpoint_id for delivery in deliveries):
            DELIVERIES.enqueue(endpoint_id)
    return rows


def listeners(tenant: Integration | None) -> Sequence[WebhookEndpoint]:
    """The endpoints that hear of a tenant; paused ones get it when they go on."""
    about = Q(every_tenant=True)
    if tenant is not None:
        mine = WebhookEndpoint.integrations.through.objects.filter(integration_id=tenant.pk)
        about |= Q(pk__in=mine.values("webhookendpoint_id"))
    return list(WebhookEndpoint.objects.exclude(state=EndpointState.OFF).filter(about))


def new_event(
    event: NewEvent, *, tenant: Integration | None, at: datetime, is_test: bool = False
) -> WebhookEvent:
    """The row of an event, not saved yet. Raises `KeyError` for a type that does not exist."""
    event_id = new_id()
    return WebhookEvent(
        id=event_id,
        integration=tenant,
        type=event.type,
        body=bodies.body_text(event_id, event.type, event.data),
        has_content=catalogue.TYPES[event.type].has_content,
        is_test=is_test,
        created_at=at,
    )


def new_delivery(
    event: WebhookEvent, endpoint: WebhookEndpoint, *, at: datetime
) -> WebhookDelivery:
    """The row of a delivery that is due at once, not saved yet."""
    return WebhookDelivery(event=event, endpoint=endpoint, created_at=at, next_attempt_at=at)


# Events whose data is put together here, for the rooms that know when they come about


def issue_status_changed(
    *,
    raised: bool,
    issue_id: str,
    type: str,
    title: str,
    message: str,
    first_observed_at: datetime,
    resolved_at: datetime | None = None,
    tenant: Integration | None,
) -> WebhookEvent | None:
    """Queue that an issue was raised, or resolved. `message` is Markdown, in English."""
    return queue_event(
        catalogue.ISSUE_STATUS_CHANGED,
        {
            "change": "raised" if raised else "resolved",
            "issue": {
                "id": issue_id,
                "type": type,
                "title": title,
                "status": "OPEN" if raised else "RESOLVED",
                "markdown_message": message,
                "first_observed_at": bodies.moment(first_observed_at),
                "resolved_at": bodies.moment(resolved_at) if resolved_at else None,
            },
            "integration": bodies.integration_of(tenant) if tenant else None,
        },
        tenant=tenant,
    )


def connection_flow_failed(link: ConnectionLink) -> WebhookEvent | None:
    """Queue that a customer could not connect with a link."""
    data = {
        "integration_tool": TOOL,
        "integration_category": bodies.CATEGORY,
        "end_user": {
            "organization_name": link.organization,
            "creator_email": link.contact_email or None,
            "origin_id": link.origin_id or None,
        },
        "log_url": bodies.page_url("connectionlink", link.pk),
    }
    return queue_event(catalogue.CONNECTION_FLOW_FAILED, data, tenant=link.integration)


def integration_created(tenant: Integration) -> WebhookEvent | None:
    return queue_event(catalogue.INTEGRATION_CREATED, bodies.integration_of(tenant), tenant=tenant)


def integration_deleted(tenant: Integration, deleted_at: datetime) -> WebhookEvent | None:
    data = {**bodies.integration_of(tenant), "deleted_at": bodies.moment(deleted_at)}
    return queue_event(catalogue.INTEGRATION_DELETED, data, tenant=tenant)
