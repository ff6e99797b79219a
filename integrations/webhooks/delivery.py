"""Delivering: one loop that takes endpoints, has threads send to them, and writes what came of it.

The loop alone uses the database; the threads only send. It holds a lease of each endpoint that it
works on, so however many workers there are, one decides how much an endpoint gets at once. A slow
endpoint keeps its own threads busy and nobody else's. When a worker dies, the leases run out, and
what it had not written down is sent again under the same id: at least once.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from django.db import connection, transaction
from django.db.models import F

from integrations import jobs, lanes, telemetry
from integrations.jobs import Lease, LeaseLost
from integrations.models import (
    DeliveryState,
    EndpointState,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from integrations.webhooks import catalogue, endpoints
from integrations.webhooks.outcome import DeliveryOutcome, outcome_of
from integrations.webhooks.queue import DELIVERIES, unattended, waiting
from integrations.webhooks.sending import Outgoing, Sent, send

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
RENEW_AFTER = timedelta(seconds=5)
# Requests to one endpoint at the same time; one that does not work gets one.
PER_ENDPOINT = 8
# Endpoints that one loop works on at the same time.
MOST_ENDPOINTS = 50
# Deliveries of an endpoint that are read ahead of their sending.
READ_AHEAD = 64
# Seconds to wait for an answer before it is looked whether something else is due.
POLL = 0.1
# Seconds from one look at what is due to an endpoint to the next while it is being waited for.
LOOK_AGAIN = 0.25
# Seconds from one look for endpoints that nobody holds to the next, while others are worked on.
TAKE_AGAIN = 0.1
# Answers that are written together, and seconds that the first of them waits for others.
WRITTEN_TOGETHER = 32
GATHERED = 0.1
# Seconds for which the shared clock is carried on without asking for it.
CLOCK_SECONDS = 1.0


def deliver_due() -> None:
    """Deliver what is due, and return when nothing is that another worker does not hold.

    Safe to call at any time and by any number of workers.
    """
    with ThreadPoolExecutor(
        MOST_ENDPOINTS * PER_ENDPOINT, thread_name_prefix="webhook"
    ) as executor:
        loop = DeliveryLoop(executor)
        try:
            while loop.step():
                pass
        finally:
            loop.release_all()


def deliver_in_background() -> None:
    """`deliver_due` as the thread of a worker does it: with a connection that it closes."""
    try:
        with jobs.failure_logged("Delivering webhooks"):
            deliver_due()
    finally:
        connection.close()


class HeldEndpoint:
    """An endpoint that the loop holds, with what of it is read ahead and what is being sent."""

    def __init__(self, endpoint: WebhookEndpoint, lease: Lease, now: datetime) -> None:
        self.endpoint = endpoint
        self.lease = lease
        self.renewed_at = now
        # When it was last looked for what is due, by the monotonic clock; 0 before.
        self.looked_at = 0.0
        self.secrets = endpoints.valid_secrets(endpoint, now)
        self.ahead: deque[Outgoing] = deque()
        self.sending: dict[int, Outgoing] = {}
        # What came of requests and is not written yet; since when there is any.
        self.answered: list[Sent] = []
        self.answered_since = 0.0

    @property
    def is_idle(self) -> bool:
        return not (self.sending or self.ahead or self.answered)

    @property
    def is_to_be_written(self) -> bool:
        """Whether its answers have gathered for long enough, or no more are to come."""
        if not self.answered:
            return False
        waited = time.monotonic() - self.answered_since > GATHERED
        together = len(self.answered) >= WRITTEN_TOGETHER
        # What an endpoint gets next depends on whether it works.
        return waited or together or not self.sending or not self.answered[-1].succeeded

    def take_answer(self, sent: Sent) -> None:
        self.sending.pop(sent.outgoing.delivery_id, None)
        if not self.answered:
            self.answered_since = time.monotonic()
        self.answered.append(sent)

    @property
    def room(self) -> int:
        """How many requests may be begun now."""
        most = 1 if self.endpoint.failing_since else PER_ENDPOINT
        return most - len(self.sending)

    def next(self) -> Outgoing | None:
        """The next to be sent; None when there is none that may be.

        That a sync has ended is told after the changes that it made.
        """
        for place, outgoing in enumerate(self.ahead):
            first = outgoing.event_type == catalogue.SYNC_FINISHED
            if first and any(
                one.tenant_id == outgoing.tenant_id and one.event_type == catalogue.DATA_CHANGED
                for one in self.sending.values()
            ):
                continue
            del self.ahead[place]
            return outgoing
        return None

    def read_ahead(self, now: datetime) -> None:
        """Fetch what is due, unless there is enough already."""
        if self.ahead:
            return
        self.looked_at = time.monotonic()
        due = (
            WebhookDelivery.objects.filter(
                endpoint=self.endpoint.pk, state=DeliveryState.PENDING, next_attempt_at__lte=now
            )
            .exclude(pk__in=[*self.sending, *(sent.outgoing.delivery_id for sent in self.answered)])
            .select_related("event")
            .order_by("next_attempt_at", "pk")
        )
        self.ahead.extend(self._outgoing(delivery) for delivery in due[:READ_AHEAD])

    def _outgoing(self, delivery: WebhookDelivery) -> Outgoing:
        event = delivery.event
        return Outgoing(
            delivery_id=delivery.pk,
            endpoint_id=self.endpoint.pk,
            tenant_id=event.integration_id,
            event_id=event.pk,
            event_type=event.type,
            url=self.endpoint.url,
            body=event.body.encode(),
            secrets=self.secrets,
        )


class DeliveryLoop:
    """The endpoints in hand, and the answers that have come and are not written yet."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor
        self._held: dict[str, HeldEndpoint] = {}
        self._answers: SimpleQueue[Sent] = SimpleQueue()
        self._clock = jobs.RunningClock(jobs.now())
        self._taken_at = 0.0

    def step(self) -> bool:
        """Take, send, write; False when there is nothing left to do."""
        if self._clock.age > CLOCK_SECONDS:
            self._clock = jobs.RunningClock(jobs.now())
        now = self._clock.now()
        if not lanes.is_stopping():
            self._take(now)
        for held in list(self._held.values()):
            self._keep(held, now)
        if not self._held:
            # What was queued while an endpoint was being given back woke nobody.
            return not lanes.is_stopping() and bool(waiting(now))
        self._take_answers()
        for held in list(self._held.values()):
            if held.is_to_be_written:
                self._write(held)
        return True

    def release_all(self) -> None:
        for held in list(self._held.values()):
            self._give_back(held)

    def _take(self, now: datetime) -> None:
        if len(self._held) >= MOST_ENDPOINTS:
            return
        if self._held and time.monotonic() - self._taken_at < TAKE_AGAIN:
            return
        self._taken_at = time.monotonic()
        for endpoint_id in waiting(now)[: MOST_ENDPOINTS - len(self._held)]:
            rows = WebhookEndpoint.objects.filter(unattended(now), pk=endpoint_id)
            if owner := jobs.claim(rows, length=LEASE):
                endpoint = WebhookEndpoint.objects.get(pk=endpoint_id)
                held = WebhookEndpoint.objects.filter(pk=endpoint_id)
                lease = Lease(held, owner=owner, length=LEASE)
                self._held[endpoint_id] = HeldEndpoint(endpoint, lease, now)

    def _keep(self, held: HeldEndpoint, now: datetime) -> None:
        """Send what may be sent to an endpoint, or give it back when nothing is due."""
        try:
            if now - held.renewed_at > RENEW_AFTER:
                held.lease.renew()
                held.renewed_at = now
        except LeaseLost:
            self._drop(held)
            return
        if lanes.is_stopping():
            held.ahead.clear()
        elif self._is_to_be_read(held):
            if self._may_send(held, now):
                held.read_ahead(now)
            else:
                held.ahead.clear()
        self._send(held)
        if held.is_idle:
            self._give_back(held)

    def _is_to_be_read(self, held: HeldEndpoint) -> bool:
        """Whether more may be sent to an endpoint now, and it is time to look."""
        if held.room <= 0:
            return False
        if held.endpoint.failing_since and held.looked_at and len(self._held) >= MOST_ENDPOINTS:
            # It has had its turn, and others wait.
            return False
        return held.is_idle or bool(held.ahead) or time.monotonic() - held.looked_at >= LOOK_AGAIN

    def _send(self, held: HeldEndpoint) -> None:
        """Begin as many requests as an endpoint may get now."""
        while held.room > 0 and (outgoing := held.next()):
            held.sending[outgoing.delivery_id] = outgoing
            self._executor.submit(send, outgoing).add_done_callback(self._done)

    def _may_send(self, held: HeldEndpoint, now: datetime) -> bool:
        """Whether the endpoint is as it was; reads it anew when more is to be read."""
        if held.ahead:
            return held.endpoint.state == EndpointState.ACTIVE
        found = WebhookEndpoint.objects.filter(pk=held.endpoint.pk).first()
        if found is None:
            return False
        held.endpoint = found
        held.secrets = endpoints.valid_secrets(found, now)
        ready = found.held_until is None or found.held_until <= now
        return found.state == EndpointState.ACTIVE and ready

    def _done(self, future: Future[Sent]) -> None:
        """In the thread that has sent."""
        self._answers.put(future.result())

    def _take_answers(self) -> None:
        """Take the answers that have come, and send on; waits a moment for the first."""
        waits = GATHERED if any(held.answered for held in self._held.values()) else POLL
        try:
            sent = self._answers.get(timeout=waits)
            while True:
                # Of one that was lost meanwhile, whoever has it sends again.
                if held := self._held.get(sent.outgoing.endpoint_id):
                    held.take_answer(sent)
                    # Not for one that fails: it may have been the last that it gets.
                    if sent.succeeded and not lanes.is_stopping():
                        self._send(held)
                sent = self._answers.get_nowait()
        except Empty:
            return

    def _write(self, held: HeldEndpoint) -> None:
        answers, held.answered = held.answered, []
        try:
            held.endpoint, outcomes = write(held.lease, answers, now=self._clock.now())
        except LeaseLost:
            self._drop(held)
            return
        except Exception:
            # The others are not to suffer. Its lease runs out, and it is sent again.
            logger.exception("Answers of webhook endpoint %s were not written", held.endpoint.pk)
            self._held.pop(held.endpoint.pk, None)
            return
        if not all(sent.succeeded for sent in answers):
            # What the endpoint may get now is looked up anew.
            held.ahead.clear()
        _report(outcomes)

    def _give_back(self, held: HeldEndpoint) -> None:
        self._held.pop(held.endpoint.pk, None)
        try:
            held.lease.release()
        except LeaseLost:
            logger.info("Webhook endpoint %s was taken over, or removed", held.endpoint.pk)

    def _drop(self, held: HeldEndpoint) -> None:
        self._held.pop(held.endpoint.pk, None)
        logger.warning("Webhook endpoint %s was taken over, or removed", held.endpoint.pk)


