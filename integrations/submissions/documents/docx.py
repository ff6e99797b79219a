"""DOCX: what a Word document says of itself in its content types, relationships and fields
(ECMA-376 parts 1 and 2).

Relationships are taken by a list of what is known to be harmless. Not looked at: pictures and
fonts.
"""

from __future__ import annotations

import re

from integrations.messages import Message
from integrations.submissions.documents.links import check_field, check_link, is_elsewhere
from integrations.submissions.documents.packages import Package
from integrations.submissions.documents.refusals import DocumentRefused

CONTENT_TYPES = "[Content_Types].xml"

_KIND = "DOCX"
_MOST_ELEMENTS = 20_000
_MAIN = "wordprocessingml.document.main+xml"
_MACROS = re.compile("macro|vba", re.IGNORECASE)
_MACRO_PARTS = re.compile(r"(^|/)(vbaproject[^/]*\.bin|vbadata\.xml)$", re.IGNORECASE)
_CONTROLS = re.compile(r"(^|/)activex/", re.IGNORECASE)
_OTHER_OFFICE = {
    "spreadsheetml": Message("excel_workbook"),
    "presentationml": Message("powerpoint_presentation"),
    "wordprocessingml.template": Message("word_template"),
}
# The last words of the relationships' types. Word acts on those of these two publishers and of the
# ISO standard; it ignores what other programs note for themselves.
_KNOWN_TO_WORD = re.compile(r"https?://(schemas\.(openxmlformats|microsoft)\.|purl\.oclc\.org/)")
_HARMLESS_WORDS = """
certificate chart chartColorStyle chartEx chartStyle chartUserShapes classificationlabels comments
commentsExtended commentsExtensible commentsIds core-properties custom-properties customXml
customXmlProps diagramColors diagramData diagramDrawing diagramLayout diagramQuickStyle
documentTasks drawing endnotes extended-properties font fontTable footer footnotes glossaryDocument
hdphoto header hyperlink image ink keyMapCustomizations numbering officeDocument origin package
people printerSettings settings signature styles stylesWithEffects theme themeOverride thumbnail
vmlDrawing webSettings
calcChain sharedStrings sheetMetadata table worksheet
"""
_HARMLESS = frozenset(_HARMLESS_WORDS.split())
_MAIL_MERGE = frozenset({"connectString", "dataSource", "headerSource", "udl"})
_VML_WORDS = (
    "arc background curve fill group image imagedata line oval polyline rect roundrect shape "
    "shapetype stroke"
)
_VML = frozenset(_VML_WORDS.split())

_INSTRUCTIONS = frozenset({"instrText", "delInstrText"})
_FIELD_PARTS = _INSTRUCTIONS | {"fldChar", "fldSimple"}
# What is there for newer, and what for older versions of Word.
_BRANCHES = frozenset({"Choice", "Fallback"})
_FILM = "webVideoPr"

Attributes = dict[str, str]


class _Elements:
    """Collects the elements of a part."""

    names: frozenset[str] | None = None

    def __init__(self) -> None:
        self.found: list[tuple[str, Attributes]] = []

    def start(self, name: str, attributes: Attributes) -> None:
        if len(self.found) >= _MOST_ELEMENTS:
            raise ValueError("too many elements")
        self.found.append((name, attributes))

    def end(self, name: str) -> None:
        """Nothing depends on where an element ends."""

    def text(self, text: str) -> None:
        """These parts have none."""


class _Field:
    """The instruction of one field, in the pieces in which it stands in the text.

    A piece can be there for one version of Word only, so each version's reading is checked.
    """

    def __init__(self) -> None:
        self.is_instruction = True
        self._pieces: list[tuple[str, str]] = []

    def add(self, text: str, branch: str) -> None:
        self._pieces.append((text, branch))

    def check(self) -> None:
        for left_out in {branch for _, branch in self._pieces} | {None}:
            text = "".join(
                text for text, branch in self._pieces if branch != left_out or not branch
            )
            check_field(text, kind=_KIND)

    @property
    def is_empty(self) -> bool:
        return not any(text.strip() for text, _ in self._pieces)


class _Text:
    """Reads the text of a document, a header, a note or the settings for what it fetches."""

    names: frozenset[str] | None = _VML | _MAIL_MERGE | _FIELD_PARTS | _BRANCHES | {"p", _FILM}

    def __init__(self) -> None:
        self._fields: list[_Field] = []
        self._loose = _Field()
        self._in_instruction = False
        self._branches: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        if name in _INSTRUCTIONS:
            self._in_instruction = True
        elif name == "fldChar":
            self._mark(attributes.get("fldCharType", ""))
        elif name == "fldSimple":
            check_field(attributes.get("instr", ""), kind=_KIND)
        elif name in _BRANCHES:
            self._branches.append(name)
        elif name in _MAIL_MERGE:
            raise DocumentRefused("remote", kind=_KIND)
        elif name in _VML:
            if any(is_elsewhere(attributes.get(key, "")) for key in ("src", "althref")):
                raise DocumentRefused("remote", kind=_KIND)
            check_link(attributes.get("href", ""), kind=_KIND)
        elif name == _FILM:
            raise DocumentRefused("embedded", kind=_KIND)

    def end(self, name: str) -> None:
        if name in _INSTRUCTIONS:
            self._in_instruction = False
        elif name in _BRANCHES and self._branches:
            self._branches.pop()
        elif name == "p":
            self._loose.check()
            self._loose = _Field()

    def text(self, text: str) -> None:
        if self._in_instruction:
            open_fields = [field for field in self._fields[-1:] if field.is_instruction]
            field = open_fields[0] if open_fields else self._loose
            field.add(text, self._branches[-1] if self._branches else "")

    def _mark(self, kind: str) -> None:
        if kind == "begin":
            # Which field it is would be the result of another one.
            if self._fields and self._fields[-1].is_instruction and self._fields[-1].is_empty:
                raise DocumentRefused("unreadable", kind=_KIND)
            self._fields.append(_Field())
        elif self._fields:
            self._fields[-1].check()
            self._fields[-1].is_instruction = False
            if kind == "end":
                self._fields.pop()

    def finish(self) -> None:
        for field in (*self._fields, self._loose):
            field.check()


