"""A sheet of candidates as rows of text, whichever spreadsheet wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import PurePath

from integrations.flatchr.mapping.source import storable_text
from integrations.messages import Message
from integrations.spreadsheets import HEADER_WITHIN, Grid, Line, SheetRefused
from integrations.spreadsheets.csv_file import read_csv
from integrations.spreadsheets.foreign_files import kind_of_file
from integrations.spreadsheets.xlsx_reader import read_xlsx
from integrations.submissions.bulk.columns import Header, HeaderRefused, known, read_header
from integrations.submissions.bulk.reading.cells import mended
from integrations.submissions.bulk.reading.row_reader import RowReader, SheetRow

SHEET_BYTES = 5 * 1024**2
COLUMNS = 60
# Rows that hold nothing, after which nothing is expected to come.
MOST_BLANK = 10_000


@dataclass(frozen=True, slots=True)
class CandidateSheet:
    """`read_as` says how the file was understood; `notes` are warnings about all of it."""

    rows: list[SheetRow]
    read_as: Message
    notes: list[Message]


def read(name: str, content: bytes) -> CandidateSheet:
    """The rows of a CSV or XLSX file. Raises `SheetRefused` with words for the user.

    Rows that are hidden or filtered out are left out, with a note: who sent the sheet did not see
    them. Hidden columns are read, with a note, unless a column that is seen says the same.
    """
    if not content:
        raise SheetRefused(Message("sheet_empty"))
    if len(content) > SHEET_BYTES:
        sheet_bytes = f"{SHEET_BYTES / 1024**2:.0f} MB"
        raise SheetRefused(Message("sheet_too_large", limit=sheet_bytes))
    grid = _grid(name, content)
    header, above, below = _header(_lines(grid), grid)
    reader = RowReader(grid, header)
    rows = list(reader.rows(below))
    if not rows and reader.hidden:
        raise SheetRefused(Message("sheet_only_hidden_rows"))
    if not rows:
        raise SheetRefused(Message("sheet_without_rows"))
    notes = list(grid.notes)
    if above:
        notes.append(Message("rows_above_header", row=above[-1].number))
    return CandidateSheet(rows, grid.read_as, [*notes, *reader.notes()])


def _grid(name: str, content: bytes) -> Grid:
    """The file as cells. What it is decides its content, not its name."""
    if content.startswith(b"PK"):
        return read_xlsx(content, known, max_columns=COLUMNS + 1)
    if foreign := kind_of_file(content):
        raise SheetRefused(foreign)
    if PurePath(name).suffix.lower() in {".xls", ".ods", ".numbers", ".pdf"}:
        raise SheetRefused(Message("sheet_wrong_kind"))
    return read_csv(content, known)


def _lines(grid: Grid) -> Iterator[Line]:
    """The lines that hold anything, or should."""
    blank = 0
    for line in grid.lines:
        # What no database keeps in a text, such as NUL, is replaced.
        line.cells = [storable_text(cell) for cell in line.cells]
        if line.problems or any(cell.strip() for cell in line.cells):
            blank = 0
            yield line
        elif (blank := blank + 1) > MOST_BLANK:
            return


def _header(lines: Iterator[Line], grid: Grid) -> tuple[Header, list[Line], Iterator[Line]]:
    """The header, which is the one of the first lines that names the most columns, the lines
    above it, and those below.
    """
    first = list(islice(lines, HEADER_WITHIN))
    if not first:
        raise SheetRefused(Message("sheet_empty"))
    best = max(range(len(first)), key=lambda place: (known(first[place].cells), -place))
    headings = [mended(cell)[0] for cell in first[best].cells]
    if len(headings) > COLUMNS:
        raise SheetRefused(Message("sheet_too_many_columns", most=COLUMNS))
    try:
        header = read_header(headings, grid.hidden_columns)
    except HeaderRefused as refused:
        raise SheetRefused(str(refused)) from None
    return header, first[:best], chain(first[best + 1 :], lines)
