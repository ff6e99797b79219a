"""The result file: the rows as they were uploaded, with what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from integrations.messages import Message, sequence, translated
from integrations.models import BulkRow, BulkUpload, RowState, SubmissionState
from integrations.spreadsheets.csv_file import editable_csv
from integrations.spreadsheets.xlsx_writer import TextBook
from integrations.submissions.bulk.columns import NAMES, RESULT_NAMES, heading
from integrations.submissions.lease import CANCELLED

WIDTHS = [8, 18, 18, 32, 20, 28, 32, 28, 14, 60, 28, 28]


def result_file(upload: BulkUpload, kind: str) -> bytes:
    """The result as `csv` or `xlsx`, in the active language; corrected, it can be uploaded again as
    it is.
    """
    if kind == "csv":
        return editable_csv(_rows(upload))
    book = TextBook()
    book.add(_("Candidates"), _rows(upload), WIDTHS)
    return book.content()


def result_name(upload: BulkUpload, kind: str) -> str:
    """`<sheet>-result-YYYY-MM-DD.<kind>`, in ASCII; the day is the local one."""
    name = slugify(upload.sheet_name.rpartition(".")[0]) or slugify(_("Candidates"))
    result = slugify(pgettext("file", "result"))
    return f"{name[:80]}-{result}-{timezone.localdate().isoformat()}.{kind}"


def _rows(upload: BulkUpload) -> Iterator[Sequence[str]]:
    number, *outcomes = RESULT_NAMES
    yield [heading(name) for name in (number, *NAMES, *outcomes)]
    for row in upload.rows.select_related("submission").order_by("number").iterator(500):
        became = outcome(row)
        cells = [str(row.values.get(name, "")) for name in NAMES]
        yield (
            str(row.number),
            *cells,
            _(str(became.end)),
            translated(became.message),
            became.application_id,
            became.submission_id,
        )


# What became of the rows: of each for the result file, of all for the page.
class RowStatus(StrEnum):
    """Where a row stands, its own state and that of its submission taken together."""

    WAITING = "Waiting"
    QUEUED = "Queued"
    SENDING = "Sending"
    UNCERTAIN = "Uncertain"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    LEFT_OUT = "Not sent"

    @property
    def color(self) -> str:
        return {
            RowStatus.SUCCEEDED: "success",
            RowStatus.FAILED: "danger",
            RowStatus.UNCERTAIN: "warning",
            RowStatus.CANCELLED: "warning",
            RowStatus.LEFT_OUT: "neutral",
            RowStatus.WAITING: "neutral",
        }.get(self, "info")

    @property
    def is_over(self) -> bool:
        return self not in (
            RowStatus.WAITING,
            RowStatus.QUEUED,
            RowStatus.SENDING,
            RowStatus.UNCERTAIN,
        )


_ROWS = {
    RowState.WAITING: RowStatus.WAITING,
    RowState.LEFT_OUT: RowStatus.LEFT_OUT,
    RowState.FAILED: RowStatus.FAILED,
    RowState.CANCELLED: RowStatus.CANCELLED,
}
_SUBMISSIONS = {
    SubmissionState.QUEUED: RowStatus.QUEUED,
    SubmissionState.SENDING: RowStatus.SENDING,
    SubmissionState.UNCERTAIN: RowStatus.UNCERTAIN,
    SubmissionState.SUCCEEDED: RowStatus.SUCCEEDED,
    SubmissionState.FAILED: RowStatus.FAILED,
}
REMOVED = Message("submission_no_longer_kept")


@dataclass(frozen=True, slots=True)
class RowOutcome:
    end: RowStatus
    message: str
    application_id: str = ""
    submission_id: str = ""


def outcome(row: BulkRow) -> RowOutcome:
    """Status and message of one row. Its `submission` should have been selected with it."""
    submission = row.submission
    if row.state != RowState.QUEUED:
        return RowOutcome(_ROWS[RowState(row.state)], row.message or _reasons(row))
    if submission is None:
        return RowOutcome(RowStatus.FAILED, REMOVED)
    end = _end(row.state, submission.state, submission.error_kind)
    return RowOutcome(end, submission.error_message, submission.application_id or "", submission.pk)


def _end(row_state: str, state: str | None, error_kind: str | None) -> RowStatus:
    if row_state != RowState.QUEUED:
        return _ROWS[RowState(row_state)]
    if state is None or state not in _SUBMISSIONS:
        return RowStatus.FAILED
    if state == SubmissionState.FAILED and error_kind == CANCELLED:
        return RowStatus.CANCELLED
    return _SUBMISSIONS[SubmissionState(state)]


def _reasons(row: BulkRow) -> str:
    """Why a row is left out; nothing for one that waits."""
    if row.state != RowState.LEFT_OUT:
        return ""
    errors = [finding for finding in row.findings if finding["level"] == "error"]
    return sequence([finding["message"] for finding in errors or row.findings])


def counts(upload: BulkUpload) -> Counter[RowStatus]:
    """How many rows of the upload stand where."""
    return counts_of([upload.pk])[upload.pk]


def counts_of(upload_ids: Sequence[str]) -> dict[str, Counter[RowStatus]]:
    """How many rows of each upload stand where, in one query."""
    found: dict[str, Counter[RowStatus]] = {pk: Counter() for pk in upload_ids}
    rows = BulkRow.objects.filter(upload__in=upload_ids).order_by()
    kinds = rows.values_list("upload", "state", "submission__state", "submission__error_kind")
    for pk, row_state, state, error_kind, count in kinds.annotate(n=Count("pk")):
        found[pk][_end(row_state, state, error_kind)] += count
    return found


def standing(rows: QuerySet[BulkRow], end: RowStatus) -> QuerySet[BulkRow]:
    """Those of the rows that stand at `end`."""
    if end in _ROWS.values() and end not in (RowStatus.FAILED, RowStatus.CANCELLED):
        return rows.filter(state=next(state for state, its in _ROWS.items() if its == end))
    cancelled = Q(submission__state=SubmissionState.FAILED, submission__error_kind=CANCELLED)
    if end == RowStatus.CANCELLED:
        return rows.filter(cancelled | Q(state=RowState.CANCELLED))
    state = next(state for state, its in _SUBMISSIONS.items() if its == end)
    found = Q(state=RowState.QUEUED, submission__state=state) & ~cancelled
    if end == RowStatus.FAILED:
        found |= Q(state=RowState.FAILED) | Q(state=RowState.QUEUED, submission=None)
    return rows.filter(found)
