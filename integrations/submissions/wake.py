"""The wake-up call to a worker: may be lost, or come twice, without harm."""

from __future__ import annotations

import logging

from celery import current_app
from kombu.exceptions import OperationalError

from integrations.sync.wake import EXPIRES_SECONDS

logger = logging.getLogger(__name__)

# Calls that are further ahead are left to the sweep, which comes round more often than that.
LONGEST_COUNTDOWN = 20.0


def worker(submission_id: str, *, after: float = 0.0) -> None:
    """Tell a worker that a submission waits, or will in `after` seconds.

    A broker that is down is left to the sweep, and so is a call that is far ahead.
    """
    if after > LONGEST_COUNTDOWN:
        return
    try:
        current_app.send_task(
            "integrations.tasks.run_submission",
            args=[submission_id],
            countdown=after or None,
            expires=EXPIRES_SECONDS + after,
            retry=False,
        )
    except (OperationalError, OSError):
        logger.warning(
            "The broker could not be reached; the sweep will wake submission %s", submission_id
        )
