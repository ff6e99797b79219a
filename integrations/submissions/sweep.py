"""Waking workers for submissions that nobody was woken for, or whose worker has died."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from integrations.models import Submission
from integrations.submissions import wake

# What became due so short a while ago has a call of its own on the way.
OVERDUE = timedelta(seconds=5)
# Calls made at a time, the longest overdue first: a bulk upload can have many thousands waiting,
# and each call that comes in vain costs a worker a moment.
MOST_CALLS = 200


def sweep() -> None:
    """Wake a worker for what is due and unattended. Runs each few seconds; idempotent."""
    for submission_id in unattended(timezone.now()):
        wake.worker(submission_id)


def unattended(now: datetime) -> list[str]:
    """Submissions that are due and that nobody works on."""
    waiting = Q(lease_expires_at=None, next_attempt_at__lt=now - OVERDUE)
    left_behind = Q(lease_expires_at__lt=now, next_attempt_at__lte=now)
    due = Submission.objects.filter(waiting | left_behind).order_by("next_attempt_at")
    return list(due.values_list("pk", flat=True)[:MOST_CALLS])
