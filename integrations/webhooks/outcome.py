"""What an attempt makes of a delivery: arrived, to be tried again, or given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from integrations.models import DeliveryState, WebhookAttempt, WebhookDelivery
from integrations.webhooks.sending import Sent, interval_after


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """`attempt` is a row that is not saved yet; without `next_attempt_at`, `state` is final."""

    delivery: WebhookDelivery
    sent: Sent
    attempt: WebhookAttempt
    state: DeliveryState
    next_attempt_at: datetime | None
    held_until: datetime | None
    seconds_since_queued: float


def outcome_of(delivery: WebhookDelivery, sent: Sent, now: datetime) -> DeliveryOutcome:
    """What follows from an attempt at a delivery, as its row was before the attempt."""
    attempts = delivery.attempts + 1
    state, following, held = DeliveryState.DELIVERED, None, None
    if not sent.succeeded:
        state, held = DeliveryState.FAILED, sent.retry_after(now)
        interval = interval_after(attempts - delivery.attempts_before)
        if interval is not None and not sent.is_gone:
            state, following = DeliveryState.PENDING, now + interval
            if held is not None:
                following = max(following, held)
    attempt = WebhookAttempt(
        delivery=delivery,
        number=attempts,
        started_at=sent.began,
        duration=sent.seconds,
        request_headers=dict(sent.request_headers),
        status=sent.status,
        error=sent.error,
        response_headers=dict(sent.response_headers),
        response_body=sent.response_body,
    )
    since = (now - delivery.created_at).total_seconds()
    return DeliveryOutcome(delivery, sent, attempt, state, following, held, since)
