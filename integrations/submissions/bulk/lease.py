"""Who works on an upload; as with a submission, every write re-checks that it is still ours."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from integrations.models import WORKED_UPLOADS, BulkUpload

LEASE = timedelta(seconds=60)


class LeaseLost(Exception):
    """Somebody else has the upload, or it was cancelled: stop without writing anything."""


def unattended(now: datetime) -> Q:
    """Uploads that need a worker and that no live one holds."""
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
    return free & Q(state__in=WORKED_UPLOADS)


def claim(upload_id: str) -> Lease | None:
    """Take the upload if it needs a worker and is nobody's; else None."""
    now = timezone.now()
    owner = uuid.uuid4().hex
    taken = BulkUpload.objects.filter(unattended(now), pk=upload_id).update(
        lease_owner=owner, lease_expires_at=now + LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    upload = BulkUpload.objects.select_related("integration__credentials", "created_by").get(
        pk=upload_id
    )
    return Lease(upload, owner)


class Lease:
    """One worker's hold on one upload. All its writes on the upload go through here."""

    def __init__(self, upload: BulkUpload, owner: str) -> None:
        self.upload = upload
        self.owner = owner

    def renew(self, **fields: Any) -> None:
        """Hold the upload for longer and set `fields`; raises `LeaseLost`.

        Call it first in a transaction that writes more: it locks the row until commit.
        """
        self._write(lease_expires_at=timezone.now() + LEASE, **fields)

    def release(self, **fields: Any) -> None:
        """Set `fields` and let go of the upload; raises `LeaseLost`."""
        self._write(lease_owner="", lease_expires_at=None, attempts=0, **fields)

    def _write(self, **fields: Any) -> None:
        held = BulkUpload.objects.filter(
            pk=self.upload.pk, lease_owner=self.owner, state=self.upload.state
        ).update(**fields)
        if not held:
            raise LeaseLost
        for name, value in fields.items():
            setattr(self.upload, name, value)
