"""What DOCX and ODT have in common: ZIP archives of parts, unpacked completely and under limits.

Parts in XML are read as they are unpacked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Protocol
from xml.parsers import expat

from integrations.archives import ArchiveFault, StrictArchive, StrictLimits, UnsafeArchive
from integrations.submissions.documents import ole2
from integrations.submissions.documents.refusals import DocumentRefused

_MB = 1024**2
_NAME_LEADS_OUT = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|[\x00-\x1f\x7f\\]")
_LIMITS = StrictLimits(
    max_entries=2_000,
    unsafe_name=_NAME_LEADS_OUT,
    max_directory_bytes=_MB,
    max_unpacked_bytes=150 * _MB,
    harmless_bytes=20 * _MB,
    # A text document's XML packs about 10 times, seldom 30 times.
    max_unpacked_ratio=100,
)
# An archive within the archive: the workbook behind a chart.
_INNER_LIMITS = replace(_LIMITS, max_unpacked_bytes=30 * _MB)
_CODES = {
    ArchiveFault.FOREIGN_BYTES: "polyglot",
    ArchiveFault.TOO_MANY_ENTRIES: "bomb",
    ArchiveFault.TOO_LARGE: "bomb",
    ArchiveFault.OVERLAP: "bomb",
    ArchiveFault.UNSAFE_NAME: "archive_path",
    ArchiveFault.ENCRYPTED: "password",
}
_MOST_XML = 40 * _MB  # bytes of all parts in XML: 600 pages of text
_MOST_ELEMENTS = 500_000  # in these parts
_MOST_KEPT = 4 * _MB  # bytes of one part that is kept
_MOST_INNER = 20  # archives within the archive
_ZIP = b"PK\x03\x04"
# Names in an OLE2 directory.
_MACRO_STREAM = "_VBA_PROJECT".encode("utf-16-le")


class XmlReader(Protocol):
    """Reads the elements of one part. Names come without their namespaces' prefixes.

    `names` are those of the elements that it is told of; None for all.
    """

    names: frozenset[str] | None

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


class Package:
    """The parts of an archive, each unpacked once: their `names` in the order of the file.

    `reader_of` says for a part's name how it is read: None to unpack it only, `KEPT` to keep its
    bytes in `parts`, or a reader of its XML. The part named `first` is read before the others.
    `inner` are the archives among the parts.

    Raises DocumentRefused, also for an OLE2 file: that is where macros and other programs' objects
    are.
    """

    KEPT = "kept"

    def __init__(
        self,
        content: bytes,
        kind: str,
        reader_of: Callable[[str], XmlReader | str | None],
        *,
        first: str,
        is_inner: bool = False,
    ) -> None:
        self.kind = kind
        self.parts: dict[str, bytes] = {}
        self.inner: dict[str, bytes] = {}
        self._xml_room = _MOST_XML
        self._elements = 0
        try:
            archive = StrictArchive(content, _INNER_LIMITS if is_inner else _LIMITS)
            self.entries = sorted(archive.entries, key=lambda entry: entry.header_offset)
            self.names = [entry.filename for entry in self.entries]
            for entry in sorted(self.entries, key=lambda entry: entry.filename != first):
                name = entry.filename
                self._read(name, archive.chunks(entry), reader_of(name))
        except UnsafeArchive as unsafe:
            raise DocumentRefused(_CODES.get(unsafe.fault, "broken"), kind=kind) from unsafe

    def _read(self, name: str, chunks: Iterator[bytes], reader: XmlReader | str | None) -> None:
        first = next(chunks, b"")
        chunks = chain([first], chunks)
        if first.startswith(ole2.MAGIC):
            self._refuse_ole2(chunks)
        elif first.startswith(_ZIP):
            self.inner[name] = self._kept(chunks)
            if len(self.inner) > _MOST_INNER:
                raise DocumentRefused("bomb", kind=self.kind)
        elif reader is None:
            for _ in chunks:
                pass
        elif isinstance(reader, str):
            self.parts[name] = self._kept(chunks)
        else:
            self._read_xml(chunks, reader)

    def read_kept(self, name: str, reader: XmlReader) -> None:
        """Read a part that was kept as XML. Raises DocumentRefused."""
        self._read_xml(iter([self.parts[name]]), reader)

    def _refuse_ole2(self, chunks: Iterator[bytes]) -> None:
        tail = b""
        for chunk in chunks:
            if _MACRO_STREAM in tail + chunk:
                raise DocumentRefused("macros", kind=self.kind)
            tail = chunk[-len(_MACRO_STREAM) :]
        raise DocumentRefused("embedded", kind=self.kind)

    def _kept(self, chunks: Iterator[bytes]) -> bytes:
        kept = bytearray()
        for chunk in chunks:
            kept += chunk
            if len(kept) > _MOST_KEPT:
                raise DocumentRefused("bomb", kind=self.kind)
        return bytes(kept)

    def _read_xml(self, chunks: Iterator[bytes], reader: XmlReader) -> None:
        """A document type is refused, because entities come with it: neither format has one."""

        names = reader.names

        def start(name: str, attributes: dict[str, str]) -> None:
            self._elements += 1
            if self._elements > _MOST_ELEMENTS:
                raise DocumentRefused("bomb", kind=self.kind)
            local = _local(name)
            if names is None or local in names:
                reader.start(local, {_local(key): value for key, value in attributes.items()})

        def end(name: str) -> None:
            local = _local(name)
            if names is None or local in names:
                reader.end(local)

        def doctype(*_: object) -> None:
            raise ValueError("a document type")

        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = reader.text
        parser.StartDoctypeDeclHandler = doctype
        try:
            for chunk in chunks:
                self._xml_room -= len(chunk)
                if self._xml_room < 0:
                    raise DocumentRefused("bomb", kind=self.kind)
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise DocumentRefused("broken", kind=self.kind) from error


def _local(name: str) -> str:
    return name[name.rfind(":") + 1 :]
