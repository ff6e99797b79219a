"""DOCX: a ZIP archive of parts, of which the content types and the relationships tell what it does.

Not looked at: fields within the text (`DDEAUTO`), pictures, and what an embedded workbook holds.
"""

from __future__ import annotations

import re

from integrations.submissions.documents.refusals import DocumentRefused
from integrations.submissions.documents.xmlparts import Element, XmlUnreadable, elements
from integrations.submissions.documents.zips import Archive

CONTENT_TYPES = "[Content_Types].xml"
_KIND = "DOCX"
_MAIN = "wordprocessingml.document.main+xml"
_MACROS = re.compile("macroenabled|vba", re.IGNORECASE)
_MACRO_PARTS = re.compile(r"(^|/)(vbaproject[^/]*\.bin|vbadata\.xml)$", re.IGNORECASE)
_CONTROLS = re.compile(r"(^|/)activex/", re.IGNORECASE)
_OTHERS = {
    "spreadsheetml": "an Excel workbook",
    "presentationml": "a PowerPoint presentation",
    "wordprocessingml.template": "a Word template",
}
# Relationships that make Word open what they point to, and not just show it.
_LOADED = re.compile(r"/(attachedTemplate|oleObject|package|frame|subDocument|aFChunk|control)$")
_LOCAL_TEMPLATE = re.compile(r"(file:/{3,4})?[A-Za-z]:|[^/\\:%]+$|file:///(?![/\\])", re.IGNORECASE)


def check(content: bytes) -> None:
    """Raise DocumentRefused unless this is a Word document without anything that runs."""
    archive = Archive(content, _KIND, keep=_tells)
    if CONTENT_TYPES not in archive.parts:
        raise DocumentRefused("not_accepted", what="an archive (ZIP)")
    if any(_MACRO_PARTS.search(name) for name in archive.names):
        raise DocumentRefused("macros", kind=_KIND)
    if any(_CONTROLS.search(name) for name in archive.names):
        raise DocumentRefused("embedded", kind=_KIND)
    _check_types(archive)
    for name, part in archive.parts.items():
        if name.lower().endswith(".rels"):
            for element in _elements(part):
                _check_relationship(element)


def _tells(name: str) -> bool:
    return name == CONTENT_TYPES or name.lower().endswith(".rels")


def _elements(part: bytes) -> list[Element]:
    try:
        return elements(part)
    except XmlUnreadable as error:
        raise DocumentRefused("broken", kind=_KIND) from error


def _check_types(archive: Archive) -> None:
    declared = [attributes for _, attributes in _elements(archive.parts[CONTENT_TYPES])]
    types = [attributes.get("ContentType", "") for attributes in declared]
    if any(map(_MACROS.search, types)):
        raise DocumentRefused("macros", kind=_KIND)
    mains = [attributes for attributes in declared if _MAIN in attributes.get("ContentType", "")]
    if not mains:
        for mark, what in _OTHERS.items():
            if any(mark in name and "main+xml" in name for name in types):
                raise DocumentRefused("not_accepted", what=what)
        raise DocumentRefused("broken", kind=_KIND)
    # Word's web edition calls it document2.xml.
    named = {attributes.get("PartName", "").lstrip("/") for attributes in mains}
    if not (named | {"word/document.xml"}).intersection(archive.names):
        raise DocumentRefused("broken", kind=_KIND)


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
    raise DocumentRefused("remote", kind=_KIND)
