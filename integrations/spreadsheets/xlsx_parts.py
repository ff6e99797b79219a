"""The parts of an XLSX package beside its cells: workbook, relations, styles, shared texts.

Names are compared without their prefix, so that strict OOXML, which has other namespaces, is read
as the usual one is.
"""

from __future__ import annotations

import posixpath
import zipfile
from dataclasses import dataclass, field
from xml.parsers import expat

from integrations.archives import Archive
from integrations.spreadsheets.xlsx_values import GENERAL, NumberFormat, unescaped

Attributes = dict[str, str]

TRUE = ("1", "true", "on")


def local(name: str) -> str:
    return name.rpartition(":")[2]


class PartHandler:
    """What is done with the elements of a part; names come without their prefixes."""

    def start(self, name: str, attributes: Attributes) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...

    def doctype(self, *_: object) -> None: ...


def parser_for(handler: PartHandler) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, given: handler.start(local(name), given)
    parser.EndElementHandler = lambda name: handler.end(local(name))
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = handler.doctype
    return parser


def parse(package: Archive, part: zipfile.ZipInfo, handler: PartHandler) -> None:
    """Raises `ExpatError` and `UnsafeArchive`."""
    parser = parser_for(handler)
    for chunk in package.chunks(part):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet of the workbook that is not hidden: its title, and the relation to its part."""

    title: str
    relation: str


@dataclass(slots=True)
class Workbook(PartHandler):
    sheets: list[SheetPart] = field(default_factory=list)
    since_1904: bool = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in TRUE
        elif name == "sheet" and attributes.get("state", "visible") == "visible":
            # `r:id`, whatever its prefix; `sheetId` is another number.
            relation = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            self.sheets.append(SheetPart(attributes.get("name", ""), relation))


@dataclass(slots=True)
class Relations(PartHandler):
    """The relations of a part in the folder `base`: for each id the kind and the part's path."""

    base: str
    found: dict[str, tuple[str, str]] = field(default_factory=dict)

    def start(self, name: str, attributes: Attributes) -> None:
        if name != "Relationship" or attributes.get("TargetMode") == "External":
            return
        target = attributes.get("Target", "").replace("\\", "/")
        path = posixpath.normpath(posixpath.join("/", self.base, target)).lstrip("/")
        kind = attributes.get("Type", "").rpartition("/")[2]
        self.found[attributes.get("Id", "")] = (kind, path)

    def first(self, kind: str) -> str:
        return next((path for its, path in self.found.values() if its == kind), "")


class Styles(PartHandler):
    """`formats` are the number formats of cells, by the number of their style."""

    def __init__(self) -> None:
        self.formats: list[NumberFormat] = []
        self._codes: dict[str, str] = {}
        self._of_cells = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._of_cells = True
        elif name == "xf" and self._of_cells:
            number = attributes.get("numFmtId", "0")
            known = int(number) if number.isdecimal() else 0
            self.formats.append(NumberFormat(known, self._codes.get(number, "")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._of_cells = False

    def of(self, style: str | None) -> NumberFormat:
        place = int(style) if style and style.isdecimal() else 0
        return self.formats[place] if place < len(self.formats) else GENERAL


class SharedTexts(PartHandler):
    """`texts` in the order of the part: all pieces of rich ones, without phonetic readings."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._pieces: list[str] = []
        self._phonetic = self._in_text = False

    def start(self, name: str, attributes: Attributes) -> None:  # noqa: ARG002
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._in_text = not self._phonetic

    def end(self, name: str) -> None:
        if name == "t":
            self._in_text = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.texts.append(unescaped("".join(self._pieces)))

    def text(self, text: str) -> None:
        if self._in_text:
            self._pieces.append(text)
