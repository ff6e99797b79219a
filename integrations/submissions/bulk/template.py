"""The sheet to fill in, in the language of whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from integrations.spreadsheets.csv_file import editable_csv
from integrations.spreadsheets.xlsx_writer import TextBook
from integrations.submissions.bulk.columns import COLUMNS, NAMES, heading
from integrations.submissions.bulk.jobs import REMOTE, JobFinder, KnownJob

WIDTHS = {"email_address": 32, "job": 44, "cover_letter": 48, "cv": 28}


def template_csv() -> bytes:
    """The header, and nothing below it that could be sent by mistake."""
    return editable_csv([[heading(name) for name in NAMES]])


def template_xlsx(finder: JobFinder | None) -> bytes:
    """The header, a sheet that explains the columns, and one of a tenant's open jobs."""
    book = TextBook()
    header = [heading(name) for name in NAMES]
    book.add(_("Candidates"), [header], [WIDTHS.get(name, 20) for name in NAMES])
    book.add(_("Columns"), _explained(), [22, 12, 90, 32])
    if finder is not None:
        book.add(_("Open jobs"), _jobs(finder), [60, 28, 48, 28, 28, 44])
    return book.content()


def _explained() -> Iterable[list[str]]:
    yield [
        pgettext("sheet", "column"),
        pgettext("sheet", "needed"),
        pgettext("sheet", "what to write"),
        pgettext("sheet", "for example"),
    ]
    for column in COLUMNS:
        needed = pgettext("sheet", "yes") if column.required else pgettext("sheet", "no")
        yield [column.heading, needed, _(column.words), column.example]


def _jobs(finder: JobFinder) -> Iterable[list[str]]:
    """The open jobs by title; the first column tells two of one title apart, and may be copied."""
    yield [
        heading("job"),
        pgettext("sheet", "reference"),
        pgettext("sheet", "title"),
        pgettext("sheet", "place"),
        pgettext("sheet", "Relais ID"),
        pgettext("sheet", "Flatchr ID"),
    ]
    for job in sorted((job for job in finder.jobs if job.is_open), key=_by_title):
        label = finder.label(job)
        yield [label, job.reference, job.name, job.place, job.id, REMOTE + job.remote_id]


def _by_title(job: KnownJob) -> tuple[str, str]:
    return job.name.casefold(), job.id
