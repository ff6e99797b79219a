"""The result file: the rows as they were uploaded, with what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.text import slugify

from integrations.models import BulkRow, BulkUpload, RowState, SubmissionState
from integrations.submissions.bulk.columns import NAMES, RESULT_NAMES
from integrations.submissions.bulk.workbook import Book, csv_bytes
from integrations.submissions.states import CANCELLED

WIDTHS = [8, 18, 18, 32, 20, 28, 32, 28, 14, 60, 28, 28]


def result_file(upload: BulkUpload, kind: str) -> bytes:
    """The result as `csv` or `xlsx`; corrected, it can be uploaded again as it is."""
    if kind == "csv":
        return csv_bytes(_rows(upload))
    book = Book()
    book.add("Candidates", _rows(upload), WIDTHS)
    return book.content()


def result_name(upload: BulkUpload, kind: str) -> str:
    """`<sheet>-result-YYYY-MM-DD.<kind>`, in ASCII; the day is the local one."""
    name = slugify(upload.sheet_name.rpartition(".")[0]) or "candidates"
    return f"{name[:80]}-result-{timezone.localdate().isoformat()}.{kind}"


def _rows(upload: BulkUpload) -> Iterator[Sequence[str]]:
    number, *outcomes = RESULT_NAMES
    yield (number, *NAMES, *outcomes)
    for row in upload.rows.select_related("submission").order_by("number").iterator(500):
        became = outcome(row)
        cells = [str(row.values.get(name, "")) for name in NAMES]
        yield (
            str(row.number),
            *cells,
            str(became.end),
            became.message,
            became.application_id,
            became.submission_id,
        )


# What became of the rows: of each for the result file, of all for the page.
class End(StrEnum):
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
            End.SUCCEEDED: "success",
            End.FAILED: "danger",
            End.UNCERTAIN: "warning",
            End.CANCELLED: "warning",
            End.LEFT_OUT: "neutral",
            End.WAITING: "neutral",
        }.get(self, "info")

    @property
    def is_over(self) -> bool:
        return self not in (End.WAITING, End.QUEUED, End.SENDING, End.UNCERTAIN)


_ROWS = {
    RowState.WAITING: End.WAITING,
    RowState.LEFT_OUT: End.LEFT_OUT,
    RowState.FAILED: End.FAILED,
    RowState.CANCELLED: End.CANCELLED,
}
_SUBMISSIONS = {
    SubmissionState.QUEUED: End.QUEUED,
    SubmissionState.SENDING: End.SENDING,
    SubmissionState.UNCERTAIN: End.UNCERTAIN,
    SubmissionState.SUCCEEDED: End.SUCCEEDED,
    SubmissionState.FAILED: End.FAILED,
}
REMOVED = "The submission is no longer kept."


@dataclass(frozen=True, slots=True)
class Outcome:
    end: End
    message: str
    application_id: str = ""
    submission_id: str = ""


def outcome(row: BulkRow) -> Outcome:
    """What became of one row, in words. Its `submission` should have been selected with it."""
    submission = row.submission
    if row.state != RowState.QUEUED:
        return Outcome(_ROWS[RowState(row.state)], row.message or _reasons(row))
    if submission is None:
        return Outcome(End.FAILED, REMOVED)
    end = _end(row.state, submission.state, submission.error_kind)
    return Outcome(end, submission.error_message, submission.application_id or "", submission.pk)


def _end(row_state: str, state: str | None, error_kind: str | None) -> End:
    if row_state != RowState.QUEUED:
        return _ROWS[RowState(row_state)]
    if state is None or state not in _SUBMISSIONS:
        return End.FAILED
    if state == SubmissionState.FAILED and error_kind == CANCELLED:
        return End.CANCELLED
    return _SUBMISSIONS[SubmissionState(state)]


def _reasons(row: BulkRow) -> str:
    """Why a row is left out; nothing for one that waits."""
    if row.state != RowState.LEFT_OUT:
        return ""
    errors = [finding for finding in row.findings if finding["level"] == "error"]
    return " ".join(finding["message"] for finding in errors or row.findings)


def counts(upload: BulkUpload) -> Counter[End]:
    """How many rows of the upload stand where."""
    return counts_of([upload.pk])[upload.pk]


def counts_of(upload_ids: Sequence[str]) -> dict[str, Counter[End]]:
    """How many rows of each upload stand where, in one query."""
    found: dict[str, Counter[End]] = {pk: Counter() for pk in upload_ids}
    rows = BulkRow.objects.filter(upload__in=upload_ids).order_by()
    kinds = rows.values_list("upload", "state", "submission__state", "submission__error_kind")
    for pk, row_state, state, error_kind, count in kinds.annotate(n=Count("pk")):
        found[pk][_end(row_state, state, error_kind)] += count
    return found


def standing(rows: QuerySet[BulkRow], end: End) -> QuerySet[BulkRow]:
    """Those of the rows that stand at `end`."""
    if end in _ROWS.values() and end not in (End.FAILED, End.CANCELLED):
        return rows.filter(state=next(state for state, its in _ROWS.items() if its == end))
    cancelled = Q(submission__state=SubmissionState.FAILED, submission__error_kind=CANCELLED)
    if end == End.CANCELLED:
        return rows.filter(cancelled | Q(state=RowState.CANCELLED))
    state = next(state for state, its in _SUBMISSIONS.items() if its == end)
    found = Q(state=RowState.QUEUED, submission__state=state) & ~cancelled
    if end == End.FAILED:
        found |= Q(state=RowState.FAILED) | Q(state=RowState.QUEUED, submission=None)
    return rows.filter(found)