def check(content: bytes) -> None:
    """Raise DocumentRefused unless this is a Word document that runs and fetches nothing."""
    texts: dict[str, _Text] = {}

    def reader_of(name: str) -> _Text | str | None:
        if _is_kept(name):
            return Package.KEPT
        if not name.lower().endswith((".xml", ".vml")):
            return None
        texts[name] = _Text()
        return texts[name]

    package = Package(content, _KIND, reader_of, first=CONTENT_TYPES)
    for text in texts.values():
        text.finish()
    if CONTENT_TYPES not in package.parts:
        raise DocumentRefused("not_accepted", what=Message("zip_archive"))
    if any(map(_MACRO_PARTS.search, package.names)):
        raise DocumentRefused("macros", kind=_KIND)
    if any(map(_CONTROLS.search, package.names)):
        raise DocumentRefused("embedded", kind=_KIND)
    types = _check_types(package)
    _check_main(package, types)
    for name in package.names:
        kind = types.get(f"/{name.lower()}") or types.get(name.lower().rpartition(".")[2], "")
        if kind.endswith("xml") and "svg" not in kind and not _is_kept(name) and name not in texts:
            raise DocumentRefused("unreadable", kind=_KIND)
    _check_relationships(package)
    for name, inner in package.inner.items():
        if not name.lower().endswith(".xlsx"):
            raise DocumentRefused("embedded", kind=_KIND)
        _check_workbook(inner)


def _is_kept(name: str) -> bool:
    return name == CONTENT_TYPES or name.lower().endswith(".rels")


def _elements(package: Package, name: str) -> list[tuple[str, Attributes]]:
    reader = _Elements()
    package.read_kept(name, reader)
    return reader.found


def _check_types(package: Package) -> dict[str, str]:
    """The content types by parts' names in lower case, with a slash, and by extensions."""
    types: dict[str, str] = {}
    for _, attributes in _elements(package, CONTENT_TYPES):
        key = attributes.get("PartName") or attributes.get("Extension") or ""
        types[key.lower()] = attributes.get("ContentType", "").strip()
    if any(map(_MACROS.search, types.values())):
        raise DocumentRefused("macros", kind=_KIND)
    return types


def _check_main(package: Package, types: dict[str, str]) -> None:
    mains = {name.lstrip("/") for name, kind in types.items() if _MAIN in kind}
    if not mains:
        for mark, what in _OTHER_OFFICE.items():
            if any(mark in kind and "main+xml" in kind for kind in types.values()):
                raise DocumentRefused("not_accepted", what=what)
        raise DocumentRefused("broken", kind=_KIND)
    # Word's web edition calls it document2.xml.
    if not (mains | {"word/document.xml"}).intersection(map(str.lower, package.names)):
        raise DocumentRefused("broken", kind=_KIND)


def _check_relationships(package: Package) -> None:
    for name in package.parts:
        if name != CONTENT_TYPES:
            for element, attributes in _elements(package, name):
                if element == "Relationship":
                    _check_relationship(attributes)


def _check_relationship(attributes: Attributes) -> None:
    kind, target = attributes.get("Type", "").strip(), attributes.get("Target", "")
    word = kind.rstrip("/").rpartition("/")[2]
    if _MACROS.search(word):
        raise DocumentRefused("macros", kind=_KIND)
    if attributes.get("TargetMode", "").strip().lower() == "external":
        if word == "hyperlink":
            check_link(target, kind=_KIND)
        # Every document made from a template of one's own names the file on its author's disk.
        elif word != "attachedTemplate" or is_elsewhere(target):
            raise DocumentRefused("remote", kind=_KIND)
    elif is_elsewhere(target):
        raise DocumentRefused("remote", kind=_KIND)
    elif word not in _HARMLESS and _KNOWN_TO_WORD.match(kind):
        raise DocumentRefused("embedded", kind=_KIND)


def _check_workbook(content: bytes) -> None:
    """The data behind a chart: a workbook without macros, links and objects."""
    workbook = Package(
        content,
        _KIND,
        lambda name: Package.KEPT if _is_kept(name) else None,
        first=CONTENT_TYPES,
        is_inner=True,
    )
    if CONTENT_TYPES not in workbook.parts or workbook.inner:
        raise DocumentRefused("embedded", kind=_KIND)
    _check_types(workbook)
    _check_relationships(workbook)
