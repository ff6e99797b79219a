"""How long events and deliveries are kept, and how long the content of events."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from integrations import jobs
from integrations.models import (
    DeliveryState,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEvent,
    WebhookSecret,
)

# Events with content hold personal data. Attempts go on for 75 hours; a few days more are for
# replaying what a receiver has lost.
CONTENT_KEPT = timedelta(days=7)
# What still waits then was given up with this: a paused endpoint, or one that has it sent again.
CONTENT_GONE = "content_gone"
BATCH = 1000


@jobs.RETENTION.register("webhooks")
def retain() -> None:
    """Remove old events with their deliveries, the content of younger ones, and secrets that have
    ended. Idempotent.
    """
    now = jobs.now()
    remove_events(before=now - timedelta(days=settings.WEBHOOK_KEEP_DAYS))
    empty_content(before=now - CONTENT_KEPT)
    WebhookSecret.objects.filter(ends_at__lte=now).delete()


def remove_events(*, before: datetime) -> None:
    """Remove the events that came about before, batch by batch."""
    old = WebhookEvent.objects.filter(created_at__lt=before).order_by("created_at")
    while ids := _some(old):
        with transaction.atomic():
            # Children first, so that none is read to be removed.
            WebhookAttempt.objects.filter(delivery__event__in=ids).delete()
            WebhookDelivery.objects.filter(event__in=ids).delete()
            WebhookEvent.objects.filter(pk__in=ids).delete()


def empty_content(*, before: datetime) -> None:
    """Empty the bodies that hold records, of events that came about before, and what was answered
    to them.
    """
    old = WebhookEvent.objects.filter(has_content=True, created_at__lt=before).exclude(body="")
    while ids := _some(old.order_by("created_at")):
        empty(ids)


def empty(events: Collection[str]) -> None:
    """Empty the bodies of events, and what was answered to them; what waits of them is given up."""
    ids = list(events)
    with transaction.atomic():
        WebhookAttempt.objects.filter(delivery__event__in=ids).update(
            response_body="", response_headers={}
        )
        WebhookDelivery.objects.filter(event__in=ids, state=DeliveryState.PENDING).update(
            state=DeliveryState.FAILED,
            next_attempt_at=None,
            ended_at=jobs.now(),
            last_error=CONTENT_GONE,
        )
        WebhookEvent.objects.filter(pk__in=ids).update(body="")


def _some(events: Any) -> list[str]:
    return list(events.values_list("pk", flat=True)[:BATCH])
