"""The wake-up call for an export: may be lost, or come twice, without harm."""

from __future__ import annotations

import logging

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# A worker that is busy for longer has been woken again by the sweep meanwhile.
EXPIRES_SECONDS = 60


def worker(export_id: int) -> None:
    """Tell a worker that an export waits. A broker that is down is left to the sweep."""
    try:
        current_app.send_task(
            "integrations.tasks.work_on_export",
            args=[export_id],
            expires=EXPIRES_SECONDS,
            retry=False,
        )
    except (OperationalError, OSError):
        logger.warning("The broker could not be reached; the sweep will wake export %s", export_id)
