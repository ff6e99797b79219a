"""XLSX files by XlsxWriter: texts that no program takes for a formula, real dates and numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from integrations.spreadsheets.escaping import RISKY

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# What Excel takes: rows of a sheet, and characters (of UTF-16) in a cell.
SHEET_ROWS = 1_048_576
CELL_CHARACTERS = 32_767

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
# What XML cannot hold. XlsxWriter would write them, and CR, in Excel's own escapes.
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LINE_END = re.compile(r"\r\n?")


@contextmanager
def open_book(path: Path) -> Iterator[Workbook]:
    """A workbook that is written at `path`, readable by its owner alone, when the block ends.

    Its parts are written beside it, one after the other: memory does not grow with it, and the
    rows of a sheet must come in order. Raises OSError when there is no room.
    """
    path.touch(mode=0o600)
    options = {
        **_OPTIONS,
        "constant_memory": True,
        # What is larger than two gigabytes could not be written otherwise.
        "use_zip64": True,
        "tmpdir": str(path.parent),
    }
    try:
        with Workbook(str(path), options) as book:
            yield book
    except FileCreateError as error:
        raise OSError(str(error)) from error


class TableSheet:
    """A sheet with a bold header that stays in sight; `widths` are in characters.

    With `text_only` each column is formatted as text, for cells that are still to be filled in: a
    phone number keeps its leading zero. `date_format` is Excel's, such as `yyyy-mm-dd`.
    """

    def __init__(
        self,
        book: Workbook,
        title: str,
        headings: Sequence[str],
        widths: Sequence[int],
        *,
        text_only: bool = False,
        date_format: str = "yyyy-mm-dd",
    ) -> None:
        base = {"num_format": "@"} if text_only else {}
        bold = book.add_format({**base, "bold": True})
        self._date = book.add_format({"num_format": date_format})
        # As an apostrophe typed in front would: the cell stays text when it is edited.
        self._quoted = book.add_format({**base, "quote_prefix": True})
        self._plain = book.add_format({"font_color": "automatic"})
        self._base = book.add_format(base) if text_only else None
        self._sheet = book.add_worksheet(title)
        self._sheet.freeze_panes(1, 0)
        for column, (heading, width) in enumerate(zip(headings, widths, strict=True)):
            self._sheet.set_column(column, column, width, self._base)
            self._sheet.write_string(0, column, heading, bold)
        self.put_number = self._sheet.write_number

    def put_text(self, line: int, column: int, text: str) -> None:
        if not text:
            return
        if 2 * len(text) > CELL_CHARACTERS:
            utf16 = text.encode("utf-16-le")[: 2 * CELL_CHARACTERS]
            text = utf16.decode("utf-16-le", "ignore")
        style = self._quoted if text[0] in RISKY else self._base
        if text.startswith("<r>") and text.endswith("</r>"):
            # XlsxWriter would take this for markup of its own and write it as it is.
            self._sheet.write_rich_string(line, column, text[:1], self._plain, text[1:])
        else:
            self._sheet.write_string(line, column, text, style)

    def put_moment(self, line: int, column: int, moment: datetime) -> None:
        """A date and time without its time zone."""
        self._sheet.write_datetime(line, column, moment, self._date)


class TextBook:
    """A small workbook of text cells, made in memory and meant to be edited and uploaded again."""

    def __init__(self) -> None:
        self._content = io.BytesIO()
        self._book: Any = Workbook(self._content, {**_OPTIONS, "in_memory": True})

    def add(self, title: str, rows: Iterable[Sequence[str]], widths: Sequence[int]) -> None:
        """A sheet whose first row is its header."""
        lines = iter(rows)
        sheet = TableSheet(self._book, title, next(lines), widths, text_only=True)
        for line, row in enumerate(lines, start=1):
            for column, text in enumerate(row):
                readable = _UNREADABLE.sub("", _LINE_END.sub("\n", text))
                sheet.put_text(line, column, readable)

    def content(self) -> bytes:
        self._book.close()
        return self._content.getvalue()
