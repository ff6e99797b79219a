"""What a worker does for a bulk upload: check it, or queue its next rows."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import F

from integrations import jobs
from integrations.jobs import LeaseLost, RecordLease
from integrations.models import BulkState, BulkUpload
from integrations.submissions.bulk.check import BROKEN, check, refuse
from integrations.submissions.bulk.enqueue import queue, skip
from integrations.submissions.bulk.uploads import UPLOADS, unattended

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
# How often in a row a worker may die over the same work before it is given up.
MOST_ATTEMPTS = 5


def claim(upload_id: str) -> RecordLease[BulkUpload] | None:
    """Claim the upload if it needs a worker and is free; else None."""
    owner = jobs.claim(
        BulkUpload.objects.filter(unattended(jobs.now()), pk=upload_id),
        length=LEASE,
        attempts=F("attempts") + 1,
    )
    if owner is None:
        return None
    uploads = BulkUpload.objects.select_related("integration__credentials", "created_by")
    return RecordLease(uploads.get(pk=upload_id), owner=owner, length=LEASE)


def work_on(upload_id: str) -> bool:
    """Check the upload, or queue its next rows; whether there was anything to do.

    Safe to call at any time and by any number of workers. One call queues some rows only and
    wakes the next worker, so that the submissions made so far get their turn in between.
    """
    lease = claim(upload_id)
    if lease is None:
        return False
    exhausted = lease.record.attempts > MOST_ATTEMPTS
    try:
        if lease.record.state == BulkState.CHECKING:
            if exhausted:
                refuse(lease, BROKEN)
            else:
                check(lease)
            return True
        if exhausted:
            skip(lease)
        if queue(lease):
            UPLOADS.wake(upload_id)
    except LeaseLost:
        logger.info("Upload %s was cancelled, removed, or taken over", upload_id)
    return True
