"""XLSX files, read as a stream after a check that they are safe to hand to openpyxl.

openpyxl turns whatever it is given into objects, and does not guard against entities that refer
to themselves or to other files unless `defusedxml` is there. No XLSX has a document type, so one
that has is refused, which leaves no entities at all; and the parts are counted first, so that
what they become is bounded. No more of a part is ever unpacked than its header says, and one that
holds more is damaged (`archives.py`): the sizes in the headers can therefore be relied on.
"""

from __future__ import annotations

import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any
from xml.parsers import expat

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from integrations.archives import Archive, ArchiveFault, ArchiveLimits, UnsafeArchive
from integrations.messages import Message
from integrations.spreadsheets import CountKnown, Grid, SheetRefused

# What a file may unpack to. The cells and texts of a sheet are read one by one; its other parts
# become objects all at once, of which a little XML makes a great many.
MOST_ENTRIES = 2_000
SHEET_BYTES = 24 * 1024**2
SHEET_ELEMENTS = 1_000_000
PART_BYTES = 4 * 1024**2
PART_ELEMENTS = 100_000

STREAMED = ("worksheet+xml", "sharedStrings+xml")
TYPES = "[Content_Types].xml"

NOT_XLSX = Message("sheet_is_zip")
TOO_LARGE = Message("xlsx_bomb")
HOSTILE = Message("xlsx_document_type")
DAMAGED = Message("xlsx_damaged")
AT_ONCE = 200

# What openpyxl, the XML parser and zipfile raise on files that are not what they say.
UNREADABLE = (
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


def read_xlsx(content: bytes, count_known: CountKnown, *, max_columns: int) -> Grid:
    """The sheet that holds the header, or else the first, as lines of text.

    At most `max_columns` cells of a line are read; formulas give the value that the spreadsheet
    last computed. Raises `SheetRefused`.
    """
    _check_package(content)
    try:
        with _quietly():
            book = load_workbook(
                io.BytesIO(content), read_only=True, data_only=True, keep_links=False
            )
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise SheetRefused(Message("xlsx_without_sheet"))
        chosen = next(
            (sheet for sheet in sheets if _has_header(sheet, count_known, max_columns)), sheets[0]
        )
    except UNREADABLE:
        raise SheetRefused(DAMAGED) from None
    notes = []
    others = [sheet.title for sheet in sheets if sheet is not chosen]
    if others and chosen is not sheets[0]:
        notes.append(Message("xlsx_only_sheet_read", title=chosen.title))
    read_as = Message("read_as_xlsx", title=chosen.title)
    return Grid(_lines(chosen, max_columns), read_as, notes)


def _has_header(sheet: Any, count_known: CountKnown, max_columns: int) -> bool:
    """Whether the first line that holds anything names known columns."""
    for cells, _ in zip(_lines(sheet, max_columns), range(50), strict=False):
        if any(cells):
            return count_known(cells) > 1
    return False


def _lines(sheet: Any, max_columns: int) -> Iterator[list[str]]:
    # What the file says of its size is not to be relied on.
    sheet.reset_dimensions()
    rows = iter(sheet.iter_rows(max_col=max_columns, values_only=True))
    while True:
        try:
            with _quietly():
                some = list(islice(rows, AT_ONCE))
        except UNREADABLE:
            raise SheetRefused(DAMAGED) from None
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


# A spreadsheet with a password is no ZIP at all: an encrypted ZIP holds something else.
_WORDS = {ArchiveFault.TOO_MANY_ENTRIES: TOO_LARGE, ArchiveFault.ENCRYPTED: NOT_XLSX}


def _check_package(content: bytes) -> None:
    """Raises `SheetRefused` unless the file is an XLSX of harmless size without entities."""
    rules = ArchiveLimits(max_entries=MOST_ENTRIES)
    try:
        package = Archive(io.BytesIO(content), rules)
        with closing(package):
            _check_parts(package)
    except expat.ExpatError:
        raise SheetRefused(DAMAGED) from None
    except UnsafeArchive as unsafe:
        raise SheetRefused(_WORDS.get(unsafe.fault, DAMAGED)) from None


def _check_parts(package: Archive) -> None:
    parts = {part.filename: part for part in package.entries}
    if len(parts) != len(package.entries):
        raise SheetRefused(DAMAGED)
    if TYPES not in parts:
        raise SheetRefused(NOT_XLSX)
    types = _content_types(package, parts[TYPES])
    if not any("spreadsheetml" in kind or "ms-excel" in kind for kind in types.values()):
        raise SheetRefused(NOT_XLSX)
    for name, part in parts.items():
        _check_part(package, part, types.get(name, ""))


def _check_part(package: Archive, part: zipfile.ZipInfo, kind: str) -> None:
    """Whatever the part is called: a workbook may refer to any of them as XML."""
    streamed = kind.endswith(STREAMED)
    most = SHEET_BYTES if streamed else PART_BYTES
    elements = SHEET_ELEMENTS if streamed else PART_ELEMENTS
    if part.file_size > most:
        raise SheetRefused(TOO_LARGE)
    try:
        _parse(package, part, _ElementCounter(elements))
    except expat.ExpatError:
        # A picture, for instance. openpyxl's parser is the same one and would say the same.
        if part.filename.endswith((".xml", ".rels")):
            raise


class _ElementCounter:
    """Counts elements, and refuses a document type."""

    def __init__(self, most: int) -> None:
        self.left = most

    def element(self, _name: str, _attributes: dict[str, str]) -> None:
        self.left -= 1
        if self.left < 0:
            raise SheetRefused(TOO_LARGE)

    def doctype(self, *_: object) -> None:
        raise SheetRefused(HOSTILE)


class _ContentTypes(_ElementCounter):
    """Collects what `[Content_Types].xml` says of each part."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.types: dict[str, str] = {}

    def element(self, name: str, attributes: dict[str, str]) -> None:
        super().element(name, attributes)
        if name.rpartition(":")[2] == "Override":
            part = attributes.get("PartName", "").lstrip("/")
            if part in self.types:
                raise SheetRefused(DAMAGED)
            self.types[part] = attributes.get("ContentType", "")


def _content_types(package: Archive, part: zipfile.ZipInfo) -> dict[str, str]:
    if part.file_size > PART_BYTES:
        raise SheetRefused(TOO_LARGE)
    found = _ContentTypes(PART_ELEMENTS)
    _parse(package, part, found)
    return found.types


def _parse(package: Archive, part: zipfile.ZipInfo, watcher: _ElementCounter) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = watcher.element
    parser.StartDoctypeDeclHandler = watcher.doctype
    for chunk in package.chunks(part):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
