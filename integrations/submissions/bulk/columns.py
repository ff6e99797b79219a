"""The columns of a sheet of candidates: their names, and what to write in each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from integrations.messages import Message, sequence
from integrations.spreadsheets.csv_file import editable_csv
from integrations.spreadsheets.xlsx_writer import TextBook
from integrations.submissions.bulk.jobs import REMOTE, JobFinder, KnownJob


class SheetColumn(NamedTuple):
    name: str
    required: bool
    words: str
    example: str


COLUMNS = (
    SheetColumn("first_name", True, "The candidate's first name.", "Zoé"),
    SheetColumn("last_name", True, "The candidate's last name.", "d'Arcy-Martin"),
    SheetColumn("email_address", True, "One e-mail address.", "zoe.martin@mail.example"),
    SheetColumn(
        "phone_number",
        False,
        "With the country code, or a French number. Format the column as text, or the spreadsheet "
        "takes the leading zero away.",
        "+33 6 12 34 56 78",
    ),
    SheetColumn(
        "job",
        True,
        "Which job: its Relais ID, remote: and its Flatchr ID, its Flatchr reference, or its exact "
        "title if no other open job has the same.",
        "REF-2041",
    ),
    SheetColumn("cover_letter", False, "The text of a cover letter.", "Dear Sir or Madam, …"),
    SheetColumn("cv", False, "The name of the CV's file in the ZIP.", "zoe-martin.pdf"),
)
NAMES = tuple(column.name for column in COLUMNS)
REQUIRED = tuple(column.name for column in COLUMNS if column.required)
# What a result file adds: it may be uploaded again once its rows are corrected.
RESULT_NAMES = ("row", "state", "message", "application_id", "submission_id")


class HeaderRefused(Exception):
    """The first row does not name the columns; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Header:
    """Where each known column stands (by index), the headings that mean nothing here, and how
    many cells the row has."""

    places: dict[str, int]
    width: int
    unknown: tuple[str, ...]


def normal(heading: str) -> str:
    """A heading as it is compared: ` E-mail  Address ` is `email_address`."""
    plain = heading.casefold().replace("e-mail", "email")
    return "_".join(plain.replace("-", " ").replace("_", " ").split())


def known(cells: Sequence[str]) -> int:
    """How many of the cells are names of columns: by this a row is recognised as the header."""
    return len({normal(cell) for cell in cells} & set(NAMES))


def read_header(cells: Sequence[str]) -> Header:
    """What the first row says. Raises `HeaderRefused`."""
    places: dict[str, int] = {}
    unknown: list[str] = []
    for index, cell in enumerate(cells):
        name = normal(cell)
        if name in places:
            raise HeaderRefused(Message("column_twice", name=name))
        if name in NAMES:
            places[name] = index
        elif name and name not in RESULT_NAMES:
            unknown.append(" ".join(cell.split()))
    missing = [name for name in REQUIRED if name not in places]
    if missing and not places:
        found = ", ".join(f"“{cell[:40]}”" for cell in cells[:6] if cell.strip())
        raise HeaderRefused(
            Message("header_missing", names=", ".join(NAMES), found=found or Message("nothing"))
        )
    if missing:
        messages = [Message("columns_missing", names=", ".join(missing), count=len(missing))]
        if unknown:
            names = ", ".join(f"“{name}”" for name in unknown)
            messages.append(Message("columns_unknown", names=names))
        raise HeaderRefused(sequence(messages))
    return Header(places, len(cells), tuple(unknown))


# The sheet to fill in.
WIDTHS = {"email_address": 32, "job": 32, "cover_letter": 48, "cv": 28}


def template_csv() -> bytes:
    """The header, and nothing below it that could be sent by mistake."""
    return editable_csv([NAMES])


def template_xlsx(finder: JobFinder | None) -> bytes:
    """The header, a sheet that explains the columns, and one of a tenant's open jobs."""
    book = TextBook()
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


def _by_title(job: KnownJob) -> tuple[str, str]:
    return job.name.casefold(), job.id
