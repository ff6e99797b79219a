"""What follows from an answer: whether and when a delivery is tried again. Without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from integrations.models import DeliveryState, WebhookDelivery
from integrations.webhooks.outcome import DeliveryOutcome, outcome_of
from integrations.webhooks.sending import INTERVALS, LONGEST_HOLD, Outgoing, Sent

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def answered(
    status: int, retry_after: str = "", *, attempts: int = 0, before: int = 0
) -> DeliveryOutcome:
    """The outcome of a delivery that has failed `attempts` times, after this answer; `before` of
    them before somebody had it sent again.
    """
    outgoing = Outgoing(1, "endpoint", None, "event", "data-changed", "https://x.example", b"", [])
    sent = Sent(
        outgoing, NOW, 0.1, {}, status=status, response_headers={"retry-after": retry_after}
    )
    delivery = WebhookDelivery(
        created_at=NOW, next_attempt_at=NOW, attempts=attempts, attempts_before=before
    )
    return outcome_of(delivery, sent, NOW)


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ("30", timedelta(seconds=30)),
        (format_datetime(NOW + HOUR), HOUR),
        ("90000", LONGEST_HOLD),
        ("99999999999999999999", LONGEST_HOLD),
        (format_datetime(NOW + timedelta(days=9)), LONGEST_HOLD),
        (format_datetime(NOW - HOUR), None),
        ("0", None),
        ("soon", None),
        ("", None),
    ],
)
def test_how_long_a_receiver_is_left_alone(given: str, held: timedelta | None) -> None:
    assert answered(503, given).held_until == (None if held is None else NOW + held)


def test_the_next_attempt_comes_after_the_interval_and_after_the_pause_asked_for() -> None:
    following = answered(503, "10", attempts=2).next_attempt_at
    assert following is not None
    assert following - NOW > INTERVALS[2] * 0.89
    assert answered(503, "7200", attempts=2).next_attempt_at == NOW + 2 * HOUR


def test_a_receiver_that_is_gone_is_not_asked_again() -> None:
    gone = answered(410)
    assert (gone.state, gone.next_attempt_at) == (DeliveryState.FAILED, None)


def test_the_tenth_failure_is_the_last() -> None:
    states = [answered(500, attempts=attempts).state for attempts in range(10)]
    assert states == [DeliveryState.PENDING] * 9 + [DeliveryState.FAILED]


def test_a_delivery_that_is_sent_again_begins_with_the_shortest_interval() -> None:
    following = answered(500, attempts=10, before=10).next_attempt_at
    assert following is not None
    assert following - NOW < INTERVALS[0] * 1.11
