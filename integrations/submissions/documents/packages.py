"""DOCX and ODT: ZIP archives of parts, unpacked completely and under limits.

A DOCX says what it does in its content types and relationships; an ODT in its first entry, which
is not compressed (OpenDocument 1.3, part 2, §3.3), and in its manifest.

Not looked at: fields within the text (`DDEAUTO`), event bindings, pictures, and what an embedded
workbook holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.parsers import expat

from integrations.archives import ArchiveFault, StrictArchive, StrictLimits, UnsafeArchive
from integrations.messages import Message
from integrations.submissions.documents.refusals import DocumentRefused

CONTENT_TYPES = "[Content_Types].xml"

_MB = 1024**2
_LIMITS = StrictLimits(
    max_entries=2_000,
    unsafe_name=re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|[\x00-\x1f\x7f\\]"),
    max_directory_bytes=_MB,
    max_unpacked_bytes=150 * _MB,
    harmless_bytes=20 * _MB,
    # A text document's XML packs about 10 times, seldom 30 times.
    max_unpacked_ratio=100,
)
_MOST_KEPT = 4 * _MB  # bytes of one part that is kept
_CODES = {
    ArchiveFault.FOREIGN_BYTES: "polyglot",
    ArchiveFault.TOO_MANY_ENTRIES: "bomb",
    ArchiveFault.TOO_LARGE: "bomb",
    ArchiveFault.OVERLAP: "bomb",
    ArchiveFault.UNSAFE_NAME: "archive_path",
    ArchiveFault.ENCRYPTED: "password",
}
# The stream in which OLE packs any file at all, as its name stands in an OLE2 directory.
_PACKAGE = "\x01Ole10Native".encode("utf-16-le")
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# Attribute and element names come without their namespaces' addresses and prefixes.
Element = tuple[str, dict[str, str]]
_MOST_ELEMENTS = 20_000


class _Package:
    """The entries' names in the order of the file, and the parts that `keep` asks for."""

    def __init__(self, content: bytes, kind: str, keep: Callable[[str], bool]) -> None:
        self.kind = kind
        self.parts: dict[str, bytes] = {}
        try:
            archive = StrictArchive(content, _LIMITS)
            self.entries = sorted(archive.entries, key=lambda entry: entry.header_offset)
            for entry in self.entries:
                kept = self._unpacked(archive.chunks(entry), keep=keep(entry.filename))
                if kept is not None:
                    self.parts[entry.filename] = kept
        except UnsafeArchive as unsafe:
            raise DocumentRefused(_CODES.get(unsafe.fault, "broken"), kind=kind) from unsafe
        self.names = [entry.filename for entry in self.entries]

    def elements(self, name: str) -> list[Element]:
        """The elements of a part that was kept. Raises `DocumentRefused`."""
        try:
            return _elements(self.parts[name])
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise DocumentRefused("broken", kind=self.kind) from error

    def _unpacked(self, chunks: Iterator[bytes], *, keep: bool) -> bytes | None:
        """Read one entry to its end, and refuse a packed file in it."""
        kept = bytearray()
        first, tail = True, b""
        is_ole2 = False
        for chunk in chunks:
            is_ole2 = is_ole2 or (first and chunk.startswith(_OLE2))
            if is_ole2 and _PACKAGE in tail + chunk:
                raise DocumentRefused("embedded", kind=self.kind)
            first, tail = False, chunk[-len(_PACKAGE) :]
            if keep:
                kept += chunk
                if len(kept) > _MOST_KEPT:
                    raise DocumentRefused("bomb", kind=self.kind)
        return bytes(kept) if keep else None


