"""ODT: what an OpenDocument text says of itself in its first entry, which is not compressed, in its
manifest (OpenDocument 1.3, part 2, §3), and in the links and events of its XML (part 3).

Not looked at: pictures and fonts.
"""

from __future__ import annotations

import re

from integrations.messages import Message
from integrations.submissions.documents.links import check_link, is_elsewhere
from integrations.submissions.documents.packages import Package
from integrations.submissions.documents.refusals import DocumentRefused

_KIND = "ODT"
_MANIFEST = "META-INF/manifest.xml"
_TYPE = b"application/vnd.oasis.opendocument.text"
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
# Elements, by what they are refused for.
_REFUSED = {
    "event-listener": "macros",
    "execute-macro": "macros",
    "module": "macros",
    "source-code": "macros",
    "applet": "embedded",
    "object-ole": "embedded",
    "plugin": "embedded",
    "connection-resource": "remote",
    "dde-connection": "remote",
    "dde-connection-decl": "remote",
    "dde-source": "remote",
    "floating-frame": "remote",
    "table-source": "remote",
    "cell-range-source": "remote",
    "encryption-data": "password",
}
_CLICKED = frozenset({"a", "hyperlink"})
_PROGRAM = re.compile(r"\s*(vnd\.sun\.star\.script|macro|service|slot|javascript):", re.IGNORECASE)


class _Part:
    """Reads a part for what it fetches or runs."""

    names: frozenset[str] | None = None

    def __init__(self, *, has_links: bool) -> None:
        self._has_links = has_links
        self._is_script = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _REFUSED:
            raise DocumentRefused(_REFUSED[name], kind=_KIND)
        if any(map(_PROGRAM.match, attributes.values())):
            raise DocumentRefused("macros", kind=_KIND)
        target = attributes.get("href", "")
        if name == "script":
            self._is_script = True
            if target:
                raise DocumentRefused("macros", kind=_KIND)
        if not self._has_links:
            return
        if name in _CLICKED:
            check_link(target, kind=_KIND)
        elif name == "form" and target:
            raise DocumentRefused("sends", kind=_KIND)
        elif is_elsewhere(target):
            raise DocumentRefused("remote", kind=_KIND)

    def end(self, name: str) -> None:
        if name == "script":
            self._is_script = False

    def text(self, text: str) -> None:
        # Without a text it names the libraries, of which each is a part of its own.
        if self._is_script and text.strip():
            raise DocumentRefused("macros", kind=_KIND)


def check(content: bytes) -> None:
    """Raise DocumentRefused unless this is an OpenDocument text that runs and fetches nothing."""
    package = Package(content, _KIND, _reader_of, first=_MANIFEST)
    first = package.entries[0]
    kind = package.parts.get("mimetype", b"").strip()
    if kind != _TYPE:
        raise DocumentRefused(
            "not_accepted", what=_OTHER_OPENDOCUMENT.get(kind, Message("opendocument_file"))
        )
    if first.filename != "mimetype" or first.compress_type:
        raise DocumentRefused("broken", kind=_KIND)
    if "content.xml" not in package.names or _MANIFEST not in package.names:
        raise DocumentRefused("broken", kind=_KIND)
    if any(_MACRO_MODULE.match(name) and not name.endswith("/") for name in package.names):
        raise DocumentRefused("macros", kind=_KIND)
    if package.inner:
        raise DocumentRefused("embedded", kind=_KIND)


def _reader_of(name: str) -> _Part | str | None:
    if name == "mimetype":
        return Package.KEPT
    lowered = name.lower()
    # The names of libraries have a document type; the libraries' modules are refused.
    if lowered.startswith(("basic/", "dialogs/")) or not lowered.endswith((".xml", ".rdf")):
        return None
    # Links there are commands of menus and toolbars.
    return _Part(has_links=not lowered.startswith("configurations2/"))
