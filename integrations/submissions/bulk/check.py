"""The check of an upload by a worker: what would become of each row, before anything is sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import DatabaseError, transaction
from django.utils import timezone

from integrations.jobs import LeaseLost, RecordLease
from integrations.messages import Message
from integrations.models import BulkRow, BulkState, BulkUpload, RowState, Verdict
from integrations.spreadsheets import SheetRefused
from integrations.submissions.bulk import sheet
from integrations.submissions.bulk.cv_archive import ArchiveRefused, CvArchive, open_archive
from integrations.submissions.bulk.reading.row_reader import SheetRow
from integrations.submissions.bulk.resource import CandidateRows
from integrations.submissions.bulk.rows import WARNING, RowContext, RowFinding, RowProposal, verdict

logger = logging.getLogger(__name__)

# Rows checked between two renewals of the lease; the page shows how far the check has come.
AT_ONCE = 5
# File names that a note lists at most.
NAMED = 8
BROKEN = Message("upload_check_failed")


def check(lease: RecordLease[BulkUpload]) -> None:
    """Read the files and judge each row: the upload is READY, or REFUSED with the reason.

    Idempotent: a check that was cut off is simply done again. Raises `LeaseLost`.
    """
    upload = lease.record
    try:
        with upload.sheet.open("rb") as stream:
            read = sheet.read(upload.sheet_name, stream.read())
        with open_archive(upload) as archive:
            lease.renew(total=len(read.rows), checked=0, read_as=read.read_as)
            context = RowContext.of(upload, archive)
            rows = _judged(lease, read.rows, context)
            notes = [*read.notes, *context.shared, *_unnamed(archive, rows)]
    except (SheetRefused, ArchiveRefused) as refused:
        refuse(lease, str(refused))
        return
    except (LeaseLost, DatabaseError):
        raise
    except Exception:
        # Whatever it is, it would be the same the next time.
        logger.exception("Upload %s could not be checked", upload.pk)
        refuse(lease, BROKEN)
        return
    with transaction.atomic():
        lease.release(attempts=0, state=BulkState.READY, notes=notes, checked_at=timezone.now())
        upload.rows.all().delete()
        BulkRow.objects.bulk_create(rows, batch_size=200)


def refuse(lease: RecordLease[BulkUpload], reason: str) -> None:
    """The upload cannot be used, for `reason`. Raises `LeaseLost`."""
    lease.release(attempts=0, state=BulkState.REFUSED, refusal=reason, checked_at=timezone.now())


def _judged(
    lease: RecordLease[BulkUpload],
    rows: Sequence[SheetRow],
    context: RowContext,
) -> list[BulkRow]:
    resource = CandidateRows(context, save=_nothing)
    judged: list[BulkRow] = []
    for start in range(0, len(rows), AT_ONCE):
        for proposal, findings in resource.preview(rows[start : start + AT_ONCE]):
            judged.append(_row(lease, proposal, findings))
        lease.renew(checked=len(judged))
    return judged


def _nothing(_proposal: RowProposal) -> None:
    """A preview saves nothing."""


def _row(
    lease: RecordLease[BulkUpload], proposal: RowProposal, findings: list[RowFinding]
) -> BulkRow:
    if proposal.has_applied:
        findings = [*findings, RowFinding(WARNING, "", Message("row_has_applied"))]
    judged = verdict(findings, applied=proposal.has_applied)
    return BulkRow(
        upload=lease.record,
        number=proposal.row.number,
        values=proposal.row.values,
        verdict=judged,
        findings=[finding.as_json() for finding in findings],
        to_send=[list(line) for line in proposal.to_send],
        job=proposal.found_job,
        applied=proposal.applied,
        cv=proposal.file.path if proposal.file else "",
        state=RowState.LEFT_OUT if judged == Verdict.ERROR else RowState.WAITING,
    )


def _unnamed(archive: CvArchive | None, rows: Sequence[BulkRow]) -> list[Message]:
    """A note on the files of the ZIP that no row names."""
    if archive is None:
        return []
    left = archive.unnamed(row.values["cv"] for row in rows)
    if not left:
        return []
    names = ", ".join(f"“{name[:80]}”" for name in left[:NAMED])
    if len(left) > NAMED:
        return [Message("zip_files_unnamed_more", names=names, more=f"{len(left) - NAMED:,}")]
    return [Message("zip_files_unnamed", names=names, count=len(left))]
