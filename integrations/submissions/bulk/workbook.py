"""Tables written as CSV or XLSX, with nothing in them that a spreadsheet would run."""

from __future__ import annotations

import io
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from integrations.spreadsheets import RISKY, guard

# What XLSX allows in a cell.
CELL_CHARACTERS = 32_767
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def csv_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a byte order mark and semicolons: what Excel opens properly in French.

    A text that begins like a formula gets an apostrophe in front (`spreadsheets.py`).
    """
    lines = (";".join(_quoted(guard(cell)) for cell in row) for row in rows)
    return BOM_UTF8 + "".join(f"{line}\r\n" for line in lines).encode()


def _quoted(cell: str) -> str:
    if not any(mark in cell for mark in ';",\r\n') and cell == cell.strip():
        return cell
    return '"' + cell.replace('"', '""') + '"'


class Book:
    """An XLSX file of text cells, written as a stream."""

    def __init__(self) -> None:
        self._book = Workbook(write_only=True)

    def add(self, title: str, rows: Iterable[Sequence[str]], widths: Sequence[int]) -> None:
        """A sheet whose first row is its header and stays in sight."""
        sheet = self._book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for index, width in enumerate(widths, start=1):
            dimension = sheet.column_dimensions[get_column_letter(index)]
            dimension.width = width
            # For cells that are still to be filled in: a phone number keeps its leading zero.
            dimension.number_format = "@"
        for number, row in enumerate(rows):
            sheet.append([self._cell(sheet, text, bold=number == 0) for text in row])

    @staticmethod
    def _cell(sheet: Any, text: str, *, bold: bool) -> Any:
        cell = WriteOnlyCell(sheet)
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:CELL_CHARACTERS]
        # Text, whatever it looks like: `=1+1` would else be taken for a formula. The mark is
        # what an apostrophe typed in front does in Excel: it stays text when the cell is edited.
        cell.data_type = "s"
        cell.number_format = "@"
        cell.quotePrefix = text[:1] in RISKY if text else False
        if bold:
            cell.font = Font(bold=True)
        return cell

    def content(self) -> bytes:
        out = io.BytesIO()
        self._book.save(out)
        return out.getvalue()
