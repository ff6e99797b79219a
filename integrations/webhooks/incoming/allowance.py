"""How many requests to Flatchr a tenant's events may cause.

Whoever knows the address can send any number of events. They share a part of the tenant's requests,
so that its syncs and submissions, and other tenants, have theirs whatever comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.conf import settings

from integrations.models import EventAddress

# Of `FLATCHR_RATE`.
SHARE = 0.2
# At once: a list of vacancies with its labels takes about eight.
BURST = 10.0


@dataclass(slots=True)
class RequestAllowance:
    """A token bucket; what a reading took more than there was is owed."""

    left: float
    counted_at: datetime

    @classmethod
    def of(cls, address: EventAddress, now: datetime) -> Self:
        if address.requests_left is None or address.requests_counted_at is None:
            return cls(BURST, now)
        elapsed = max(0.0, (now - address.requests_counted_at).total_seconds())
        return cls(min(BURST, address.requests_left + elapsed * _rate()), now)

    @property
    def is_used_up(self) -> bool:
        return self.left < 1.0

    @property
    def pause(self) -> float:
        """Seconds until there is one again."""
        return max(0.0, (1.0 - self.left) / _rate())

    def spend(self, requests: int) -> None:
        self.left -= requests


def _rate() -> float:
    return float(settings.FLATCHR_RATE) * SHARE
