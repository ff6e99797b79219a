"""The wake-up call for filling in entries: may be lost, or come twice, without harm."""

from __future__ import annotations

import logging

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

EXPIRES_SECONDS = 60


def worker(integration_id: str) -> None:
    """Tell a worker that a tenant's entries are behind. A broker that is down is left to the
    sweep.
    """
    try:
        current_app.send_task(
            "integrations.tasks.fill_search",
            args=[integration_id],
            expires=EXPIRES_SECONDS,
            retry=False,
        )
    except (OperationalError, OSError):
        logger.warning("The broker could not be reached; the sweep will fill in the search")
