"""When a tenant's next sync is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Least

from integrations import jobs
from integrations.models import (
    LIVE_STATES,
    EventAddress,
    Integration,
    ModelResult,
    RunState,
    SyncRun,
    SyncType,
)
from integrations.records import Model

# After so long with a key that Flatchr refuses, a tenant is left alone until somebody reconnects.
PATIENCE = timedelta(days=3)


# After how long a sync is tried again that failed for a reason that may pass: the first time, the
# second and the third. After that it waits for its next slot.
RETRIES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20))
# The longest pause of a tenant over whose syncs workers die.
LONGEST_PAUSE = timedelta(days=1)
# Flatchr's events count as coming for so long after one that told of something new.
EVENTS_COME = timedelta(days=1)
# Syncs in a row that found changes of which no event told: then events are taken for lost.
UNTOLD = 2
# Scheduled runs that wait at most. A tenant that is due gets its row when its turn is near, so that
# the table says at any time who comes next.
MOST_QUEUED = 200


def plan(integration: Integration, *, after: SyncType = SyncType.FULL) -> None:
    """Set when `integration` is next due, now that a sync of type `after` has ended. Unsaved."""
    now = jobs.now()
    integration.next_delta_at = next_slot(integration.pk, delta_minutes(integration, now), now)
    if after == SyncType.FULL:
        integration.next_full_at = next_slot(integration.pk, integration.full_interval, now)


def plan_retry(integration: Integration, *, after: SyncType, failures: int) -> None:
    """As `plan`, but earlier: a sync has failed for a reason that may pass, `failures` in a row.

    What failed is tried again: a full sync as a full one.
    """
    plan(integration, after=after)
    if failures > len(RETRIES):
        return
    again = jobs.now() + RETRIES[failures - 1]
    if after == SyncType.FULL:
        integration.next_full_at = _earlier(integration.next_full_at, again)
    else:
        integration.next_delta_at = _earlier(integration.next_delta_at, again)


def plan_pause(integration: Integration, *, after: SyncType, deaths: int) -> None:
    """As `plan`, but later: workers have died over `deaths` runs in a row. The pause doubles."""
    plan(integration, after=after)
    interval = timedelta(minutes=integration.delta_interval)
    pause = min(LONGEST_PAUSE, interval * 2 ** min(deaths - 1, 10))
    until = jobs.now() + pause
    integration.next_delta_at = max(integration.next_delta_at or until, until)
    integration.next_full_at = max(integration.next_full_at or until, until)


def delta_minutes(integration: Integration, now: datetime) -> int:
    """The minutes between two deltas: more than the tenant's own while events come instead."""
    address = EventAddress.objects.filter(pk=integration.pk).first()
    if address is None or not address.spaces_deltas or not events_come(address, now):
        return integration.delta_interval
    return max(integration.delta_interval, address.delta_interval)


def events_come(address: EventAddress, now: datetime) -> bool:
    """Whether Flatchr's events tell of what changes, so that deltas are needed less often.

    An event that only repeats what was known proves nothing, as anybody could have sent it.
    """
    told_at = address.last_change_at
    return told_at is not None and now - told_at < EVENTS_COME and not events_are_lost(address)


def events_are_lost(address: EventAddress) -> bool:
    """Whether the last syncs have found changes, and no event has told of any meanwhile."""
    read = SyncRun.objects.filter(
        integration_id=address.pk, state__in=(RunState.SUCCEEDED, RunState.PARTIALLY_FAILED)
    )
    latest = list(read.order_by("-pk").values_list("pk", "started_at")[:UNTOLD])
    told_at = address.last_change_at
    if len(latest) < UNTOLD or any(
        began is None or told_at is None or began <= told_at for _pk, began in latest
    ):
        return False
    changed = ModelResult.objects.filter(
        Q(created__gt=0) | Q(updated__gt=0) | Q(restored__gt=0),
        run__in=[pk for pk, _began in latest],
        model__in=(Model.APPLICATIONS, Model.JOBS),
    )
    return changed.values("run").distinct().count() == UNTOLD


def bring_forward(integration_id: str) -> None:
    """Have the next delta come no later than it would without events."""
    with transaction.atomic():
        integration = Integration.objects.select_for_update().filter(pk=integration_id).first()
        if integration is None or integration.next_delta_at is None:
            return
        usual = next_slot(integration.pk, integration.delta_interval, jobs.now())
        if usual < integration.next_delta_at:
            integration.next_delta_at = usual
            integration.save(update_fields=["next_delta_at"])


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)


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
    """The tenants to queue a sync for, with its type, the longest due first.

    No more than make `MOST_QUEUED` waiting runs. A full sync covers a delta.
    """
    room = MOST_QUEUED - SyncRun.objects.filter(state=RunState.QUEUED).count()
    since = Least(Coalesce("next_full_at", now), Coalesce("next_delta_at", now))
    return [
        (tenant.pk, SyncType.FULL if is_due(tenant.next_full_at, now) else SyncType.DELTA)
        for tenant in _due(now).order_by(since, "pk")[: max(0, room)]
    ]


def oldest_due(now: datetime) -> datetime | None:
    """Since when the sync that has waited longest has been due; None when none waits."""
    queued = SyncRun.objects.filter(state=RunState.QUEUED)
    waiting = queued.exclude(waiting_until__isnull=False, waiting_until__gt=now).order_by(
        "queued_at"
    )
    since = Least(Coalesce("next_full_at", now), Coalesce("next_delta_at", now))
    moments = [
        *waiting.values_list("queued_at", flat=True)[:1],
        *_due(now).order_by(since).values_list(since, flat=True)[:1],
    ]
    return min(moments, default=None)


def _due(now: datetime) -> QuerySet[Integration]:
    return Integration.objects.filter(
        Q(next_full_at__lte=now) | Q(next_delta_at__lte=now),
        Q(credentials_invalid_at=None) | Q(credentials_invalid_at__gt=now - PATIENCE),
        enabled=True,
        credentials__isnull=False,
    ).exclude(Exists(SyncRun.objects.filter(integration=OuterRef("pk"), state__in=LIVE_STATES)))


def is_due(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
