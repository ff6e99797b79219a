"""The lease of a submission: waking a worker, claiming the row, keeping it, and ending the work.

The Flatchr client's own ticks renew the lease, so that a submission costs no thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from integrations import jobs, telemetry
from integrations.flatchr.errors import FlatchrError
from integrations.lanes import Lane
from integrations.messages import Message
from integrations.models import Submission, SubmissionState
from integrations.tenants.exchange_recorder import ExchangeRecorder

LEASE = timedelta(seconds=20)
HEARTBEAT = timedelta(seconds=4)
# What became due so short a while ago has its own wake-up call on the way.
OVERDUE = timedelta(seconds=5)
# Submissions that one sweep wakes workers for at most, the longest overdue first: a bulk upload
# can have many thousands waiting, and each needless call costs a worker a moment.
MOST_CALLS = 200

# Kinds of error that only a submission can end with, besides those of `flatchr.errors.ErrorKind`.
ALREADY_APPLIED = "already_applied"
CANCELLED = "cancelled"
NOT_FOUND = "not_found"
UNSETTLED = "unsettled"

LOOKING = Message("submission_looking")


def _find_waiting(now: datetime) -> QuerySet[Submission, str]:
    waiting = Q(lease_expires_at=None, next_attempt_at__lt=now - OVERDUE)
    stale = jobs.is_expired(now) & Q(next_attempt_at__lte=now)
    due = Submission.objects.filter(waiting | stale).order_by("next_attempt_at")
    return due.values_list("pk", flat=True)[:MOST_CALLS]


SUBMISSIONS = jobs.register(
    jobs.JobKind(
        name="submission",
        task="integrations.tasks.run_submission",
        lane=Lane.NOW,
        find_waiting=_find_waiting,
    )
)


def claim(submission_id: str, states: Iterable[SubmissionState]) -> SubmissionLease | None:
    """Claim the submission if it is in one of `states`, due, and free; else None."""
    now = jobs.now()
    due = Submission.objects.filter(
        jobs.is_free(now), pk=submission_id, state__in=list(states), next_attempt_at__lte=now
    )
    owner = jobs.claim(due, length=LEASE, attempts=F("attempts") + 1)
    if owner is None:
        return None
    submission = Submission.objects.select_related("integration__credentials", "job").get(
        pk=submission_id
    )
    return SubmissionLease(submission, owner)


class SubmissionLease(jobs.RecordLease[Submission]):
    """One worker's lease of one submission."""

    def __init__(self, submission: Submission, owner: str) -> None:
        super().__init__(submission, owner=owner, length=LEASE)
        self.submission = submission
        self._claimed_at = self._renewed_at = timezone.now()

    def renew_for(self, length: timedelta) -> None:
        """Extend the lease to `length` from now; raises `LeaseLost`."""
        self._renewed_at = timezone.now()
        self.write(lease_expires_at=self._renewed_at + length)

    def tick(self) -> None:
        """Renew the lease if `HEARTBEAT` has passed since the last time; raises `LeaseLost`."""
        if timezone.now() - self._renewed_at >= HEARTBEAT:
            self.renew_for(LEASE)

    def requeue(self, pause: timedelta) -> None:
        """Let the submission wait in the queue for `pause`; nothing was accepted."""
        self.release(
            state=SubmissionState.QUEUED,
            sent_at=None,
            settle_at=None,
            # What came before was no death of a worker.
            attempts=1,
            next_attempt_at=jobs.now() + pause,
        )
        SUBMISSIONS.enqueue(self.submission.pk, after=pause.total_seconds())

    def uncertain(self, error: FlatchrError | None, detail: str = "") -> None:
        """The request may have arrived: search Flatchr from now on."""
        self.release(
            state=SubmissionState.UNCERTAIN,
            next_attempt_at=jobs.now(),
            error_kind=error.kind.value if error else "interrupted",
            error_message=LOOKING,
            error_detail=error.detail if error else detail,
        )
        SUBMISSIONS.enqueue(self.submission.pk)

    def fail(
        self,
        kind: str,
        message: Message,
        detail: str = "",
        *,
        recorder: ExchangeRecorder | None = None,
        **fields: Any,
    ) -> None:
        """It has failed, and Flatchr does not have it from us; `fields` are columns to set, too."""
        with transaction.atomic():
            self.release(
                state=SubmissionState.FAILED,
                ended_at=timezone.now(),
                next_attempt_at=None,
                error_kind=kind,
                error_message=message,
                error_detail=detail[:2000],
                **fields,
            )
            if recorder is not None:
                recorder.flush()

    def report(self) -> None:
        """Log and count that the worker is done with the submission, as it has left it."""
        telemetry.submission_left(
            submission=self.submission.pk,
            tenant=self.submission.integration_id,
            state=self.submission.state,
            error=self.submission.error_kind,
            seconds=(timezone.now() - self._claimed_at).total_seconds(),
        )
