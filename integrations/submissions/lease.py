"""Who works on a submission: claiming the row, keeping it, and noticing that it was lost.

Here the client's own ticks renew the lease, so that a submission costs no thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from integrations import jobs
from integrations.jobs import LeaseLost
from integrations.models import Submission, SubmissionState

__all__ = ["LEASE", "Claim", "LeaseLost", "claim"]

LEASE = timedelta(seconds=20)
HEARTBEAT = timedelta(seconds=4)


def claim(submission_id: str, states: Iterable[SubmissionState]) -> Claim | None:
    """Take the submission if it is in one of `states`, due, and nobody's; else None."""
    now = timezone.now()
    due = Submission.objects.filter(
        jobs.free(now), pk=submission_id, state__in=list(states), next_attempt_at__lte=now
    )
    owner = jobs.take(due, now, LEASE)
    if owner is None:
        return None
    submission = Submission.objects.select_related("integration__credentials", "job").get(
        pk=submission_id
    )
    return Claim(submission, owner)


class Claim(jobs.RecordHold):
    """One worker's hold on one submission."""

    length = LEASE

    def __init__(self, submission: Submission, owner: str) -> None:
        super().__init__(submission, owner)
        self.submission = submission
        self._renewed_at = timezone.now()

    def renew_for(self, length: timedelta) -> None:
        """Hold the submission for `length` from now on; raises `LeaseLost`."""
        self._renewed_at = timezone.now()
        self.write(lease_expires_at=self._renewed_at + length)

    def beat(self) -> None:
        """Renew the lease if the last renewal is a while ago; raises `LeaseLost`."""
        if timezone.now() - self._renewed_at >= HEARTBEAT:
            self.renew_for(LEASE)