def write(
    lease: Lease, answers: Sequence[Sent], *, now: datetime
) -> tuple[WebhookEndpoint, list[DeliveryOutcome]]:
    """Write what came of requests to one endpoint, in one transaction; the endpoint as it is then,
    and the outcomes. Raises `LeaseLost`.
    """
    with transaction.atomic():
        lease.renew()
        endpoint = lease.rows().get()
        ids = [sent.outgoing.delivery_id for sent in answers]
        rows = {
            row.pk: row
            for row in WebhookDelivery.objects.filter(pk__in=ids, state=DeliveryState.PENDING)
        }
        # A delivery that was removed or given up meanwhile is left alone.
        outcomes = [
            outcome_of(rows[sent.outgoing.delivery_id], sent, now)
            for sent in answers
            if sent.outgoing.delivery_id in rows
        ]
        WebhookAttempt.objects.bulk_create([outcome.attempt for outcome in outcomes])
        arrived = [outcome for outcome in outcomes if outcome.state == DeliveryState.DELIVERED]
        for status in {outcome.sent.status for outcome in arrived}:
            WebhookDelivery.objects.filter(
                pk__in=[one.delivery.pk for one in arrived if one.sent.status == status]
            ).update(
                state=DeliveryState.DELIVERED,
                attempts=F("attempts") + 1,
                next_attempt_at=None,
                ended_at=now,
                last_status=status,
                last_error="",
            )
        for outcome in outcomes:
            if outcome.state != DeliveryState.DELIVERED:
                WebhookDelivery.objects.filter(pk=outcome.delivery.pk).update(
                    state=outcome.state,
                    attempts=F("attempts") + 1,
                    next_attempt_at=outcome.next_attempt_at,
                    ended_at=now if outcome.next_attempt_at is None else None,
                    last_status=outcome.sent.status,
                    last_error=outcome.sent.error,
                )
                if outcome.next_attempt_at is not None:
                    after = (outcome.next_attempt_at - now).total_seconds()
                    DELIVERIES.enqueue(endpoint.pk, after=after)
        endpoints.note_outcomes(endpoint, outcomes, now=now)
    return endpoint, outcomes


def _report(outcomes: Iterable[DeliveryOutcome]) -> None:
    """Log and count each attempt."""
    for outcome in outcomes:
        delivery, sent = outcome.delivery, outcome.sent
        telemetry.webhook_attempted(
            endpoint=delivery.endpoint_id,
            event=sent.outgoing.event_id,
            type=sent.outgoing.event_type,
            tenant=sent.outgoing.tenant_id,
            attempt=outcome.attempt.number,
            status=sent.status,
            error=sent.error,
            state=outcome.state,
            seconds=sent.seconds,
            since_queued=outcome.seconds_since_queued,
        )
