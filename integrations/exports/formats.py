"""The files that a table can be written as: CSV, XLSX and JSON.

Each format is a function from headings and an iterator of some rows at a time, as one list of
cells per column (cells are as `columns.Type` says), to pieces of bytes. What is held at a time
does not depend on the number of rows. CSV and JSON give their first piece before the first row is
asked for; XLSX is written on disk and sent when it is whole. A row of XLSX takes about ten times
as long as one of CSV, so a file that is sent at once may have fewer (`service.rows_at_once`).
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from xlsxwriter import Workbook

from integrations.exports import files
from integrations.exports.columns import Cells, Heading, Type, as_texts
from integrations.exports.values import local_times, moments
from integrations.models import DateFormat, Delimiter, ExportFormat, PhoneFormat, Wording
from integrations.spreadsheets import xlsx_writer
from integrations.spreadsheets.csv_file import csv_lines
from integrations.spreadsheets.xlsx_writer import XLSX_TYPE, TableSheet, open_book

WIDTH = 22
PIECE_BYTES = 64 * 1024
XLSX_DATES = {
    DateFormat.ISO: "yyyy-mm-dd hh:mm:ss",
    DateFormat.DAY_FIRST: "dd/mm/yyyy hh:mm:ss",
}


class Style(NamedTuple):
    """What a user may choose. Separator and byte order mark are for CSV alone; JSON has its own
    dates, and codes whatever the wording.
    """

    delimiter: str = Delimiter.COMMA
    date_format: str = DateFormat.ISO
    bom: bool = False
    wording: str = Wording.CODES
    phones: str = PhoneFormat.INTERNATIONAL


Chunks = Iterable[Sequence[Cells]]


def write_csv(headings: Sequence[Heading], chunks: Chunks, style: Style) -> Iterator[bytes]:
    """The header first and alone, with a byte order mark if asked for; then the rows, in UTF-8."""
    separator = str(style.delimiter)
    # A French spreadsheet takes 26000.5 for a text.
    decimal_comma = style.wording == Wording.FRENCH
    header = csv_lines([[heading.name] for heading in headings], separator)
    yield (BOM_UTF8 if style.bom else b"") + header.encode()
    for columns in chunks:
        texts = [
            as_texts(cells, heading.type, style.date_format, decimal_comma=decimal_comma)
            for heading, cells in zip(headings, columns, strict=True)
        ]
        yield csv_lines(texts, separator).encode()


def write_json(headings: Sequence[Heading], chunks: Chunks, _style: Style) -> Iterator[bytes]:
    """One array of objects, a line each, with moments in ISO 8601."""
    names = [heading.name for heading in headings]
    yield b"["
    before = b"\n"
    for columns in chunks:
        values = [
            [text or None for text in moments(cells)] if heading.type is Type.MOMENT else cells
            for heading, cells in zip(headings, columns, strict=True)
        ]
        objects = [
            orjson.dumps(dict(zip(names, row, strict=True))) for row in zip(*values, strict=True)
        ]
        yield before + b",\n".join(objects)
        before = b",\n"
    yield b"\n]\n"


def write_xlsx(headings: Sequence[Heading], chunks: Chunks, style: Style) -> Iterator[bytes]:
    """One sheet after another, each with the header, for as many rows as there are."""
    with files.workshop() as folder:
        path = folder / "export.xlsx"
        with open_book(path) as book:
            sheets = _Sheets(book, headings, style)
            for columns in chunks:
                cells = [
                    local_times(column) if heading.type is Type.MOMENT else column
                    for heading, column in zip(headings, columns, strict=True)
                ]
                for row in zip(*cells, strict=True):
                    sheets.add(row)
        with path.open("rb") as whole:
            while piece := whole.read(PIECE_BYTES):
                yield piece


class _Sheets:
    """The sheets of a book, the last of which takes the next row."""

    def __init__(self, book: Workbook, headings: Sequence[Heading], style: Style) -> None:
        self.book = book
        self.headings = headings
        self._date_format = XLSX_DATES[DateFormat(style.date_format)]
        self._begin()

    def add(self, row: Sequence[Any]) -> None:
        if self._line == xlsx_writer.SHEET_ROWS:
            self._begin()
        for column, (cell, put) in enumerate(zip(row, self._puts, strict=True)):
            if cell is not None:
                put(self._line, column, cell)
        self._line += 1

    def _begin(self) -> None:
        number = len(self.book.worksheets()) + 1
        sheet = TableSheet(
            self.book,
            "Data" if number == 1 else f"Data {number}",
            [heading.name for heading in self.headings],
            [WIDTH] * len(self.headings),
            date_format=self._date_format,
        )
        puts: dict[Type, Callable[[int, int, Any], Any]] = {
            Type.TEXT: sheet.put_text,
            Type.NUMBER: sheet.put_number,
            Type.MOMENT: sheet.put_moment,
        }
        self._puts = [puts[heading.type] for heading in self.headings]
        self._line = 1


class Format(NamedTuple):
    """`write` makes the file; `extension` and `content_type` are what it goes by."""

    write: Callable[[Sequence[Heading], Chunks, Style], Iterator[bytes]]
    extension: str
    content_type: str


FORMATS: Mapping[str, Format] = {
    ExportFormat.CSV: Format(write_csv, "csv", "text/csv; charset=utf-8"),
    ExportFormat.XLSX: Format(write_xlsx, "xlsx", XLSX_TYPE),
    ExportFormat.JSON: Format(write_json, "json", "application/json"),
}
