"""When a tenant's next sync is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

from django.db.models import Q
from django.utils import timezone

from integrations.models import LIVE_STATES, Integration, SyncType

# After so long with a key that Flatchr refuses, a tenant is left alone until somebody reconnects.
PATIENCE = timedelta(days=3)


def plan(integration: Integration, *, after: SyncType = SyncType.FULL) -> None:
    """Set when `integration` is next due, now that a sync of type `after` has ended. Unsaved."""
    now = timezone.now()
    integration.next_delta_at = next_slot(integration.pk, integration.delta_interval, now)
    if after == SyncType.FULL:
        integration.next_full_at = next_slot(integration.pk, integration.full_interval, now)


def next_slot(integration_id: str, minutes: int, now: datetime) -> datetime:
    """The tenant's next slot in a grid of `minutes`, at least half of that away.

    Each tenant has its own place in the grid, so tenants connected together do not start together.
    """
    interval = minutes * 60
    place = int.from_bytes(blake2b(integration_id.encode(), digest_size=8).digest(), "big")
    earliest = now.timestamp() + interval / 2
    # Reduced before it meets a float, which could not hold it to the second.
    wait = (place % interval - earliest) % interval
    return now + timedelta(seconds=interval / 2 + wait)


def due(now: datetime) -> list[tuple[str, SyncType]]:
    """The tenants whose next sync is due, with its type; a full sync covers a delta."""
    tenants = Integration.objects.filter(
        Q(next_full_at__lte=now) | Q(next_delta_at__lte=now),
        Q(credentials_invalid_at=None) | Q(credentials_invalid_at__gt=now - PATIENCE),
        enabled=True,
        credentials__isnull=False,
    ).exclude(runs__state__in=LIVE_STATES)
    return [
        (tenant.pk, SyncType.FULL if is_due(tenant.next_full_at, now) else SyncType.DELTA)
        for tenant in tenants
    ]


def is_due(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
