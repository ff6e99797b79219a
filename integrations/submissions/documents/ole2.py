"""DOC: an OLE2 compound file with a WordDocument stream ([MS-CFB], [MS-DOC] §2.5.2).

Not looked at: Word 6's macros, which are part of the text.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from integrations.messages import Message
from integrations.submissions.documents.links import check_field
from integrations.submissions.documents.refusals import DocumentRefused

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_KIND = "DOC"
_HEADER = 512
_ENTRY = 128
_MOST_ENTRIES = 20_000
_END_OF_CHAIN = 0xFFFFFFFA  # this and above: not a sector
_NOTHING = 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_SHORTEST_STREAM = 4096  # bytes below which a stream is in the short sectors
_SHORT_SECTOR = 64  # bytes

_WORD_MAGIC = frozenset({0xA5EC, 0xA5DC, 0xA5DB, 0xA699, 0xA697})
_WORD_ENCRYPTED = 0x0100
_MACROS = frozenset({"macros", "vba", "_vba_project_cur", "_vba_project"})
_PACKED = frozenset({"\x01ole10native", "equation native"})
_OBJECTS = "objectpool"  # the storage of objects in the text; each document has one
# A field in the text begins with 13, and its instruction ends with 14 or 15.
_FIELDS = (
    (re.compile(rb"\x13([^\x13-\x15]{1,600})"), "cp1252"),
    (re.compile(rb"\x13\0((?:[^\x13-\x15][\x00-\xff]|[\x13-\x15][^\0]){1,600})"), "utf-16-le"),
)
_OTHERS = {
    "workbook": Message("excel_workbook"),
    "book": Message("excel_workbook"),
    "powerpoint document": Message("powerpoint_presentation"),
    "__properties_version1.0": Message("outlook_message"),
    "visiodocument": Message("visio_drawing"),
    "quill": Message("publisher_document"),
    "wpscontent": Message("works_document"),
    "contents": Message("document_of_another_program"),
}


@dataclass(frozen=True, slots=True)
class _DirectoryEntry:
    name: str
    type: int
    left: int
    right: int
    child: int
    start: int
    size: int


class _Damaged(Exception):
    """The structure leads nowhere, or in circles."""


class _Compound:
    """The directory of a compound file, and the first bytes of its streams."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        major, order, sector, short = struct.unpack_from("<4H", content, 26)
        if order != 0xFFFE or (major, sector) not in {(3, 9), (4, 12)} or short != 6:
            raise _Damaged
        self._sector_size = 1 << sector
        self._per_sector = self._sector_size // 4
        directory, _, shortest, self._short_start = struct.unpack_from("<4I", content, 48)
        if shortest != _SHORTEST_STREAM:
            raise _Damaged
        self._tables = self._allocation_tables()
        self.entries = self._directory(directory)
        if not self.entries or self.entries[0].type != _ROOT:
            raise _Damaged

    def children(self, entry: _DirectoryEntry) -> Iterator[_DirectoryEntry]:
        """What lies directly within a storage."""
        waiting, seen = [entry.child], set()
        while waiting:
            number = waiting.pop()
            if number == _NOTHING or number in seen:
                continue
            if number >= len(self.entries):
                raise _Damaged
            seen.add(number)
            child = self.entries[number]
            waiting += [child.left, child.right]
            yield child

    def read(self, entry: _DirectoryEntry) -> bytes:
        """A stream, as far as its chain leads."""
        if entry.size >= _SHORTEST_STREAM:
            return b"".join(map(self._sector, self._chain(entry.start)))[: entry.size]
        short = b"".join(map(self._sector, self._chain(self.entries[0].start)))
        table = b"".join(map(self._sector, self._chain(self._short_start)))
        pieces, number = [], entry.start
        for _ in range(0, entry.size, _SHORT_SECTOR):
            pieces.append(short[number * _SHORT_SECTOR : (number + 1) * _SHORT_SECTOR])
            (number,) = struct.unpack_from("<I", table, number * 4)
        return b"".join(pieces)[: entry.size]

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._sector_size
        sector = self._content[start : start + self._sector_size]
        # The last one may be cut off: some programs do not fill it up.
        if number >= _END_OF_CHAIN or not sector:
            raise _Damaged
        return sector

    def _allocation_tables(self) -> list[int]:
        """The sectors that hold the table of chains, in order."""
        tables = list(struct.unpack_from("<109I", self._content, 76))
        following, _ = struct.unpack_from("<2I", self._content, 68)
        most = len(self._content) // self._sector_size + 1
        while following < _END_OF_CHAIN:
            numbers = self._numbers(following)
            tables += numbers[:-1]
            following = numbers[-1]
            if len(tables) > most + 109 + self._per_sector:
                raise _Damaged
        return [number for number in tables if number < _END_OF_CHAIN]

    def _numbers(self, sector: int) -> tuple[int, ...]:
        content = self._sector(sector)
        if len(content) < self._sector_size:
            raise _Damaged
        return struct.unpack(f"<{self._per_sector}I", content)

    def _chain(self, sector: int) -> Iterator[int]:
        for _ in range(len(self._content) // self._sector_size + 1):
            if sector >= _END_OF_CHAIN:
                return
            yield sector
            table, place = divmod(sector, self._per_sector)
            if table >= len(self._tables):
                raise _Damaged
            at = (self._tables[table] + 1) * self._sector_size + place * 4
            if at + 4 > len(self._content):
                raise _Damaged
            (sector,) = struct.unpack_from("<I", self._content, at)
        raise _Damaged

    def _directory(self, start: int) -> list[_DirectoryEntry]:
        entries: list[_DirectoryEntry] = []
        for sector in self._chain(start):
            content = self._sector(sector)
            for at in range(0, len(content) - _ENTRY + 1, _ENTRY):
                entries.append(_entry(content[at : at + _ENTRY]))
            if len(entries) > _MOST_ENTRIES:
                raise _Damaged
        return entries


def _entry(content: bytes) -> _DirectoryEntry:
    length, kind = struct.unpack_from("<HB", content, 64)
    left, right, child = struct.unpack_from("<3I", content, 68)
    start, size = struct.unpack_from("<2I", content, 116)
    name = content[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
    return _DirectoryEntry(name.lower(), kind, left, right, child, start, size)


def check(content: bytes) -> None:
    """Raise DocumentRefused unless this is a Word document without macros or packed files."""
    try:
        compound = _Compound(content)
        top = {entry.name: entry for entry in compound.children(compound.entries[0])}
        word = top.get("worddocument")
        if word is None or word.type != _STREAM:
            raise _other(top)
        text = compound.read(word)
        magic, flags = struct.unpack_from("<H8xH", text)
        objects = [compound.children(entry) for name, entry in top.items() if name == _OBJECTS]
        has_objects = any(list(children) for children in objects)
    except (_Damaged, struct.error) as error:
        raise DocumentRefused("broken", kind=_KIND) from error
    if magic not in _WORD_MAGIC:
        raise DocumentRefused("broken", kind=_KIND)
    _check_parts({entry.name for entry in compound.entries if entry.type in (_STORAGE, _STREAM)})
    if flags & _WORD_ENCRYPTED:
        raise DocumentRefused("password", kind=_KIND)
    if has_objects:
        raise DocumentRefused("embedded", kind=_KIND)
    for pattern, encoding in _FIELDS:
        for field in pattern.finditer(text):
            check_field(field[1].decode(encoding, "replace"), kind=_KIND)


def _check_parts(names: set[str]) -> None:
    if names & _MACROS:
        raise DocumentRefused("macros", kind=_KIND)
    if names & _PACKED:
        raise DocumentRefused("embedded", kind=_KIND)


def _other(top: dict[str, _DirectoryEntry]) -> DocumentRefused:
    """What to say about a compound file that is not a Word document."""
    if "encryptedpackage" in top:
        return DocumentRefused("password", kind="DOCX")
    for name, what in _OTHERS.items():
        if name in top:
            return DocumentRefused("not_accepted", what=what)
    return DocumentRefused("not_accepted", what=Message("program_data"))
