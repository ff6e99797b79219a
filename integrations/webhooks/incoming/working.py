"""Working off a tenant's waiting events: what they name is read from Flatchr, and they end.

An event is a hint. Nothing of it is stored but ids, so a forged or repeated one changes nothing. At
most one worker is at a tenant's events; it takes all that wait together, reads each job once, and
leaves the rest to its next turn, so that other tenants come in between.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from django.db import transaction
from django.db.models import F, Min, Q

from integrations import jobs
from integrations.flatchr.configuration import INTERACTIVE
from integrations.flatchr.errors import FlatchrError
from integrations.flatchr.events import KINDS, Subject, subject_of
from integrations.jobs import HeartbeatLease, LeaseLost
from integrations.models import (
    LIVE_STATES,
    Application,
    EventAddress,
    EventOutcome,
    IncomingEvent,
    Job,
    SyncRun,
)
from integrations.records import Model
from integrations.sync.lease import RunBegun
from integrations.tenants.clients import open_action_client
from integrations.tenants.exchange_recorder import ExchangeRecorder
from integrations.tenants.scopes import excluded_models
from integrations.webhooks.incoming import ledger
from integrations.webhooks.incoming.allowance import RequestAllowance
from integrations.webhooks.incoming.reading import EventReader
from integrations.webhooks.incoming.receiving import EVENTS, cannot_read

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
HEARTBEAT_SECONDS = 4.0
# Nobody waits for longer: what takes longer is tried again.
PATIENCE = replace(INTERACTIVE, read_timeout=10, stream_deadline=20, get_deadline=10, attempts=1)
# Events looked at, and jobs whose applicants are read, in one turn.
MOST_EVENTS = 500
MOST_JOBS = 5
# How far reads of all vacancies are apart: Flatchr gives no single one with all that a list has.
LISTS_APART = timedelta(seconds=10)
# When to look again for what an event names and Flatchr does not show, in seconds.
AGAIN = (3, 15, 60)
# When to try again after Flatchr has not answered, in seconds; then it is left to the next sync.
RETRIES = (5, 30, 120, 600)
# When to look again whether the sync has ended beside which something was written.
AFTER_RUN = timedelta(seconds=30)


def work_on(integration_id: str) -> bool:
    """Work off the tenant's events that are due; whether any were, and nobody else is at them.

    Safe to call at any time.
    """
    rows = EventAddress.objects.filter(pk=integration_id)
    now = jobs.now()
    due = rows.filter(jobs.is_free(now), next_attempt_at__lte=now)
    owner = jobs.claim(due, length=LEASE)
    if owner is None:
        return False
    lease = HeartbeatLease(
        rows, owner=owner, length=LEASE, seconds=HEARTBEAT_SECONDS, name=f"Events {integration_id}"
    )
    try:
        with lease:
            turn = EventTurn(lease, integration_id)
            turn.work()
            turn.finish()
    except (LeaseLost, EventAddress.DoesNotExist):
        logger.info("The events of tenant %s are no longer this worker's", integration_id)
        return True
    if turn.reader is not None:
        # The next sync does it if it fails here.
        with jobs.failure_logged("Filling in the search for events of %s", integration_id):
            turn.reader.fill_search()
    return True


@dataclass(slots=True)
class EventDecision:
    """What becomes of one event: an outcome, or when it is looked at again."""

    event: IncomingEvent
    outcome: EventOutcome | None = None
    again: datetime | None = None
    tried: bool = True
    told: bool = False
    during_run: int | None = None


@dataclass(slots=True)
class NamedJobs:
    """The jobs that events name, by either id."""

    by_id: dict[str, Job] = field(default_factory=dict)
    by_number: dict[int, Job] = field(default_factory=dict)

    def of(self, event: IncomingEvent) -> Job | None:
        return self.by_id.get(event.vacancy_id) or self.by_number.get(event.vacancy_number)


class EventTurn:
    """One worker's turn at one tenant's events."""

    def __init__(self, lease: HeartbeatLease, integration_id: str) -> None:
        self._lease = lease
        self._now = jobs.now()
        self._address = EventAddress.objects.select_related(
            "integration__credentials", "integration__flatchr_settings"
        ).get(pk=integration_id)
        self._integration = self._address.integration
        self._allowance = RequestAllowance.of(self._address, self._now)
        self._decisions: list[EventDecision] = []
        self._failures = 0
        self._jobs_read_at = self._address.jobs_read_at
        self.reader: EventReader | None = None

    @cached_property
    def _excluded(self) -> frozenset[Model]:
        return excluded_models(self._integration.flatchr_settings.scopes)

    def work(self) -> None:
        """Decide about the events that are due. Raises `LeaseLost`."""
        waiting = self._waiting()
        if cannot_read(self._integration):
            self._end(waiting, EventOutcome.TO_SYNC)
            return
        to_read = [event for event in waiting if self._needs_reading(event)]
        if not to_read or self._allowance.is_used_up:
            return
        recorder = ExchangeRecorder(self._integration.pk)
        try:
            with open_action_client(self._integration, recorder, PATIENCE) as client:
                self.reader = EventReader(self._integration, client)
                self._read(self.reader, to_read, recorder)
        except FlatchrError as error:
            self._fail(to_read, error)
        except RunBegun:
            self._put_off(to_read, timedelta(seconds=1))
        except LeaseLost:
            raise
        except Exception:
            logger.exception("The events of tenant %s failed", self._integration.pk)
            self._fail(to_read, None)
        finally:
            self._allowance.spend(len(recorder.ended))
            recorder.flush()

    def finish(self) -> None:
        """Write what was decided, and when the next event is due. Raises `LeaseLost`."""
        now = jobs.now()
        with transaction.atomic():
            # Locks the address: an event that comes now waits, and wakes a worker of its own.
            self._lease.renew()
            for decision in self._decisions:
                self._write(decision, now)
            waiting = IncomingEvent.objects.filter(integration=self._integration, outcome="")
            upcoming = waiting.aggregate(first=Min("due_at"))["first"]
            if upcoming is not None:
                upcoming = max(upcoming, now + timedelta(seconds=self._allowance.pause))
                EVENTS.enqueue(self._integration.pk, after=(upcoming - now).total_seconds())
            told = {"last_change_at": now} if self._has_told() else {}
            self._lease.release(
                next_attempt_at=upcoming,
                failures=self._failures,
                jobs_read_at=self._jobs_read_at,
                requests_left=self._allowance.left,
                requests_counted_at=self._allowance.counted_at,
                **told,
            )

    def _has_told(self) -> bool:
        return any(one.told and not one.event.told for one in self._decisions)

    def _waiting(self) -> list[IncomingEvent]:
        due = IncomingEvent.objects.filter(
            integration=self._integration, outcome="", due_at__lte=self._now
        )
        return list(due.order_by("due_at", "pk")[:MOST_EVENTS])

    def _needs_reading(self, event: IncomingEvent) -> bool:
        """Whether Flatchr is to be asked; decides about the event otherwise."""
        if _subject(event) is Subject.APPLICANT and Model.APPLICATIONS in self._excluded:
            self._end([event], EventOutcome.LEFT_OUT)
            return False
        if event.during_run is None:
            return True
        runs = SyncRun.objects.filter(integration=self._integration)
        if runs.filter(pk=event.during_run, state__in=LIVE_STATES).exists():
            self._decisions.append(
                EventDecision(
                    event, again=self._now + AFTER_RUN, tried=False, during_run=event.during_run
                )
            )
            return False
        if runs.filter(pk__gt=event.during_run, started_at__isnull=False).exists():
            # It has read after the event, and what it writes is no older.
            self._end([event], _of(event.told))
            return False
        return True

    # Reading

    def _read(
        self, reader: EventReader, events: list[IncomingEvent], recorder: ExchangeRecorder
    ) -> None:
        found = self._jobs_of(events)
        about_vacancies = [one for one in events if _subject(one) is Subject.VACANCY]
        about_applicants = [one for one in events if _subject(one) is Subject.APPLICANT]
        unknown = [event for event in about_applicants if found.of(event) is None]
        if (about_vacancies or unknown) and (pause := self._pause_before_list()):
            self._put_off([*about_vacancies, *unknown], pause)
            about_applicants = [event for event in about_applicants if event not in unknown]
        elif about_vacancies or unknown:
            self._jobs_read_at = self._now
            written = reader.read_jobs()
            found = self._jobs_of(events)
            for event in about_vacancies:
                job = found.of(event)
                told = job is not None and job.pk in written
                self._decide(reader, event, seen=job is not None, told=told)
        groups: dict[str, list[IncomingEvent]] = defaultdict(list)
        jobs_read: dict[str, Job] = {}
        for event in about_applicants:
            job = found.of(event)
            if job is None:
                self._decide(reader, event, seen=False, told=False)
            else:
                jobs_read[job.pk] = job
                groups[job.pk].append(event)
        for pk in list(groups)[:MOST_JOBS]:
            if self._allowance.left - len(recorder.ended) < 1.0:
                return
            self._read_applicants(reader, jobs_read[pk], groups[pk])

    def _pause_before_list(self) -> timedelta | None:
        """How long to wait before all vacancies are listed again; None when that may be now."""
        if self._jobs_read_at is None:
            return None
        pause = self._jobs_read_at + LISTS_APART - self._now
        return pause if timedelta() < pause <= LISTS_APART else None

    def _read_applicants(self, reader: EventReader, job: Job, events: list[IncomingEvent]) -> None:
        """Read a job's applicants for all events about them.

        Archived ones, too, when the events may be about one: those of kinds that are not known, and
        those whose applicant is not among the active ones.
        """
        since = min(event.received_at for event in events)
        found = reader.read_applicants(job, since=since)
        named = {event.applicant_id for event in events if event.applicant_id}
        # A search shows what has changed of late: one that is stored and not shown has not.
        stored = Application.objects.live().filter(integration=self._integration)
        known = stored.filter(remote_id__in=named - found.seen).values_list("remote_id", flat=True)
        found.seen |= set(known)
        if not found.seen or named - found.seen or any(one.kind not in KINDS for one in events):
            archived = reader.read_applicants(job, since=since, archived=True)
            found.seen |= archived.seen
            found.written |= archived.written
        for event in events:
            if event.applicant_id:
                seen = event.applicant_id in found.seen
                told = event.applicant_id in found.written
            else:
                # It does not say which. A search may lag behind the event by a moment.
                told = bool(found.written)
                seen = told or event.attempts > 0
            self._decide(reader, event, seen=seen, told=told)

    def _decide(self, reader: EventReader, event: IncomingEvent, *, seen: bool, told: bool) -> None:
        told = told or event.told
        if not seen and not event.told:
            pause = AGAIN[event.attempts] if event.attempts < len(AGAIN) else None
            again = None if pause is None else self._now + timedelta(seconds=pause)
            outcome = EventOutcome.NOT_FOUND if again is None else None
            self._decisions.append(EventDecision(event, outcome, again))
        elif reader.during_run is not None:
            again = self._now + AFTER_RUN
            self._decisions.append(
                EventDecision(event, again=again, told=told, during_run=reader.during_run)
            )
        else:
            self._decisions.append(EventDecision(event, _of(told), told=told))

    def _jobs_of(self, events: Iterable[IncomingEvent]) -> NamedJobs:
        ids = {event.vacancy_id for event in events if event.vacancy_id}
        numbers = {event.vacancy_number for event in events if event.vacancy_number}
        wanted = Q(remote_id__in=ids) | Q(vacancy_id__in=numbers)
        rows = list(Job.objects.filter(wanted, integration=self._integration))
        return NamedJobs(
            {job.remote_id: job for job in rows},
            {job.vacancy_id: job for job in rows if job.vacancy_id is not None},
        )

    # Deciding

    def _end(self, events: Iterable[IncomingEvent], outcome: EventOutcome) -> None:
        self._decisions.extend(EventDecision(event, outcome) for event in events)

    def _fail(self, events: list[IncomingEvent], error: FlatchrError | None) -> None:
        """Flatchr has not answered what is not decided yet."""
        decided = {decision.event.pk for decision in self._decisions}
        left = [event for event in events if event.pk not in decided]
        self._failures = self._address.failures + 1
        if (error is not None and error.kind.is_auth) or self._failures > len(RETRIES):
            self._failures = 0
            self._end(left, EventOutcome.TO_SYNC)
            return
        pause = RETRIES[self._failures - 1]
        if error is not None and error.retry_after is not None:
            pause = max(pause, min(round(error.retry_after), RETRIES[-1]))
        self._put_off(left, timedelta(seconds=pause))

    def _put_off(self, events: list[IncomingEvent], pause: timedelta) -> None:
        decided = {decision.event.pk for decision in self._decisions}
        self._decisions.extend(
            EventDecision(event, again=self._now + pause, tried=False, during_run=event.during_run)
            for event in events
            if event.pk not in decided
        )

    def _write(self, decision: EventDecision, now: datetime) -> None:
        event = decision.event
        if decision.outcome is not None:
            ledger.end(event, decision.outcome, now)
            return
        # One that has come again meanwhile stays due.
        IncomingEvent.objects.filter(pk=event.pk, outcome="", times=event.times).update(
            due_at=decision.again,
            attempts=F("attempts") + int(decision.tried),
            told=decision.told or event.told,
            during_run=decision.during_run,
        )


def _of(told: bool) -> EventOutcome:
    return EventOutcome.CHANGED if told else EventOutcome.UNCHANGED


def _subject(event: IncomingEvent) -> Subject:
    return subject_of(
        event.kind,
        names_vacancy=bool(event.vacancy_id or event.vacancy_number),
        names_applicant=event.names_applicant,
    )
