"""One request to an endpoint, and what its answer means. Knows no database."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from django.conf import settings

from integrations import egress
from integrations.egress import EgressError
from integrations.models.fields import UNREADABLE
from integrations.webhooks.signing import signed_headers

logger = logging.getLogger(__name__)

# An answer counts if it comes within so many seconds.
DEADLINE = 15.0
# Of an answer's body so many bytes are kept, and of a header so many characters.
MOST_KEPT = 2_000
# From one attempt to the next: ten in 75 hours.
INTERVALS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# So much earlier or later, so that what failed together does not come back together.
JITTER = 0.1
# A receiver is not waited for longer than this.
LONGEST_HOLD = timedelta(hours=24)
GONE = 410
# Errors beside those of `egress.py`; each is a message `webhook_<code>`.
WITHOUT_KEY = "secret_unreadable"
INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be sent: a delivery, by its row's key, with all that the request needs."""

    delivery_id: int
    endpoint_id: str
    tenant_id: str | None
    event_id: str
    event_type: str
    url: str
    body: bytes
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a request. `error` is a code where there was no answer; `began` is by this
    machine's clock, `seconds` how long it took.
    """

    outgoing: Outgoing
    began: datetime
    seconds: float
    request_headers: Mapping[str, str]
    status: int | None = None
    error: str = ""
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == GONE

    def retry_after(self, now: datetime) -> datetime | None:
        """Until when the receiver asks to be left alone; None if it does not."""
        if self.succeeded:
            return None
        given = self.response_headers.get("retry-after", "").strip()
        if given.isascii() and given.isdigit():
            wanted = now + timedelta(seconds=min(int(given[:9]), LONGEST_HOLD.total_seconds()))
        else:
            try:
                wanted = parsedate_to_datetime(given)
            except (TypeError, ValueError, OverflowError):
                return None
            if wanted.tzinfo is None:
                wanted = wanted.replace(tzinfo=UTC)
        return min(wanted, now + LONGEST_HOLD) if wanted > now else None


def send(outgoing: Outgoing) -> Sent:
    """Make one request. What goes wrong on the way is in the result."""
    began, clock = datetime.now(UTC), time.monotonic()
    if not outgoing.secrets or UNREADABLE in outgoing.secrets:
        return Sent(outgoing, began, 0.0, {}, error=WITHOUT_KEY)
    headers = request_headers(outgoing, began)
    try:
        answer = egress.post(
            outgoing.url,
            outgoing.body,
            headers=headers,
            deadline=DEADLINE,
            most_read=MOST_KEPT,
            allowed_networks=settings.EGRESS_ALLOWED_NETWORKS,
        )
    except EgressError as error:
        return Sent(outgoing, began, time.monotonic() - clock, headers, error=error.code)
    except Exception:
        # Whatever it is, the delivery goes on with its next attempt.
        logger.exception("Event %s could not be sent", outgoing.event_id)
        return Sent(outgoing, began, time.monotonic() - clock, headers, error=INTERNAL)
    return Sent(
        outgoing,
        began,
        time.monotonic() - clock,
        headers,
        status=answer.status,
        response_headers={
            _text(name.lower()): _text(value) for name, value in list(answer.headers.items())[:50]
        },
        response_body=_text(answer.body.decode("utf-8", "replace")),
    )


def request_headers(outgoing: Outgoing, at: datetime) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "Relais-Webhooks",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        **signed_headers(
            outgoing.body,
            event_id=outgoing.event_id,
            timestamp=int(at.timestamp()),
            secrets=outgoing.secrets,
        ),
    }


def interval_after(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts; None when it was the last one."""
    if attempts > len(INTERVALS):
        return None
    return INTERVALS[attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311


def _text(value: str) -> str:
    """Text that any database stores."""
    return value.replace("\x00", "\ufffd")[:MOST_KEPT]
