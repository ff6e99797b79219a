"""What a worker does for an upload: whatever it needs next."""

from __future__ import annotations

import logging

from integrations.models import BulkState
from integrations.submissions.bulk import wake
from integrations.submissions.bulk.check import BROKEN, check, refuse
from integrations.submissions.bulk.enqueue import queue, skip
from integrations.submissions.bulk.lease import LeaseLost, claim

logger = logging.getLogger(__name__)

# How often in a row a worker may vanish over the same work before it is given up.
MOST_ATTEMPTS = 5


def work_on(upload_id: str) -> bool:
    """Check the upload, or queue its next rows; whether there was anything to do.

    Safe to call at any time and by any number of workers. One call queues some rows only and
    wakes the next, so that the submissions made so far get their turn in between.
    """
    lease = claim(upload_id)
    if lease is None:
        return False
    hopeless = lease.upload.attempts > MOST_ATTEMPTS
    try:
        if lease.upload.state == BulkState.CHECKING:
            if hopeless:
                refuse(lease, BROKEN)
            else:
                check(lease)
            return True
        if hopeless:
            skip(lease)
        if queue(lease):
            wake.worker(upload_id)
    except LeaseLost:
        logger.info("Upload %s was cancelled, removed, or taken over", upload_id)
    return True
