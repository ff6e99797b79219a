"""XLSX, by XlsxWriter: texts that no program takes for a formula, real dates and real numbers.

The file is written on disk, its parts one after the other, and sent when it is whole; memory does
not grow with it. A row takes about ten times as long as one of CSV, so a file that is sent at once
may have fewer of them (`service.rows_at_once`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from integrations.exports import files
from integrations.exports.columns import Cells, Heading, Type
from integrations.exports.formats.style import Style
from integrations.exports.values import local_times
from integrations.models import DateFormat
from integrations.spreadsheets import RISKY

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# What Excel takes: rows of a sheet, and characters (of UTF-16) in a cell.
SHEET_ROWS = 1_048_576
CELL_CHARACTERS = 32_767

WIDTH = 22
PIECE_BYTES = 64 * 1024
DATES = {
    DateFormat.ISO: "yyyy-mm-dd hh:mm:ss",
    DateFormat.DAY_FIRST: "dd/mm/yyyy hh:mm:ss",
}
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    # What is larger than two gigabytes could not be written otherwise.
    "use_zip64": True,
}


def write(
    headings: Sequence[Heading], chunks: Iterable[Sequence[Cells]], style: Style
) -> Iterator[bytes]:
    """One sheet after another, each with the header, for as many rows as there are."""
    with files.workshop() as folder:
        path = folder / "export.xlsx"
        path.touch(mode=0o600)
        try:
            with Workbook(str(path), {**OPTIONS, "tmpdir": str(folder)}) as book:
                _fill(_Sheets(book, headings, style), chunks)
        except FileCreateError as error:
            raise OSError(str(error)) from error
        with path.open("rb") as whole:
            while piece := whole.read(PIECE_BYTES):
                yield piece


def _fill(sheets: _Sheets, chunks: Iterable[Sequence[Cells]]) -> None:
    types = [heading.type for heading in sheets.headings]
    for columns in chunks:
        cells = [
            local_times(column) if type is Type.MOMENT else column
            for type, column in zip(types, columns, strict=True)
        ]
        for row in zip(*cells, strict=True):
            sheets.add(row)


class _Sheets:
    """The sheets of a book, the last of which takes the next row."""

    def __init__(self, book: Workbook, headings: Sequence[Heading], style: Style) -> None:
        self.book = book
        self.headings = headings
        self._bold = book.add_format({"bold": True})
        self._date = book.add_format({"num_format": DATES[DateFormat(style.date_format)]})
        # As an apostrophe typed in front would: the cell stays text when it is edited.
        self._quoted = book.add_format({"quote_prefix": True})
        self._plain = book.add_format({"font_color": "automatic"})
        self._begin()

    def add(self, row: Sequence[Any]) -> None:
        if self._line == SHEET_ROWS:
            self._begin()
        for column, (cell, put) in enumerate(zip(row, self._puts, strict=True)):
            if cell is not None:
                put(self._line, column, cell)
        self._line += 1

    def _begin(self) -> None:
        number = len(self.book.worksheets()) + 1
        self._sheet = self.book.add_worksheet("Data" if number == 1 else f"Data {number}")
        self._sheet.set_column(0, len(self.headings) - 1, WIDTH)
        self._sheet.freeze_panes(1, 0)
        for column, heading in enumerate(self.headings):
            self._sheet.write_string(0, column, heading.name, self._bold)
        self._line = 1
        ways: dict[Type, Callable[[int, int, Any], None]] = {
            Type.TEXT: self._text,
            Type.NUMBER: self._sheet.write_number,
            Type.MOMENT: self._moment,
        }
        self._puts = [ways[heading.type] for heading in self.headings]

    def _text(self, line: int, column: int, text: str) -> None:
        if not text:
            return
        text = _fitting(text)
        style = self._quoted if text[0] in RISKY else None
        if text.startswith("<r>") and text.endswith("</r>"):
            # XlsxWriter would take this for markup of its own and write it as it is.
            self._sheet.write_rich_string(line, column, text[:1], self._plain, text[1:])
        else:
            self._sheet.write_string(line, column, text, style)

    def _moment(self, line: int, column: int, moment: datetime) -> None:
        self._sheet.write_datetime(line, column, moment, self._date)


def _fitting(text: str) -> str:
    if 2 * len(text) <= CELL_CHARACTERS:
        return text
    return text.encode("utf-16-le")[: 2 * CELL_CHARACTERS].decode("utf-16-le", "ignore")
