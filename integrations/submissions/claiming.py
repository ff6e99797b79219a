"""Who works on a submission: claiming the row, keeping it, and noticing that it was lost.

As with a run (`sync/lease.py`), every statement that writes for a submission does so only while
its worker still owns the row in the state in which it was claimed. Here the client's own ticks
renew the lease, so that a submission costs no thread.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from integrations.models import Submission, SubmissionState

LEASE = timedelta(seconds=20)
HEARTBEAT = timedelta(seconds=4)


class LeaseLost(Exception):
    """Somebody else has the submission, or it was cancelled: stop without writing anything."""


def free(now: datetime) -> Q:
    """Rows that no live worker holds."""
    return Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)


def claim(submission_id: str, states: Iterable[SubmissionState]) -> Claim | None:
    """Take the submission if it is in one of `states`, due, and nobody's; else None."""
    now = timezone.now()
    owner = uuid.uuid4().hex
    taken = Submission.objects.filter(
        free(now), pk=submission_id, state__in=list(states), next_attempt_at__lte=now
    ).update(lease_owner=owner, lease_expires_at=now + LEASE, attempts=F("attempts") + 1)
    if not taken:
        return None
    submission = Submission.objects.select_related("integration__credentials", "job").get(
        pk=submission_id
    )
    return Claim(submission, owner)


class Claim:
    """One worker's hold on one submission. All its writes go through here."""

    def __init__(self, submission: Submission, owner: str) -> None:
        self.submission = submission
        self.owner = owner
        self._renewed_at = timezone.now()

    def write(self, **fields: Any) -> None:
        """Set `fields`, on the row and on the object; raises `LeaseLost` when it is not ours.

        Call it first in a transaction that writes more: it locks the row until commit.
        """
        row = self.submission
        held = Submission.objects.filter(pk=row.pk, lease_owner=self.owner, state=row.state).update(
            **fields
        )
        if not held:
            raise LeaseLost
        for name, value in fields.items():
            setattr(row, name, value)

    def release(self, **fields: Any) -> None:
        """Set `fields` and let go of the submission; raises `LeaseLost`."""
        self.write(lease_owner="", lease_expires_at=None, **fields)

    def renew(self, length: timedelta = LEASE) -> None:
        """Hold the submission for `length` from now on; raises `LeaseLost`."""
        self._renewed_at = timezone.now()
        self.write(lease_expires_at=self._renewed_at + length)

    def beat(self) -> None:
        """Renew the lease if the last renewal is a while ago; raises `LeaseLost`."""
        if timezone.now() - self._renewed_at >= HEARTBEAT:
            self.renew()
