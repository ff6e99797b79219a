"""The result file: the rows as they were uploaded, with what became of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils import timezone
from django.utils.text import slugify

from integrations.models import BulkUpload
from integrations.submissions.bulk.columns import NAMES, RESULT_NAMES
from integrations.submissions.bulk.outcomes import outcome
from integrations.submissions.bulk.workbook import Book, csv_bytes

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
