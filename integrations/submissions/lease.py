"""The lease of a submission: waking a worker for it, claiming the row, and keeping it.

The Flatchr client's own ticks renew the lease, so that a submission costs no thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from integrations import jobs
from integrations.lanes import Lane
from integrations.models import Submission, SubmissionState

LEASE = timedelta(seconds=20)
HEARTBEAT = timedelta(seconds=4)
# What became due so short a while ago has its own wake-up call on the way.
OVERDUE = timedelta(seconds=5)
# Submissions that one sweep wakes workers for at most, the longest overdue first: a bulk upload
# can have many thousands waiting, and each needless call costs a worker a moment.
MOST_CALLS = 200


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
        self._renewed_at = timezone.now()

    def renew_for(self, length: timedelta) -> None:
        """Extend the lease to `length` from now; raises `LeaseLost`."""
        self._renewed_at = timezone.now()
        self.write(lease_expires_at=self._renewed_at + length)

    def tick(self) -> None:
        """Renew the lease if `HEARTBEAT` has passed since the last time; raises `LeaseLost`."""
        if timezone.now() - self._renewed_at >= HEARTBEAT:
            self.renew_for(LEASE)
