"""XLSX files, read as a stream after a check that they are harmless.

No XLSX has a document type, so one that has is refused, which leaves no entities at all; and the
elements of all parts are counted first, so that what they become is bounded. No more of a part is
ever unpacked than its header says, and one that holds more is damaged (`archives.py`): the sizes
in the headers can therefore be relied on.

It is read here and not by openpyxl because a sheet that is sent needs what that leaves out: which
rows are hidden, which formulas have no stored value, which cells are merged, `_x005F_`, and strict
OOXML.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar
from xml.parsers import expat

from integrations.archives import Archive, ArchiveFault, ArchiveLimits, UnsafeArchive
from integrations.messages import Message
from integrations.spreadsheets import HEADER_WITHIN, CountKnown, Grid, Line, SheetRefused
from integrations.spreadsheets.foreign_files import kind_of_package
from integrations.spreadsheets.xlsx_parts import (
    Attributes,
    PartHandler,
    Relations,
    SharedTexts,
    SheetPart,
    Styles,
    Workbook,
    parse,
    parser_for,
)
from integrations.spreadsheets.xlsx_rows import Rows, SheetLayout, WrongRows

# What a file may unpack to. The cells of a sheet are read one by one; its other parts become
# objects all at once, of which a little XML makes a great many.
MOST_ENTRIES = 2_000
SHEET_BYTES = 24 * 1024**2
SHEET_ELEMENTS = 1_000_000
PART_BYTES = 4 * 1024**2
PART_ELEMENTS = 100_000
# Lines, blank ones among them, in which a header is looked for.
LOOKED_THROUGH = 1_000
# Merged areas of one sheet.
MOST_MERGED = 10_000

STREAMED = ("worksheet+xml", "sharedStrings+xml")
TYPES = "[Content_Types].xml"

NOT_XLSX = Message("sheet_is_zip")
TOO_LARGE = Message("xlsx_bomb")
HOSTILE = Message("xlsx_document_type")
DAMAGED = Message("xlsx_damaged")

Handler = TypeVar("Handler", bound=PartHandler)

# What parts that are not what they say make of the code that reads them.
UNREADABLE = (expat.ExpatError, UnsafeArchive, WrongRows, ValueError, IndexError, OverflowError)


def read_xlsx(content: bytes, count_known: CountKnown, *, max_columns: int) -> Grid:
    """The sheet that holds the header, or else the first, as lines of text.

    At most `max_columns` cells of a line are read; formulas give the value that the spreadsheet
    last computed. Hidden sheets are left out. Raises `SheetRefused`.
    """
    try:
        package = Archive(io.BytesIO(content), ArchiveLimits(max_entries=MOST_ENTRIES))
    except UnsafeArchive as unsafe:
        raise SheetRefused(_WORDS.get(unsafe.fault, DAMAGED)) from None
    try:
        _check_parts(package)
        book = _Book.opened(package, max_columns)
    except UNREADABLE:
        raise SheetRefused(DAMAGED) from None
    if not book.sheets:
        raise SheetRefused(Message("xlsx_without_sheet"))
    with_header = [sheet for sheet in book.sheets if book.has_header(sheet, count_known)]
    chosen = with_header[0] if with_header else book.sheets[0]
    notes = []
    if len(with_header) > 1:
        titles = ", ".join(f"“{sheet.title}”" for sheet in with_header[1:])
        notes.append(Message("xlsx_other_sheets", title=chosen.title, others=titles))
    elif chosen is not book.sheets[0]:
        notes.append(Message("xlsx_only_sheet_read", title=chosen.title))
    layout = book.layout(chosen)
    return Grid(
        book.lines(chosen),
        Message("read_as_xlsx", title=chosen.title),
        notes,
        frozenset(layout.hidden_columns),
    )


@dataclass(slots=True)
class _Book:
    """A package, and what all of its sheets need."""

    package: Archive
    parts: dict[str, zipfile.ZipInfo]
    sheets: list[SheetPart]
    relations: Relations
    styles: Styles
    texts: list[str]
    since_1904: bool
    max_columns: int
    _layouts: dict[str, SheetLayout] = field(default_factory=dict)

    @classmethod
    def opened(cls, package: Archive, max_columns: int) -> _Book:
        # Some programs write the names of parts with backslashes or other capitals.
        parts = {_path(part.filename): part for part in package.entries}

        def read(path: str, handler: Handler) -> Handler:
            if part := parts.get(_path(path)):
                parse(package, part, handler)
            return handler

        book_path = read("_rels/.rels", Relations("")).first("officeDocument")
        folder, _, name = book_path.rpartition("/")
        workbook = read(book_path, Workbook())
        relations = read(f"{folder}/_rels/{name}.rels", Relations(folder))
        sheets = [
            sheet
            for sheet in workbook.sheets
            if relations.found.get(sheet.relation, ("", ""))[0] == "worksheet"
        ]
        return cls(
            package,
            parts,
            sheets,
            relations,
            read(relations.first("styles"), Styles()),
            read(relations.first("sharedStrings"), SharedTexts()).texts,
            workbook.since_1904,
            max_columns,
        )

    def _part(self, sheet: SheetPart) -> zipfile.ZipInfo:
        part = self.parts.get(_path(self.relations.found[sheet.relation][1]))
        if part is None:
            raise SheetRefused(DAMAGED)
        return part

    def has_header(self, sheet: SheetPart, count_known: CountKnown) -> bool:
        """Whether one of the first lines that hold anything names known columns."""
        filled = 0
        for line, _ in zip(self.lines(sheet), range(LOOKED_THROUGH), strict=False):
            filled += any(line.cells)
            if count_known(line.cells) > 1:
                return True
            if filled == HEADER_WITHIN:
                break
        return False

    def layout(self, sheet: SheetPart) -> SheetLayout:
        if known := self._layouts.get(sheet.relation):
            return known
        layout = SheetLayout(most_columns=self.max_columns)
        try:
            parse(self.package, self._part(sheet), layout)
        except UNREADABLE:
            raise SheetRefused(DAMAGED) from None
        if len(layout.merged) > MOST_MERGED:
            raise SheetRefused(TOO_LARGE)
        self._layouts[sheet.relation] = layout
        return layout

    def lines(self, sheet: SheetPart) -> Iterator[Line]:
        rows = Rows(self.layout(sheet), self.styles, self.texts, since_1904=self.since_1904)
        parser = parser_for(rows)
        try:
            for chunk in self.package.chunks(self._part(sheet)):
                parser.Parse(chunk, False)
                yield from rows.lines
                rows.lines.clear()
            parser.Parse(b"", True)
        except UNREADABLE:
            raise SheetRefused(DAMAGED) from None
        yield from rows.lines


def _path(name: str) -> str:
    return name.replace("\\", "/").strip("/").lower()


# A spreadsheet with a password is no ZIP at all: an encrypted ZIP holds something else.
_WORDS = {ArchiveFault.TOO_MANY_ENTRIES: TOO_LARGE, ArchiveFault.ENCRYPTED: NOT_XLSX}


def _check_parts(package: Archive) -> None:
    parts = {part.filename: part for part in package.entries}
    if len(parts) != len(package.entries):
        raise SheetRefused(DAMAGED)
    if foreign := kind_of_package(package, parts):
        raise SheetRefused(foreign)
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
        parse(package, part, _ElementCounter(elements))
    except expat.ExpatError:
        # A picture, for instance, which is no XML to whoever reads the file.
        if part.filename.endswith((".xml", ".rels")):
            raise


class _ElementCounter(PartHandler):
    """Counts elements, and refuses a document type."""

    def __init__(self, most: int) -> None:
        self.left = most

    def start(self, name: str, attributes: Attributes) -> None:  # noqa: ARG002
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

    def start(self, name: str, attributes: Attributes) -> None:
        super().start(name, attributes)
        if name == "Override":
            part = attributes.get("PartName", "").lstrip("/")
            if part in self.types:
                raise SheetRefused(DAMAGED)
            self.types[part] = attributes.get("ContentType", "")


def _content_types(package: Archive, part: zipfile.ZipInfo) -> dict[str, str]:
    if part.file_size > PART_BYTES:
        raise SheetRefused(TOO_LARGE)
    found = _ContentTypes(PART_ELEMENTS)
    parse(package, part, found)
    return found.types
