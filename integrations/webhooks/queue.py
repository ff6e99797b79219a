"""The queue of deliveries: a job is an endpoint to which something is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.lookups import IsNull

from integrations import jobs
from integrations.lanes import Lane
from integrations.models import DeliveryState, EndpointState, WebhookDelivery, WebhookEndpoint

# Endpoints that one sweep wakes workers for at most: a worker goes on to the next by itself.
MOST_CALLS = 20


def unattended(now: datetime) -> Q:
    """Endpoints that may be delivered to and that no live worker holds."""
    ready = Q(held_until=None) | Q(held_until__lte=now)
    return Q(state=EndpointState.ACTIVE) & ready & jobs.is_free(now)


def waiting(now: datetime) -> Sequence[str]:
    """Ids of the endpoints to which something is due, and that have no worker: those that work come
    first, and none always before another.
    """
    due = WebhookDelivery.objects.filter(
        endpoint=OuterRef("pk"), state=DeliveryState.PENDING, next_attempt_at__lte=now
    )
    found = WebhookEndpoint.objects.filter(unattended(now), Exists(due))
    found = found.order_by(IsNull(F("failing_since"), False), "?")
    return list(found.values_list("pk", flat=True)[:MOST_CALLS])


DELIVERIES = jobs.register(
    jobs.JobKind(
        name="webhook",
        task="integrations.tasks.deliver_webhooks",
        lane=Lane.SOON,
        find_waiting=waiting,
    )
)
