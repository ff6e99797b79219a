"""The wake-up call for an upload: may be lost, or come twice, without harm."""

from __future__ import annotations

import logging

from celery import current_app
from kombu.exceptions import OperationalError

from integrations.sync.wake import EXPIRES_SECONDS

logger = logging.getLogger(__name__)


def worker(upload_id: str) -> None:
    """Tell a worker that an upload needs it. A broker that is down is left to the sweep."""
    try:
        current_app.send_task(
            "integrations.tasks.work_on_upload",
            args=[upload_id],
            expires=EXPIRES_SECONDS,
            retry=False,
        )
    except (OperationalError, OSError):
        logger.warning("The broker could not be reached; the sweep will wake upload %s", upload_id)
