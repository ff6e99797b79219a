"""How a tenant's events are going, for the pages that show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from integrations.models import EventAddress, EventOutcome, IncomingEvent, Integration
from integrations.sync import schedule
from integrations.webhooks.incoming import ledger

# How far back events are counted, and the newest that are listed.
COUNTED = timedelta(days=30)
LISTED = 20


@dataclass(frozen=True, slots=True)
class EventReport:
    """`come` is whether events tell of what changes, `lost` whether syncs find what none told of;
    `delta_minutes` is how far deltas are apart at present.
    """

    address: EventAddress
    come: bool
    lost: bool
    delta_minutes: int
    counts: dict[str, dict[EventOutcome, int]]

    @property
    def last_at(self) -> datetime | None:
        return self.address.last_event_at

    @property
    def is_spaced(self) -> bool:
        """Whether deltas come less often than they would without events."""
        return self.delta_minutes > self.address.integration.delta_interval

    @property
    def total(self) -> int:
        return sum(sum(outcomes.values()) for outcomes in self.counts.values())


def report_of(integration: Integration) -> EventReport | None:
    """None for a tenant that has no address."""
    address = EventAddress.objects.select_related("integration").filter(pk=integration.pk).first()
    if address is None:
        return None
    now = timezone.now()
    return EventReport(
        address=address,
        come=schedule.events_come(address, now),
        lost=schedule.events_are_lost(address),
        delta_minutes=schedule.delta_minutes(integration, now),
        counts=ledger.counts(integration.pk, since=now - COUNTED),
    )


def newest(integration: Integration) -> list[IncomingEvent]:
    """The newest events of the tenant, those that wait included."""
    rows = IncomingEvent.objects.filter(integration=integration)
    return list(rows.order_by("-pk")[:LISTED])
