"""A sheet of candidates as rows of text, whichever spreadsheet wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

from django.conf import settings

from integrations.flatchr.mapping.source import storable_text
from integrations.messages import Message
from integrations.spreadsheets import Grid, SheetRefused
from integrations.spreadsheets.csv_file import read_csv
from integrations.spreadsheets.escaping import RISKY, restore
from integrations.spreadsheets.xlsx_reader import read_xlsx
from integrations.submissions.bulk.columns import NAMES, Header, HeaderRefused, known, read_header

SHEET_BYTES = 5 * 1024**2
COLUMNS = 60
CELL_CHARACTERS = 20_000

# What spreadsheets leave of a long number in a cell that is not text, and of a formula that fails.
SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
FAULTY = re.compile(
    r"#(REF|NAME|VALUE|DIV/0|N/A|NUM|NULL|NOM|VALEUR|NOMBRE|NUL)[!?]?", re.IGNORECASE
)
# Rows that hold nothing, after which nothing is expected to come.
MOST_BLANK = 10_000

BEYOND = Message("row_too_many_cells")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One candidate: the row's number in the spreadsheet, its cells, and what is odd about it.

    `values` has every known column, absent ones as empty text. `problems` are pairs of a
    column's name (or empty) and a sentence; they make the row unfit to be sent.
    """

    number: int
    values: dict[str, str]
    problems: list[tuple[str, Message]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CandidateSheet:
    """`read_as` says how the file was understood; `notes` are warnings about all of it."""

    rows: list[SheetRow]
    read_as: Message
    notes: list[Message]


def read(name: str, content: bytes) -> CandidateSheet:
    """The rows of a CSV or XLSX file. Raises `SheetRefused` with words for the user."""
    if not content:
        raise SheetRefused(Message("sheet_empty"))
    if len(content) > SHEET_BYTES:
        sheet_bytes = f"{SHEET_BYTES / 1024**2:.0f} MB"
        raise SheetRefused(Message("sheet_too_large", limit=sheet_bytes))
    grid = _grid(name, content)
    lines = _lines(grid)
    header = _header(lines)
    notes = list(grid.notes)
    if header.unknown:
        names = ", ".join(f"“{heading[:60]}”" for heading in header.unknown)
        notes.append(Message("columns_not_sent", names=names, count=len(header.unknown)))
    rows = list(_rows(lines, header))
    if not rows:
        raise SheetRefused(Message("sheet_without_rows"))
    return CandidateSheet(rows, grid.read_as, notes)


def _grid(name: str, content: bytes) -> Grid:
    """The file as cells. What it is decides its content, not its name."""
    if content.startswith(b"PK"):
        return read_xlsx(content, known, max_columns=COLUMNS + 1)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetRefused(Message("sheet_old_excel"))
    if content.startswith(b"%PDF") or PurePath(name).suffix.lower() in {".xls", ".ods", ".pdf"}:
        raise SheetRefused(Message("sheet_wrong_kind"))
    return read_csv(content, known)


Line = tuple[int, list[str]]


def _lines(grid: Grid) -> Iterator[Line]:
    """The lines that hold anything, with their numbers from 1."""
    blank = 0
    for number, found in enumerate(grid.lines, start=1):
        # What no database keeps in a text, such as NUL, is replaced.
        cells = [storable_text(cell) for cell in found]
        if any(cell.strip() for cell in cells):
            blank = 0
            yield number, cells
        elif (blank := blank + 1) > MOST_BLANK:
            return


def _header(lines: Iterator[Line]) -> Header:
    first = next(lines, None)
    if first is None:
        raise SheetRefused(Message("sheet_empty"))
    if len(first[1]) > COLUMNS:
        raise SheetRefused(Message("sheet_too_many_columns", most=COLUMNS))
    try:
        return read_header(first[1])
    except HeaderRefused as refused:
        raise SheetRefused(str(refused)) from None


def _rows(lines: Iterator[Line], header: Header) -> Iterator[SheetRow]:
    most = settings.BULK_MAX_ROWS
    count = 0
    for number, cells in lines:
        padded = cells + [""] * (header.width - len(cells))
        values = dict.fromkeys(NAMES, "")
        values |= {name: _cell(padded[place]) for name, place in header.places.items()}
        if not any(values.values()):
            continue
        count += 1
        if count > most:
            raise SheetRefused(Message("sheet_too_many_rows", most=f"{most:,}"))
        problems = list(_problems(values))
        if any(cell.strip() for cell in cells[header.width :]):
            problems.append(("", BEYOND))
        yield SheetRow(number, values, problems)


def _cell(text: str) -> str:
    """The value, with the apostrophe taken off that our own files put before a formula."""
    text = text.strip()
    return restore(text) if text[:1] == "'" and text[1:2] and text[1] in RISKY else text


def _problems(values: dict[str, str]) -> Iterator[tuple[str, Message]]:
    for name, value in values.items():
        if len(value) > CELL_CHARACTERS:
            yield name, Message("cell_too_long", most=f"{CELL_CHARACTERS:,}")
        elif FAULTY.fullmatch(value):
            yield name, Message("cell_formula_failed", value=value)
    if SCIENTIFIC.fullmatch(values["phone_number"]):
        yield (
            "phone_number",
            Message("cell_number_shortened", value=values["phone_number"]),
        )
