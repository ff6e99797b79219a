"""Sending a submission from the process that has created it, and waiting for its end.

The row is in the queue as every other one: whoever claims it sends it, and nobody else can. Sending
it here only saves the wait for a worker to be free. If it has not ended in time, it goes on without
the caller.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from django.db import connections
from django.utils import timezone

from integrations.models import Submission, SubmissionState
from integrations.submissions import send

logger = logging.getLogger(__name__)

# The pauses between two looks at a row that another process works on.
SHORTEST_LOOK, LONGEST_LOOK = 0.05, 0.5
# Submissions that this process sends at a time; the rest is left to the workers.
_SENDERS = threading.BoundedSemaphore(16)


def has_ended(submission: Submission) -> bool:
    """Whether it has failed, or has succeeded and its records are known."""
    if submission.state == SubmissionState.SUCCEEDED:
        return submission.application_id is not None
    return submission.state == SubmissionState.FAILED


def send_and_wait(submission: Submission, *, seconds: float) -> Submission:
    """Return the submission as it is when it has ended, or when the time is up.

    It is sent at most once, here or by a worker, and goes on after the time is up.
    """
    end = time.monotonic() + seconds
    pause = SHORTEST_LOOK
    while True:
        _send(submission, end)
        submission.refresh_from_db()
        left = end - time.monotonic()
        if has_ended(submission) or left <= 0:
            return submission
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_LOOK)


def _send(submission: Submission, end: float) -> None:
    """Send the submission from this process if it is due, and wait for that until `end`."""
    due = submission.next_attempt_at
    unclaimed = submission.state == SubmissionState.QUEUED and not submission.lease_owner
    if not unclaimed or due is None or due > timezone.now() + timedelta(seconds=0.01):
        return
    if not _SENDERS.acquire(blocking=False):
        return
    sender = threading.Thread(
        target=_send_and_close, args=(submission.pk,), name="submission-send", daemon=True
    )
    sender.start()
    sender.join(max(0.0, end - time.monotonic()))


def _send_and_close(submission_id: str) -> None:
    """Run on a thread of its own, which outlives a caller that has waited long enough."""
    try:
        send.send(submission_id)
    except Exception:
        # The row says what is left to do, and the sweep finds it.
        logger.exception("Submission %s could not be sent from here", submission_id)
    finally:
        _SENDERS.release()
        connections.close_all()
