"""ODT: a ZIP archive whose first entry says, unpacked, what it is (OpenDocument 1.3, part 2, §3.3).

Not looked at: event bindings within the text, which call macros that are not there.
"""

from __future__ import annotations

import re

from integrations.submissions.documents.refusals import DocumentRefused
from integrations.submissions.documents.xmlparts import XmlUnreadable, elements
from integrations.submissions.documents.zips import Archive

_KIND = "ODT"
_MANIFEST = "META-INF/manifest.xml"
_TEXT = b"application/vnd.oasis.opendocument.text"
_OTHERS = {
    b"application/vnd.oasis.opendocument.spreadsheet": "a spreadsheet (ODS)",
    b"application/vnd.oasis.opendocument.presentation": "a presentation (ODP)",
    b"application/vnd.oasis.opendocument.graphics": "a drawing (ODG)",
    b"application/epub+zip": "an e-book (EPUB)",
}
# Libraries are listed in every document that has ever seen the macro window; modules are macros.
_MODULE = re.compile(r"^(basic/.+/(?!(script|dialog)-l[bc]\.xml$)[^/]+|scripts/.+)$", re.IGNORECASE)


def check(content: bytes) -> None:
    """Raise DocumentRefused unless this is an OpenDocument text without macros."""
    archive = Archive(content, _KIND, keep=lambda name: name in {"mimetype", _MANIFEST})
    first = min(archive.entries, key=lambda entry: entry.header_offset)
    kind = archive.parts.get("mimetype", b"").strip()
    if kind != _TEXT:
        raise DocumentRefused("not_accepted", what=_OTHERS.get(kind, "an OpenDocument file"))
    if first.filename != "mimetype" or first.compress_type:
        raise DocumentRefused("broken", kind=_KIND)
    if "content.xml" not in archive.names or _MANIFEST not in archive.parts:
        raise DocumentRefused("broken", kind=_KIND)
    if any(_MODULE.match(name) and not name.endswith("/") for name in archive.names):
        raise DocumentRefused("macros", kind=_KIND)
    _check_manifest(archive.parts[_MANIFEST])


def _check_manifest(part: bytes) -> None:
    try:
        listed = [name for name, _ in elements(part)]
    except XmlUnreadable as error:
        raise DocumentRefused("broken", kind=_KIND) from error
    if "encryption-data" in listed:
        raise DocumentRefused("password", kind=_KIND)
