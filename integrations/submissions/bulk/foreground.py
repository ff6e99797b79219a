"""A bulk upload in the foreground: the process that asks checks and sends, beside any workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from integrations.messages import Message
from integrations.models import (
    BulkRow,
    BulkState,
    BulkUpload,
    Integration,
    RowState,
    Submission,
    SubmissionState,
    Verdict,
)
from integrations.submissions import reconcile, validation
from integrations.submissions.bulk import uploads, worker
from integrations.submissions.bulk.result import RowStatus, outcome
from integrations.submissions.inputs import SubmissionEntry
from integrations.submissions.send_now import send_and_wait

# Between two looks at an upload or submission that another process works on, in seconds.
PAUSE = 0.2
# After which a submission that is not over yet is left for the next one.
TURN = 2.0

Tell = Callable[[str], None]

_VERDICTS = {
    Verdict.OK: "ok",
    Verdict.WARNING: "warning",
    Verdict.APPLIED: "warning",
    Verdict.ERROR: "error",
}


def check(upload: BulkUpload, *, tell: Tell) -> None:
    """Return when the upload has been checked, by this process or by a worker."""
    while upload.state == BulkState.CHECKING:
        if not worker.work_on(upload.pk):
            time.sleep(PAUSE)
        upload.refresh_from_db()
        if upload.total:
            tell(f"{upload.checked} of {upload.total} rows checked")


def queue(upload: BulkUpload, *, tell: Tell) -> None:
    """Return when all rows that may be sent are in the queue, put there by whoever comes first."""
    while upload.state == BulkState.QUEUEING:
        if not worker.work_on(upload.pk):
            time.sleep(PAUSE)
        upload.refresh_from_db()
        waiting = upload.rows.filter(state=RowState.WAITING).count()
        tell(f"{upload.total - waiting} of {upload.total} rows queued")


def wait(upload: BulkUpload, *, tell: Tell) -> None:
    """Return when Flatchr has, or has not, each candidate: sent and looked for by this process
    where no worker does it.
    """
    made = Submission.objects.filter(bulk_rows__upload=upload).order_by("bulk_rows__number")
    left = list(made)
    total = len(left)
    while left:
        left = [one for one in left if not _follow(one)]
        tell(f"{total - len(left)} of {total} submissions ended")
    upload.refresh_from_db()
    uploads.settle(upload)


def _follow(submission: Submission) -> bool:
    """Send the submission, or look for it, if that is due; whether it is over."""
    reconcile.reconcile(submission.pk)
    return SubmissionState(send_and_wait(submission, seconds=TURN).state).is_terminal


def row_report(row: BulkRow, integration: Integration, *, sent: bool) -> dict[str, Any]:
    """A row as JSON: the verdict, what it rests on, and the values as Flatchr gets them.

    Where a value cannot be sent, it is as typed. With `sent`, the submission and its state.
    """
    values = {name: str(text) for name, text in row.values.items()}
    entry = SubmissionEntry(
        job=row.job_id or "",
        first_name=values.get("first_name", ""),
        last_name=values.get("last_name", ""),
        email_address=values.get("email_address", ""),
        phone_number=values.get("phone_number", ""),
    )
    cleaned = validation.fill(Submission(integration=integration), entry, row.job)
    refused = {problem.field for problem in cleaned.problems}

    def value(name: str) -> str:
        return values.get(name, "") if name in refused else str(getattr(cleaned, name))

    notes = [str(finding["message"]) for finding in row.findings]
    if row.verdict == Verdict.APPLIED:
        notes.append(str(Message("already_applied")))
    report: dict[str, Any] = {
        "row": row.number,
        "verdict": _VERDICTS[Verdict(row.verdict)],
        "notes": notes,
        "first_name": value("first_name"),
        "last_name": value("last_name"),
        "email": value("email_address"),
        "phone": value("phone_number"),
        "job": str(row.job) if row.job else values.get("job", ""),
        "cv": row.cv or values.get("cv", ""),
    }
    if sent:
        became = outcome(row)
        # An upload of which no row could be sent has not been started.
        end = RowStatus.LEFT_OUT if became.end is RowStatus.WAITING else became.end
        report |= {
            "submission": became.submission_id or None,
            "state": end.name.lower(),
            "message": became.message,
        }
    return report


def report(upload: BulkUpload, *, sent: bool) -> dict[str, Any]:
    """The whole upload as JSON; see `row_report`."""
    rows = upload.rows.select_related("job", "submission").order_by("number")
    return {
        "integration": upload.integration_id,
        "rows": [row_report(row, upload.integration, sent=sent) for row in rows],
        "notes": [str(note) for note in upload.notes],
    }