def _elements(part: bytes) -> list[Element]:
    """The elements in document order. Raises ExpatError, LookupError or ValueError.

    A document type is refused, because entities come with it: the formats that are read here have
    none.
    """
    found: list[Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(found) >= _MOST_ELEMENTS:
            raise ValueError("too many elements")
        found.append((_local(name), {_local(key): value for key, value in attributes.items()}))

    def doctype(*_: object) -> None:
        raise ValueError("a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    parser.Parse(part, True)
    return found


def _local(name: str) -> str:
    return name.rpartition(":")[2]


_MAIN = "wordprocessingml.document.main+xml"
_MACROS = re.compile("macroenabled|vba", re.IGNORECASE)
_MACRO_PARTS = re.compile(r"(^|/)(vbaproject[^/]*\.bin|vbadata\.xml)$", re.IGNORECASE)
_CONTROLS = re.compile(r"(^|/)activex/", re.IGNORECASE)
_OTHER_OFFICE = {
    "spreadsheetml": Message("excel_workbook"),
    "presentationml": Message("powerpoint_presentation"),
    "wordprocessingml.template": Message("word_template"),
}
# Relationships that make Word open what they point to, and not just show it.
_LOADED = re.compile(r"/(attachedTemplate|oleObject|package|frame|subDocument|aFChunk|control)$")
_LOCAL_TEMPLATE = re.compile(r"(file:/{3,4})?[A-Za-z]:|[^/\\:%]+$|file:///(?![/\\])", re.IGNORECASE)


def check_docx(content: bytes) -> None:
    """Raise DocumentRefused unless this is a Word document without anything that runs."""
    package = _Package(content, "DOCX", _is_read)
    if CONTENT_TYPES not in package.parts:
        raise DocumentRefused("not_accepted", what=Message("zip_archive"))
    if any(_MACRO_PARTS.search(name) for name in package.names):
        raise DocumentRefused("macros", kind="DOCX")
    if any(_CONTROLS.search(name) for name in package.names):
        raise DocumentRefused("embedded", kind="DOCX")
    _check_types(package)
    for name in package.parts:
        if name.lower().endswith(".rels"):
            for element in package.elements(name):
                _check_relationship(element)


def _is_read(name: str) -> bool:
    return name == CONTENT_TYPES or name.lower().endswith(".rels")


def _check_types(package: _Package) -> None:
    declared = [attributes for _, attributes in package.elements(CONTENT_TYPES)]
    types = [attributes.get("ContentType", "") for attributes in declared]
    if any(map(_MACROS.search, types)):
        raise DocumentRefused("macros", kind="DOCX")
    mains = [attributes for attributes in declared if _MAIN in attributes.get("ContentType", "")]
    if not mains:
        for mark, what in _OTHER_OFFICE.items():
            if any(mark in name and "main+xml" in name for name in types):
                raise DocumentRefused("not_accepted", what=what)
        raise DocumentRefused("broken", kind="DOCX")
    # Word's web edition calls it document2.xml.
    named = {attributes.get("PartName", "").lstrip("/") for attributes in mains}
    if not (named | {"word/document.xml"}).intersection(package.names):
        raise DocumentRefused("broken", kind="DOCX")


def _check_relationship(element: Element) -> None:
    name, attributes = element
    if name != "Relationship" or attributes.get("TargetMode", "").lower() != "external":
        return
    loaded = _LOADED.search(attributes.get("Type", ""))
    if loaded is None:
        return
    # Every document made from a template of one's own names the file on its author's disk.
    target = attributes.get("Target", "").strip()
    if loaded[1] == "attachedTemplate" and _LOCAL_TEMPLATE.match(target):
        return
    raise DocumentRefused("remote", kind="DOCX")


_MANIFEST = "META-INF/manifest.xml"
_ODT_TYPE = b"application/vnd.oasis.opendocument.text"
_OTHER_OPENDOCUMENT = {
    b"application/vnd.oasis.opendocument.spreadsheet": Message("ods_spreadsheet"),
    b"application/vnd.oasis.opendocument.presentation": Message("odp_presentation"),
    b"application/vnd.oasis.opendocument.graphics": Message("odg_drawing"),
    b"application/epub+zip": Message("epub_book"),
}
# Libraries are listed in every document that has ever seen the macro window; modules are macros.
_MACRO_MODULE = re.compile(
    r"^(basic/.+/(?!(script|dialog)-l[bc]\.xml$)[^/]+|scripts/.+)$", re.IGNORECASE
)


def check_odt(content: bytes) -> None:
    """Raise DocumentRefused unless this is an OpenDocument text without macros."""
    package = _Package(content, "ODT", keep=lambda name: name in {"mimetype", _MANIFEST})
    first = package.entries[0]
    kind = package.parts.get("mimetype", b"").strip()
    if kind != _ODT_TYPE:
        raise DocumentRefused(
            "not_accepted", what=_OTHER_OPENDOCUMENT.get(kind, Message("opendocument_file"))
        )
    if first.filename != "mimetype" or first.compress_type:
        raise DocumentRefused("broken", kind="ODT")
    if "content.xml" not in package.names or _MANIFEST not in package.parts:
        raise DocumentRefused("broken", kind="ODT")
    if any(_MACRO_MODULE.match(name) and not name.endswith("/") for name in package.names):
        raise DocumentRefused("macros", kind="ODT")
    if any(name == "encryption-data" for name, _ in package.elements(_MANIFEST)):
        raise DocumentRefused("password", kind="ODT")
