"""Bulk uploads as their users see them: uploaded, started, cancelled, thrown away."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations import jobs
from integrations.audit.trail import record
from integrations.lanes import Lane
from integrations.messages import Message
from integrations.models import (
    LIVE_SUBMISSIONS,
    LIVE_UPLOADS,
    WORKED_UPLOADS,
    BulkState,
    BulkUpload,
    Event,
    Integration,
    RowState,
    Submission,
    SubmissionState,
    Verdict,
)
from integrations.models.submissions import private_files
from integrations.submissions import service
from integrations.submissions.bulk.cv_archive import ARCHIVE_BYTES
from integrations.submissions.bulk.sheet import SHEET_BYTES
from integrations.submissions.inputs import IllegalTransition

logger = logging.getLogger(__name__)

NOT_YET = (BulkState.CHECKING, BulkState.REFUSED)
NOT_STARTED = (*NOT_YET, BulkState.READY)
NAME_LENGTH = 200
# Uploads that one sweep wakes workers for at most.
MOST_CALLS = 50


def unattended(now: datetime) -> Q:
    """Uploads that need a worker and have no live one."""
    return jobs.is_free(now) & Q(state__in=WORKED_UPLOADS)


def _find_waiting(now: datetime) -> QuerySet[BulkUpload, str]:
    waiting = BulkUpload.objects.filter(unattended(now)).order_by("created_at")
    return waiting.values_list("pk", flat=True)[:MOST_CALLS]


UPLOADS = jobs.register(
    jobs.JobKind(
        name="upload",
        task="integrations.tasks.work_on_upload",
        lane=Lane.NOW,
        find_waiting=_find_waiting,
    )
)


class NotTaken(Exception):
    """The upload is not accepted, before anything of it is read; `field` says what is wrong:
    `tenant`, `sheet` or `archive`.
    """

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def upload(
    integration: Integration,
    *,
    sheet: UploadedFile,
    archive: UploadedFile | None,
    user: Any,
    instead_of: BulkUpload | None = None,
) -> BulkUpload:
    """Keep the files, and have a worker check them: the upload is CHECKING when this returns.

    With `instead_of`, an upload of the same tenant that was not started, its ZIP is used when no
    other is given, and it is thrown away. Raises `NotTaken`.
    """
    _check_tenant(integration)
    if instead_of is None:
        _check_room(integration)
    _check_size("sheet", sheet, SHEET_BYTES)
    if archive is not None:
        _check_size("archive", archive, ARCHIVE_BYTES)
    made = BulkUpload(
        integration=integration,
        created_by=user,
        sheet_name=_name(sheet),
        sheet_size=sheet.size or 0,
    )
    made.sheet.save("sheet", sheet, save=False)
    if archive is not None:
        made.archive_name, made.archive_size = _name(archive), archive.size or 0
        made.archive.save("archive", archive, save=False)
    with transaction.atomic():
        if instead_of is not None:
            _take_over(made, instead_of, with_archive=archive is None)
        made.save()
        UPLOADS.enqueue(made.pk)
    return made


def _check_tenant(integration: Integration) -> None:
    if not integration.enabled:
        raise NotTaken("tenant", Message("tenant_disabled"))
    if not hasattr(integration, "credentials"):
        words = Message("tenant_not_connected")
        raise NotTaken("tenant", words)


def _check_room(integration: Integration) -> None:
    most = settings.BULK_MAX_OPEN
    open_ = BulkUpload.objects.filter(
        integration=integration, state__in={*NOT_STARTED, *LIVE_UPLOADS}
    )
    if open_.order_by().count() >= most:
        raise NotTaken("tenant", Message("too_many_uploads", most=most))


def _check_size(field: str, file: UploadedFile, limit: int) -> None:
    if not file.size:
        raise NotTaken(field, Message("upload_file_empty", name=_name(file)))
    if file.size > limit:
        most = f"{limit / 1024**2:.0f} MB"
        raise NotTaken(field, Message("file_too_large", name=_name(file), limit=most))


def _name(file: UploadedFile) -> str:
    """The name as it is shown: without a path, printable."""
    name = (file.name or "").replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in name if char.isprintable())[-NAME_LENGTH:] or "file"


def _take_over(made: BulkUpload, old: BulkUpload, *, with_archive: bool) -> None:
    locked = (
        BulkUpload.objects.select_for_update()
        .filter(pk=old.pk, integration=made.integration, state__in=NOT_STARTED)
        .first()
    )
    if locked is None:
        return
    if with_archive and locked.archive:
        made.archive_name, made.archive_size = locked.archive_name, locked.archive_size
        made.archive = locked.archive.name
        locked.archive = None
    _delete(locked)


def discard(old: BulkUpload) -> None:
    """Throw away an upload that was not started. Raises `IllegalTransition`."""
    with transaction.atomic():
        locked = BulkUpload.objects.select_for_update().filter(pk=old.pk).first()
        if locked is None:
            return
        if locked.state not in NOT_STARTED:
            raise IllegalTransition(Message("upload_started"))
        _delete(locked)


def _delete(locked: BulkUpload) -> None:
    """Delete the row at once, and its files when that is certain."""
    stored = [file.name for file in (locked.sheet, locked.archive) if file.name]
    locked.delete()

    def delete_files() -> None:
        for name in stored:
            private_files().delete(name)

    transaction.on_commit(delete_files)


def start(ready: BulkUpload, *, again: bool = False) -> None:
    """Have the good rows queued; READY -> QUEUEING. Starting twice is starting once.

    `again` submits those too who have applied for the same job already. Raises
    `IllegalTransition` when there is nothing to start.
    """
    with transaction.atomic():
        locked = BulkUpload.objects.select_for_update().filter(pk=ready.pk).first()
        if locked is None or locked.state in (*NOT_YET, BulkState.ABANDONED):
            raise IllegalTransition(Message("upload_cannot_start"))
        if locked.state != BulkState.READY:
            return
        waiting = locked.rows.filter(state=RowState.WAITING)
        if not again:
            waiting.filter(verdict=Verdict.APPLIED).update(state=RowState.LEFT_OUT)
        if not waiting.exists():
            raise IllegalTransition(Message("upload_without_rows"))
        locked.state, locked.started_at = BulkState.QUEUEING, timezone.now()
        locked.again = again
        locked.save(update_fields=["state", "started_at", "again"])
        record(Event.BULK_STARTED, tenant=locked.integration, about=locked, rows=waiting.count())
        UPLOADS.enqueue(ready.pk)


def cancel(live: BulkUpload, *, by: Any) -> None:
    """Stop what has not been sent. What is on its way, or has arrived, stays as it is.

    Raises `IllegalTransition` when nothing is left to stop.
    """
    with transaction.atomic():
        # From here on no worker can queue another row: its lease holds in the old state only.
        stopped = BulkUpload.objects.filter(
            pk=live.pk, state__in=(BulkState.QUEUEING, BulkState.SENDING)
        ).update(state=BulkState.CANCELLED, lease_owner="", lease_expires_at=None)
        if not stopped:
            raise IllegalTransition(Message("upload_nothing_to_cancel"))
        live.rows.filter(state=RowState.WAITING).update(state=RowState.CANCELLED)
        record(Event.BULK_CANCELLED, tenant=live.integration, about=live, user=by)
    live.refresh_from_db()
    settle(live, by=by)


def settle(started: BulkUpload, *, by: Any = None) -> None:
    """End an upload whose rows have all come to an end. Idempotent."""
    if started.state == BulkState.CANCELLED and started.ended_at is None:
        _cancel_queued(started, by=by)
        remove_files(started)
    elif started.state != BulkState.SENDING:
        return
    if started.rows.filter(submission__state__in=LIVE_SUBMISSIONS).exists():
        return
    now = timezone.now()
    if started.state == BulkState.SENDING:
        BulkUpload.objects.filter(pk=started.pk, state=BulkState.SENDING).update(
            state=BulkState.DONE, ended_at=now
        )
    else:
        BulkUpload.objects.filter(pk=started.pk, ended_at=None).update(ended_at=now)
    started.refresh_from_db()


def _cancel_queued(cancelled: BulkUpload, *, by: Any) -> None:
    queued = Submission.objects.filter(
        bulk_rows__upload=cancelled, state=SubmissionState.QUEUED
    ).defer("cover_letter", "answers", "urls")
    for submission in list(queued):
        # Its request may be leaving at this moment: then it stays.
        with suppress(IllegalTransition):
            service.cancel(submission, by=by)


def remove_files(upload: BulkUpload) -> None:
    """Delete both files. Idempotent; one that cannot be deleted is left to the next retention."""
    stored = [file.name for file in (upload.sheet, upload.archive) if file.name]
    for name in stored:
        try:
            private_files().delete(name)
        except OSError:
            logger.warning("A file of upload %s could not be deleted", upload.pk, exc_info=True)
            return
    if stored:
        BulkUpload.objects.filter(pk=upload.pk).update(sheet=None, archive=None)
        upload.sheet = upload.archive = None


@jobs.SWEEP.register("ends of uploads")
def settle_all() -> None:
    """End the uploads whose rows have all come to an end. Idempotent."""
    for started in BulkUpload.objects.filter(
        state__in=(BulkState.SENDING, BulkState.CANCELLED), ended_at=None
    ):
        with jobs.failure_logged("Ending upload %s", started.pk):
            settle(started)
