"""Rows made submissions by a worker, some at a time, each exactly once."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import DatabaseError, transaction
from import_export.results import RowResult

from integrations.jobs import LeaseLost, RecordLease
from integrations.messages import Message, sequence
from integrations.models import BulkRow, BulkState, BulkUpload, Channel, RowState, SubmissionKind
from integrations.submissions import service
from integrations.submissions.bulk.cv_archive import (
    ArchiveRefused,
    CvArchive,
    FileRefused,
    open_archive,
)
from integrations.submissions.bulk.reading.row_reader import SheetRow
from integrations.submissions.bulk.resource import BROKEN, CandidateRows
from integrations.submissions.bulk.rows import RowContext, RowProposal
from integrations.submissions.bulk.uploads import remove_files
from integrations.submissions.inputs import AlreadyApplied, Refused

logger = logging.getLogger(__name__)

# Rows queued before the worker turns to the submissions that it has made, and comes back.
AT_ONCE = 50
UNDER_WAY = Message("person_under_way")
CUT_OFF = Message("row_given_up")


class RowRefused(Exception):
    """The row cannot be submitted now; the message tells the user why."""


def queue(lease: RecordLease[BulkUpload]) -> bool:
    """Submit the next rows; whether there are more. Raises `LeaseLost`.

    A row and its submission are committed together, while the upload is still ours and still to
    be queued: a worker that is killed, or a cancel that comes in between, leaves no submission
    without its row, and a row is never submitted twice.
    """
    waiting = lease.record.rows.filter(state=RowState.WAITING).order_by("number")
    rows = list(waiting[:AT_ONCE])
    if rows:
        try:
            with open_archive(lease.record) as archive:
                _queue_rows(lease, rows, archive)
        except (ArchiveRefused, FileNotFoundError) as refused:
            # The check has read it: the file is gone, or no longer what it was.
            logger.warning("The ZIP of upload %s cannot be read: %s", lease.record.pk, refused)
            words = Message("zip_gone")
            with transaction.atomic():
                lease.renew()
                waiting.update(state=RowState.FAILED, message=words)
    if waiting.exists():
        lease.release(attempts=0)
        return True
    lease.release(attempts=0, state=BulkState.SENDING)
    remove_files(lease.record)
    return False


def skip(lease: RecordLease[BulkUpload]) -> None:
    """Give up the row at which worker after worker was stopped. Raises `LeaseLost`."""
    with transaction.atomic():
        lease.renew(attempts=0)
        waiting = lease.record.rows.filter(state=RowState.WAITING)
        if first := waiting.order_by("number").first():
            waiting.filter(pk=first.pk).update(state=RowState.FAILED, message=CUT_OFF)


def _queue_rows(
    lease: RecordLease[BulkUpload],
    rows: Sequence[BulkRow],
    archive: CvArchive | None,
) -> None:
    context = RowContext.of(lease.record, archive)
    by_number = {row.number: row for row in rows}

    def save(proposal: RowProposal) -> None:
        _submit(lease, context, by_number[proposal.row.number], proposal)

    resource = CandidateRows(context, save)
    for row in rows:
        # One by one, so that no more than one CV is in memory, and each outcome is kept at once.
        [(proposal, result)] = resource.submit([SheetRow(row.number, row.values)])
        _keep_failure(lease, row, proposal, result)


def _submit(
    lease: RecordLease[BulkUpload],
    context: RowContext,
    row: BulkRow,
    proposal: RowProposal,
) -> None:
    content = context.content(proposal.cv) if proposal.file else None
    with transaction.atomic():
        lease.renew(attempts=0)
        submission = service.submit_entry(
            lease.record.integration,
            proposal.entry_with(content),
            user=lease.record.created_by,
            kind=SubmissionKind.CANDIDATE,
            channel=Channel.BULK,
            idempotency_key=row.idempotency_key,
            again=lease.record.again,
        )
        if submission.idempotency_key != row.idempotency_key:
            # Somebody else's, for the same person and job: it is no outcome of this row.
            raise RowRefused(UNDER_WAY)
        BulkRow.objects.filter(pk=row.pk).update(state=RowState.QUEUED, submission=submission)


def _keep_failure(
    lease: RecordLease[BulkUpload],
    row: BulkRow,
    proposal: RowProposal,
    result: RowResult,
) -> None:
    """Write down why a row was not queued; raises what concerns more than this row."""
    if result.validation_error is not None:
        words = sequence([finding.message for finding in proposal.errors])
    elif result.errors:
        words = _words(lease, row, result.errors[0].error)
    else:
        return
    with transaction.atomic():
        lease.renew()
        BulkRow.objects.filter(pk=row.pk).update(state=RowState.FAILED, message=words)


def _words(lease: RecordLease[BulkUpload], row: BulkRow, error: Exception) -> str:
    if isinstance(error, Refused | AlreadyApplied | FileRefused | RowRefused):
        return str(error)
    if isinstance(error, LeaseLost | DatabaseError):
        raise error
    logger.error("%s of upload %s could not be queued", row, lease.record.pk, exc_info=error)
    return BROKEN
