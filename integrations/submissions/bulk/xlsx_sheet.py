"""XLSX as lines of text, read as a stream, after a check that it is no trap."""

from __future__ import annotations

import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from integrations.submissions.bulk import limits
from integrations.submissions.bulk.columns import known
from integrations.submissions.bulk.grid import Grid, SheetRefused
from integrations.submissions.bulk.xlsx_check import check

AT_ONCE = 200

UNREADABLE = "The file cannot be read as XLSX: it is damaged. Save it again, or save it as CSV."
# What openpyxl, the XML parser and zipfile raise on files that are not what they say.
DAMAGED = (
    InvalidFileException,
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    SyntaxError,
    EOFError,
    OSError,
    NotImplementedError,
)


def read(content: bytes) -> Grid:
    """The sheet that holds the header, or else the first, as lines of text.

    Raises `SheetRefused`. Formulas give the value that the spreadsheet last computed.
    """
    check(content)
    try:
        with _quietly():
            book = load_workbook(
                io.BytesIO(content), read_only=True, data_only=True, keep_links=False
            )
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise SheetRefused("The file has no visible sheet.")
        chosen = next((sheet for sheet in sheets if _is_ours(sheet)), sheets[0])
    except DAMAGED:
        raise SheetRefused(UNREADABLE) from None
    notes = []
    others = [sheet.title for sheet in sheets if sheet is not chosen]
    if others and chosen is not sheets[0]:
        notes.append(f"Only the sheet “{chosen.title}” was read.")
    return Grid(_lines(chosen), f"XLSX, sheet “{chosen.title}”", notes=notes)


def _is_ours(sheet: Any) -> bool:
    """Whether the first line that holds anything names our columns."""
    for cells, _ in zip(_lines(sheet), range(50), strict=False):
        if any(cells):
            return known(cells) > 1
    return False


def _lines(sheet: Any) -> Iterator[list[str]]:
    # What the file says of its size is not to be relied on.
    sheet.reset_dimensions()
    rows = iter(sheet.iter_rows(max_col=limits.COLUMNS + 1, values_only=True))
    while True:
        try:
            with _quietly():
                some = list(islice(rows, AT_ONCE))
        except DAMAGED:
            raise SheetRefused(UNREADABLE) from None
        if not some:
            return
        for row in some:
            cells = [_text(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            yield cells


@contextmanager
def _quietly() -> Iterator[None]:
    """Without openpyxl's warnings about styles and extensions, which matter to viewers only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _text(value: Any) -> str:
    """A cell as it reads: whole numbers without a point, dates as YYYY-MM-DD."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value).strip()
