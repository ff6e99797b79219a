"""Whether an XLSX file is safe to hand to openpyxl, decided before that opens it.

openpyxl turns whatever it is given into objects, and does not guard against entities that refer
to themselves or to other files unless `defusedxml` is there. No XLSX has a document type, so one
that has is refused, which leaves no entities at all; and the parts are counted first, so that
what they become is bounded. No more of a part is ever unpacked than its header says, and one that
holds more is damaged (`archives.py`): the sizes in the headers can therefore be relied on.
"""

from __future__ import annotations

import io
import zipfile
from contextlib import closing
from xml.parsers import expat

from integrations.archives import Archive, ArchiveFault, ArchiveLimits, UnsafeArchive
from integrations.submissions.bulk import limits
from integrations.submissions.bulk.grid import SheetRefused

STREAMED = ("worksheet+xml", "sharedStrings+xml")
TYPES = "[Content_Types].xml"

NOT_XLSX = "This is a ZIP, not an XLSX sheet. CVs go into the second field."
TOO_LARGE = "The XLSX file unpacks to more than a sheet of candidates needs. Save it as CSV."
HOSTILE = "The XLSX file holds a document type definition, which no spreadsheet writes. Refused."
DAMAGED = "The file cannot be read as XLSX: it is damaged. Save it again, or save it as CSV."

# A spreadsheet with a password is no ZIP at all: an encrypted ZIP holds something else.
_WORDS = {ArchiveFault.TOO_MANY_ENTRIES: TOO_LARGE, ArchiveFault.ENCRYPTED: NOT_XLSX}


def check(content: bytes) -> None:
    """Raises `SheetRefused` unless the file is an XLSX of harmless size without entities."""
    rules = ArchiveLimits(max_entries=limits.XLSX_ENTRIES)
    try:
        package = Archive(io.BytesIO(content), rules)
        with closing(package):
            _check(package)
    except expat.ExpatError:
        raise SheetRefused(DAMAGED) from None
    except UnsafeArchive as unsafe:
        raise SheetRefused(_WORDS.get(unsafe.fault, DAMAGED)) from None


def _check(package: Archive) -> None:
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
    most = limits.XLSX_SHEET_BYTES if streamed else limits.XLSX_PART_BYTES
    elements = limits.XLSX_SHEET_ELEMENTS if streamed else limits.XLSX_PART_ELEMENTS
    if part.file_size > most:
        raise SheetRefused(TOO_LARGE)
    try:
        _parse(package, part, _Counter(elements))
    except expat.ExpatError:
        # A picture, for instance. openpyxl's parser is the same one and would say the same.
        if part.filename.endswith((".xml", ".rels")):
            raise


class _Counter:
    """Counts elements, and refuses a document type."""

    def __init__(self, most: int) -> None:
        self.left = most

    def element(self, _name: str, _attributes: dict[str, str]) -> None:
        self.left -= 1
        if self.left < 0:
            raise SheetRefused(TOO_LARGE)

    def doctype(self, *_: object) -> None:
        raise SheetRefused(HOSTILE)


class _Types(_Counter):
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
    if part.file_size > limits.XLSX_PART_BYTES:
        raise SheetRefused(TOO_LARGE)
    found = _Types(limits.XLSX_PART_ELEMENTS)
    _parse(package, part, found)
    return found.types


def _parse(package: Archive, part: zipfile.ZipInfo, watcher: _Counter) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = watcher.element
    parser.StartDoctypeDeclHandler = watcher.doctype
    for chunk in package.chunks(part):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
