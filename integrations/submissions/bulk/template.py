"""The sheet to fill in."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.submissions.bulk.columns import COLUMNS, NAMES
from integrations.submissions.bulk.jobs import REMOTE, JobFinder, Known
from integrations.submissions.bulk.workbook import Book, csv_bytes

WIDTHS = {"email_address": 32, "job": 32, "cover_letter": 48, "cv": 28}


def template_csv() -> bytes:
    """The header, and nothing below it that could be sent by mistake."""
    return csv_bytes([NAMES])


def template_xlsx(finder: JobFinder | None) -> bytes:
    """The header, a sheet that explains the columns, and one of a tenant's open jobs."""
    book = Book()
    book.add("Candidates", [NAMES], [WIDTHS.get(name, 20) for name in NAMES])
    book.add("Columns", _explained(), [18, 12, 90, 32])
    if finder is not None:
        book.add("Open jobs", _jobs(finder), [28, 60, 28, 44])
    return book.content()


def _explained() -> Iterable[list[str]]:
    yield ["column", "needed", "what to write", "for example"]
    for column in COLUMNS:
        yield [column.name, "yes" if column.required else "no", column.words, column.example]


def _jobs(finder: JobFinder) -> Iterable[list[str]]:
    yield ["reference", "title", "Relais ID", "Flatchr ID"]
    for job in sorted((job for job in finder.jobs if job.is_open), key=_by_title):
        yield [job.reference, job.name, job.id, REMOTE + job.remote_id]


def _by_title(job: Known) -> tuple[str, str]:
    return job.name.casefold(), job.id
