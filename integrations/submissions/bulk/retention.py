"""What is kept of uploads, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from integrations import jobs
from integrations.database import batched_writes
from integrations.models import BulkRow, BulkState, BulkUpload
from integrations.submissions.bulk.uploads import NOT_STARTED, remove_files

# What files are called, and what was found in them, can name a person.
NAMELESS: dict[str, Any] = {
    "sheet_name": "",
    "archive_name": "",
    "read_as": "",
    "notes": [],
    "refusal": "",
}


@jobs.RETENTION.register("uploads")
def retain() -> None:
    """Give up uploads that nobody started, empty the rows of old ones. Idempotent.

    Both after `SUBMISSION_KEEP_DAYS`: since the upload, and since its end. How many rows there
    were, and what became of each submission, stays.
    """
    now = timezone.now()
    old = now - timedelta(days=settings.SUBMISSION_KEEP_DAYS)
    for upload in BulkUpload.objects.filter(state__in=NOT_STARTED, created_at__lt=old):
        given_up = BulkUpload.objects.filter(pk=upload.pk, state=upload.state).update(
            state=BulkState.ABANDONED, ended_at=now, emptied_at=now, **NAMELESS
        )
        if given_up:
            batched_writes.delete(BulkRow.objects.filter(upload=upload.pk))
    nothing = {"values": {}, "findings": [], "to_send": [], "cv": "", "message": ""}
    for upload in BulkUpload.objects.filter(ended_at__lt=old, emptied_at=None):
        batched_writes.update(
            BulkRow.objects.filter(upload=upload.pk).exclude(**nothing), **nothing
        )
        BulkUpload.objects.filter(pk=upload.pk).update(emptied_at=now, **NAMELESS)
    # Files are removed as soon as nothing needs them: these are those that could not be then.
    over = Q(state__in=(BulkState.SENDING, BulkState.DONE, BulkState.ABANDONED))
    over |= Q(state=BulkState.CANCELLED)
    for upload in BulkUpload.objects.filter(over).exclude(_no_files()):
        remove_files(upload)


def _no_files() -> Q:
    nothing = Q(sheet=None) | Q(sheet="")
    return nothing & (Q(archive=None) | Q(archive=""))
