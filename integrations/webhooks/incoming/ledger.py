"""What became of events: each ends once, and is counted by day, kind and outcome."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, OuterRef, Subquery, Sum
from django.utils import timezone

from integrations import jobs, telemetry
from integrations.database import batched_writes
from integrations.flatchr.events import KINDS
from integrations.models import EventAddress, EventCount, EventOutcome, IncomingEvent
from integrations.sync import schedule

# Events that have ended, of which a tenant's page shows the newest, and their numbers.
KEEP = timedelta(days=7)
KEEP_EACH = 1000
KEEP_COUNTS = timedelta(days=90)
# What everything is counted as that Flatchr's documentation does not name: senders choose names.
OTHER = "other"


def end(event: IncomingEvent, outcome: EventOutcome, now: datetime) -> bool:
    """End a waiting event; False when it has come again since it was read, so that it waits on.

    Inside a transaction that has locked the tenant's `EventAddress`.
    """
    ended = IncomingEvent.objects.filter(pk=event.pk, outcome="", times=event.times).update(
        outcome=outcome, ended_at=now, due_at=None
    )
    if ended:
        seconds = (now - event.received_at).total_seconds()
        count(event.integration_id, event.kind, outcome, now, times=event.times, seconds=seconds)
    return bool(ended)


def count(
    integration_id: str,
    kind: str,
    outcome: EventOutcome,
    now: datetime,
    *,
    times: int = 1,
    seconds: float = 0.0,
) -> None:
    """Count events that have ended `seconds` after they came. Locks as for `end`."""
    known = kind if kind in KINDS else OTHER
    row, is_new = EventCount.objects.get_or_create(
        integration_id=integration_id,
        day=now.date(),
        kind=known,
        outcome=outcome,
        defaults={"number": times},
    )
    if not is_new:
        EventCount.objects.filter(pk=row.pk).update(number=F("number") + times)
    if outcome is EventOutcome.TO_SYNC:
        schedule.bring_forward(integration_id)
    transaction.on_commit(
        partial(
            telemetry.flatchr_event_ended,
            tenant=integration_id,
            kind=known,
            outcome=outcome.value,
            times=times,
            seconds=seconds,
        )
    )


def counts(integration_id: str, *, since: datetime) -> dict[str, dict[EventOutcome, int]]:
    """How many events of each kind ended in which way since that day."""
    found: dict[str, dict[EventOutcome, int]] = {}
    rows = EventCount.objects.filter(integration_id=integration_id, day__gte=since.date())
    grouped = rows.order_by("kind", "outcome").values_list("kind", "outcome")
    for kind, outcome, number in grouped.annotate(total=Sum("number")):
        found.setdefault(kind, {})[EventOutcome(outcome)] = number
    return found


@jobs.RETENTION.register("events of Flatchr")
def remove_old() -> None:
    """Delete events that ended long ago, those of a tenant beyond the newest `KEEP_EACH`, and old
    numbers. In batches. Idempotent.
    """
    now = timezone.now()
    ended = IncomingEvent.objects.exclude(outcome="")
    batched_writes.delete(ended.filter(ended_at__lt=now - KEEP))
    newest = IncomingEvent.objects.filter(integration=OuterRef("pk")).order_by("-id")
    last = Subquery(newest.values("id")[KEEP_EACH : KEEP_EACH + 1])
    tenants = EventAddress.objects.annotate(last=last).filter(last__isnull=False)
    for tenant, pk in list(tenants.values_list("pk", "last")):
        batched_writes.delete(ended.filter(integration=tenant, pk__lte=pk))
    batched_writes.delete(EventCount.objects.filter(day__lt=(now - KEEP_COUNTS).date()))
