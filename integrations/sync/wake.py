"""The wake-up call to a worker: may be lost, or come twice, without harm."""

from __future__ import annotations

import logging

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# A worker that is busy for longer has been woken again by the sweep meanwhile.
EXPIRES_SECONDS = 60


def worker(run_id: int) -> None:
    """Tell a worker that a run waits. A broker that is down is left to the sweep."""
    try:
        current_app.send_task(
            "integrations.tasks.run_sync", args=[run_id], expires=EXPIRES_SECONDS, retry=False
        )
    except (OperationalError, OSError):
        logger.warning("The broker could not be reached; the sweep will wake run %s", run_id)
