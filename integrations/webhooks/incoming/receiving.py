"""Taking an event: the address is looked up, the event stored, a worker woken. Nothing is read.

The sender gets its answer after one short transaction. A flood costs a look at one row once its
minute is full, and the tenant's share of requests to Flatchr is `working.py`'s to keep.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Least

from integrations import jobs, telemetry
from integrations.flatchr.events import FlatchrEvent, Subject, read_event
from integrations.lanes import Lane
from integrations.models import EventAddress, EventOutcome, IncomingEvent, Integration, Job
from integrations.sync import schedule
from integrations.webhooks.incoming import addresses, ledger

# Bytes of a body; a vacancy with long texts has some ten thousand.
LARGEST = 1024**2
WINDOW = timedelta(minutes=1)
# Different events of a tenant that wait at most; further ones are left to the next sync.
MOST_WAITING = 1000
# What became due so short a while ago has its own wake-up call on the way.
OVERDUE = timedelta(seconds=5)
MOST_CALLS = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """Whether there is such an address, and the seconds to wait when it was sent too many."""

    known: bool = True
    retry_after: int = 0


UNKNOWN = Receipt(known=False)


def _find_waiting(now: datetime) -> list[str]:
    due = EventAddress.objects.filter(jobs.is_free(now), next_attempt_at__lt=now - OVERDUE)
    return list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:MOST_CALLS])


EVENTS = jobs.register(
    jobs.JobKind(
        name="events of tenant",
        task="integrations.tasks.work_on_events",
        lane=Lane.NOW,
        find_waiting=_find_waiting,
    )
)


def receive(token: str, body: bytes) -> Receipt:
    """Take the body of a request to the address with this token, whatever it holds."""
    now = jobs.now()
    found = addresses.find(token, now)
    if found is None:
        return UNKNOWN
    address, is_old = found
    if _is_full(address, now):
        return _refuse(address, now)
    event = read_event(body)
    with transaction.atomic():
        # Locks the row: what a worker ends, and what is counted, waits for it.
        if not _count(address, now, is_old=is_old):
            EventAddress.objects.filter(pk=address.pk).update(refused_at=now)
            # Flatchr does not send it again: the next delta is to find it, and comes as early as
            # without events.
            schedule.bring_forward(address.pk)
            return _refuse(address, now)
        if event is None:
            outcome: EventOutcome | None = EventOutcome.UNREADABLE
        else:
            outcome = _settled(address.integration, event) or _wait(address, event, now)
        if outcome is not None:
            _store_ended(address.pk, event, outcome, now)
    return Receipt()


def cannot_read(integration: Integration) -> bool:
    """Whether Flatchr is not to be asked, so that events are left to the next sync."""
    return (
        not integration.enabled
        or integration.deleted_at is not None
        or not hasattr(integration, "credentials")
        or not integration.credentials.readable
        or integration.credentials_invalid_at is not None
        # The first sync reads everything.
        or integration.applicants_read_at is None
    )


def _settled(integration: Integration, event: FlatchrEvent) -> EventOutcome | None:
    """What becomes of an event about which Flatchr need not be asked; None for any other."""
    if cannot_read(integration):
        return EventOutcome.TO_SYNC
    if _is_of_another_company(integration, event):
        return EventOutcome.OTHER_COMPANY
    if event.subject in (Subject.MESSAGE, Subject.NOTHING):
        return EventOutcome.LEFT_OUT
    if event.subject is Subject.APPLICANT and not (event.vacancy_id or event.vacancy_number):
        # Flatchr searches by neither of the ids that an applicant has.
        return EventOutcome.TO_SYNC
    return None


def _is_of_another_company(integration: Integration, event: FlatchrEvent) -> bool:
    """Whether it names companies, none of which is the tenant's, and no job of the tenant's."""
    if not event.company_keys or integration.credentials.company_key in event.company_keys:
        return False
    own = Job.objects.filter(integration=integration)
    by_id = event.vacancy_id and own.filter(remote_id=event.vacancy_id).exists()
    return not by_id


def _is_full(address: EventAddress, now: datetime) -> bool:
    began = address.window_started_at
    current = began is not None and began <= now < began + WINDOW
    return current and address.window_used > settings.FLATCHR_EVENTS_PER_MINUTE


def _count(address: EventAddress, now: datetime, *, is_old: bool) -> bool:
    """Count one event; False when it is one too many in this minute."""
    row = EventAddress.objects.filter(pk=address.pk)
    seen = {"last_event_at": now, **({"old_used_at": now} if is_old else {})}
    over = Q(window_started_at=None) | Q(window_started_at__lte=now - WINDOW)
    # A clock that was set back must not make a minute last longer.
    over |= Q(window_started_at__gt=now)
    if row.filter(over).update(window_started_at=now, window_used=1, **seen):
        return True
    row.update(window_used=F("window_used") + 1, **seen)
    used = row.values_list("window_used", flat=True).first() or 0
    return used <= settings.FLATCHR_EVENTS_PER_MINUTE


def _refuse(address: EventAddress, now: datetime) -> Receipt:
    telemetry.flatchr_event_refused()
    began = address.window_started_at or now
    return Receipt(retry_after=max(1, round((began + WINDOW - now).total_seconds())))


def _wait(address: EventAddress, event: FlatchrEvent, now: datetime) -> EventOutcome | None:
    """Have the event worked on at once; an outcome when too many wait already."""
    same = {
        "integration_id": address.pk,
        "kind": event.kind,
        "vacancy_id": event.vacancy_id,
        "vacancy_number": event.vacancy_number,
        "applicant_id": event.applicant_id,
    }
    if not _repeat(same, now):
        waiting = IncomingEvent.objects.filter(integration=address.pk, outcome="")
        if waiting.order_by()[: MOST_WAITING + 1].count() >= MOST_WAITING:
            return EventOutcome.TO_SYNC
        try:
            with transaction.atomic():
                IncomingEvent.objects.create(
                    **same,
                    names_applicant=event.names_applicant,
                    received_at=now,
                    last_received_at=now,
                    due_at=now,
                )
        except IntegrityError:
            _repeat(same, now)
    EventAddress.objects.filter(pk=address.pk).update(next_attempt_at=now)
    EVENTS.enqueue(address.pk)
    return None


def _repeat(same: dict[str, object], now: datetime) -> bool:
    """Count the event as the same one that waits already; whether there is one."""
    return bool(
        IncomingEvent.objects.filter(**same, outcome="").update(
            times=F("times") + 1,
            last_received_at=now,
            due_at=Least(F("due_at"), now),
            during_run=None,
        )
    )


def _store_ended(
    integration_id: str, event: FlatchrEvent | None, outcome: EventOutcome, now: datetime
) -> None:
    IncomingEvent.objects.create(
        integration_id=integration_id,
        kind=event.kind if event else "",
        vacancy_id=event.vacancy_id if event else "",
        vacancy_number=event.vacancy_number if event else 0,
        applicant_id=event.applicant_id if event else "",
        received_at=now,
        last_received_at=now,
        outcome=outcome,
        ended_at=now,
    )
    ledger.count(integration_id, event.kind if event else "", outcome, now)
