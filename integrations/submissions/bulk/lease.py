"""Who works on an upload: claiming it, keeping it, and noticing that it was lost or cancelled."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from integrations import jobs
from integrations.jobs import LeaseLost
from integrations.models import WORKED_UPLOADS, BulkUpload

__all__ = ["LEASE", "Lease", "LeaseLost", "claim", "unattended"]

LEASE = timedelta(seconds=60)


def unattended(now: datetime) -> Q:
    """Uploads that need a worker and that no live one holds."""
    return jobs.free(now) & Q(state__in=WORKED_UPLOADS)


def claim(upload_id: str) -> Lease | None:
    """Take the upload if it needs a worker and is nobody's; else None."""
    now = timezone.now()
    owner = jobs.take(BulkUpload.objects.filter(unattended(now), pk=upload_id), now, LEASE)
    if owner is None:
        return None
    upload = BulkUpload.objects.select_related("integration__credentials", "created_by").get(
        pk=upload_id
    )
    return Lease(upload, owner)


class Lease(jobs.RecordHold):
    """One worker's hold on one upload."""

    length = LEASE

    def __init__(self, upload: BulkUpload, owner: str) -> None:
        super().__init__(upload, owner)
        self.upload = upload

    def release(self, **fields: Any) -> None:
        super().release(attempts=0, **fields)
