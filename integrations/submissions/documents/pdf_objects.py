"""What a PDF's objects do when the file is opened or clicked (ISO 32000-2 §7.11, §12.6, §13).

An object is written out once by qpdf, which spells each name in one way; only those that hold a
telling name are walked. An action is one wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream, StreamDecodeLevel, String

from integrations.submissions.documents.links import check_link, is_elsewhere
from integrations.submissions.documents.refusals import DocumentRefused

_KIND = "PDF"

_ACTIONS = {
    "JavaScript": "javascript",
    "Launch": "launch",
    "SubmitForm": "sends",
    "ImportData": "sends",
    "GoTo3DView": "embedded",
    "Movie": "embedded",
    "Rendition": "embedded",
    "RichMediaExecute": "embedded",
    "Sound": "embedded",
}
_ANNOTATIONS = frozenset({"3D", "Movie", "RichMedia", "Screen", "Sound"})
_PATHS = ("/F", "/UF", "/DOS", "/Unix", "/Mac")
_KEYS = frozenset({"/EF", "/JS", "/JavaScript", "/S", "/Subtype", "/URI", "/XFA", *_PATHS})
# A kind that is an object of its own.
KIND_ELSEWHERE = rb"/(?:S|Subtype|Type)\s+\d+\s+\d+\s+R"
_END = rb"(?![^\0\t\n\f\r ()<>\[\]{}/%])"
# Names that one of the checks below asks for.
TELLING = re.compile(
    rb"/(?:"
    + "|".join(sorted({*_ACTIONS, *_ANNOTATIONS})).encode()
    + rb"|JS|XFA|URI|EF|EmbeddedFile|ObjStm|UF|DOS|Unix|Mac)"
    + _END
    + rb"|/F"
    + _END
    + rb"(?!\s*-?\d+\s*(?:/|>>))|"
    + KIND_ELSEWHERE
)
_MOST_NODES = 50_000  # that are walked; a CV has some hundreds: its links
_XFA_CODE = frozenset({"script", "submit", "execute", "connectionset"})


@dataclass(slots=True)
class Attached:
    """A file packed inside: every name that it is given, and its content."""

    names: list[str]
    content: bytes


class Findings:
    """What is found in the objects that `look` is given: `attached`, the files packed inside."""

    def __init__(self) -> None:
        self.attached: list[Attached] = []
        self._walked = 0
        self._named: set[tuple[int, int]] = set()
        self._nameless: set[tuple[int, int]] = set()

    def look(self, found: Object) -> bool:
        """Whether this is an object stream. Raises DocumentRefused for what does harm."""
        is_stream = isinstance(found, Stream)
        shown = found.stream_dict if is_stream else found
        if not TELLING.search(shown.unparse(resolved=True)):
            return False
        for node in self._nodes(found):
            self._check(node, _KEYS & node.keys())
        kind = _word(found.get("/Type")) if is_stream else ""
        if kind == "EmbeddedFile":
            self._nameless.add(found.objgen)
        return kind == "ObjStm"

    def settle(self) -> None:
        """Raise DocumentRefused for a file packed inside under no name."""
        if self._nameless - self._named:
            raise DocumentRefused("embedded", kind=_KIND)

    def _nodes(self, found: Object) -> Iterator[Object]:
        """The dictionaries that are written within an object, without what it refers to."""
        waiting = [found]
        while waiting:
            node = waiting.pop()
            self._walked += 1
            if self._walked + len(waiting) > _MOST_NODES:
                raise DocumentRefused("too_complex", kind=_KIND)
            if isinstance(node, (Dictionary, Stream)):
                yield node
                waiting += filter(_is_within, node.values())
            elif isinstance(node, Array):
                waiting += filter(_is_within, node)

    def _check(self, node: Object, keys: frozenset[str]) -> None:
        code = _ACTIONS.get(_word(node.get("/S"))) if "/S" in keys else None
        if code in {"javascript", "launch"}:
            raise DocumentRefused(code)
        if code == "sends":
            raise DocumentRefused(code, kind=_KIND)
        if code or ("/Subtype" in keys and _word(node.get("/Subtype")) in _ANNOTATIONS):
            raise DocumentRefused("embedded", kind=_KIND)
        script = node.get("/JS") if "/JS" in keys else None
        # A picture or a font may be called that; a script is text.
        if isinstance(script, String) or (isinstance(script, Stream) and "/Subtype" not in script):
            raise DocumentRefused("javascript")
        if "/JavaScript" in keys and isinstance(node["/JavaScript"], (Array, Dictionary)):
            raise DocumentRefused("javascript")
        if "/XFA" in keys:
            _check_xfa(node["/XFA"])
        if "/URI" in keys:
            _check_address(node["/URI"])
        paths = {key: value for key in _PATHS if key in keys and (value := node[key]) is not None}
        # The content of a stream that names a file is in that file.
        if isinstance(node, Stream) and isinstance(paths.get("/F"), (Dictionary, String)):
            raise DocumentRefused("remote", kind=_KIND)
        names = [str(path) for path in paths.values() if isinstance(path, String)]
        if any(map(is_elsewhere, names)):
            raise DocumentRefused("remote", kind=_KIND)
        if "/EF" in keys:
            self._attach(names, node["/EF"])

    def _attach(self, names: list[str], files: Object) -> None:
        for stream in files.values() if isinstance(files, Dictionary) else ():
            if not names:
                raise DocumentRefused("embedded", kind=_KIND)
            # An earlier version of a reference leads nowhere; its names count all the same.
            if not isinstance(stream, Stream):
                self.attached.append(Attached(names, b""))
            elif stream.objgen not in self._named:
                self._named.add(stream.objgen)
                self.attached.append(Attached(names, unpacked(stream)))


def _check_address(address: Object) -> None:
    """Check the address of a link, or the one that all others are relative to."""
    target = address.get("/Base") if isinstance(address, Dictionary) else address
    if isinstance(target, String):
        check_link(str(target), kind=_KIND)


def _is_within(value: Object | None) -> bool:
    return value is not None and not value.is_indirect


def _word(value: Object | None) -> str:
    """The letters of a name; readers take a text for one, too."""
    if isinstance(value, Name):
        return str(value)[1:]
    return str(value) if isinstance(value, String) else ""


def unpacked(stream: Object) -> bytes:
    """A stream's content. Raises DocumentRefused for one that cannot be unpacked within bounds."""
    try:
        return stream.read_bytes(StreamDecodeLevel.specialized)
    except pikepdf.PdfError as error:
        code = "bomb" if "limit exceeded" in str(error) else "unreadable"
        raise DocumentRefused(code, kind=_KIND) from error


def _check_xfa(form: Object) -> None:
    """Refuse a form in XML that holds scripts, or sends or fetches something."""
    packets = list(form) if isinstance(form, Array) else [form]
    content = b"".join(unpacked(packet) for packet in packets if isinstance(packet, Stream))
    if not content:
        return

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2].lower() in _XFA_CODE:
            raise DocumentRefused("javascript")
        for key, value in attributes.items():
            if key.rpartition(":")[2].lower() in {"href", "src", "uri"} and is_elsewhere(value):
                raise DocumentRefused("remote", kind=_KIND)

    def doctype(*_: object) -> None:
        raise DocumentRefused("unreadable", kind=_KIND)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise DocumentRefused("unreadable", kind=_KIND) from error
