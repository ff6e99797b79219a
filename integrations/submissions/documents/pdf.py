"""PDF: a header, objects, at the end where to find them, and what the objects do when it is opened
(ISO 32000-1 §7.5, §12.6, §7.11).

Actions and attachments are looked for in the syntax of objects, outside of strings, and in object
streams that are deflated. Not looked at: the content of other streams (pages, pictures, forms in
XML), object streams with another filter or a predictor, and what a password hides.
"""

from __future__ import annotations

import contextlib
import re
import zlib
from collections.abc import Iterator

from integrations.archives import ends_as_zip, inflated
from integrations.submissions.documents.refusals import DocumentRefused

_KIND = "PDF"
_MAGIC = b"%PDF-"
_VERSION = re.compile(rb"%PDF-\d\.\d")
_HEADER_WITHIN = 1024  # bytes
_TAIL = 2048  # bytes in which the end has to be

_TAG = rb"<(?:!|\?|%|/?[a-zA-Z][a-zA-Z0-9:-]{0,20}[\s>/])"
# Before the header blanks may stand, a printer's language, the headers of a mail or an answer.
_BEFORE = re.compile(
    rb"\A\s*(?:GIF8|PK\x03\x04|MZ|\x7fELF|Rar!|7z\xbc\xaf|#!|RIFF|\xca\xfe\xba\xbe)|/\*|" + _TAG
)
_AFTER = re.compile(rb"PK\x03\x04|\x7fELF|Rar!|7z\xbc\xaf|" + _TAG)
_END = re.compile(rb"startxref\s{1,20}(\d{1,12})\s{1,20}%%EOF")
_TABLE = re.compile(rb"\s{0,20}(?:xref\b|\d{1,10}\s{1,5}\d{1,10}\s{1,5}obj\b)")


def starts(content: bytes) -> int:
    """Where the header is; -1 when this is no PDF."""
    return content.find(_MAGIC, 0, _HEADER_WITHIN + len(_MAGIC))


def check(content: bytes) -> None:
    """Raise DocumentRefused unless this is a whole PDF that runs nothing and is nothing else.

    One that is encrypted passes: mostly that forbids to change or to print it, not to read it.
    """
    header = starts(content)
    if not _VERSION.match(content, header):
        raise DocumentRefused("broken", kind=_KIND)
    if _BEFORE.search(content[:header]) or ends_as_zip(content, anywhere=True):
        raise DocumentRefused("polyglot", kind=_KIND)
    tail = content.rstrip(b"\0\r\n\t \x1a")[-_TAIL:]
    ends = list(_END.finditer(tail))
    if not ends:
        raise DocumentRefused("broken", kind=_KIND)
    if _AFTER.search(tail, ends[-1].end()):
        raise DocumentRefused("polyglot", kind=_KIND)
    # Readers count from the file's start or from the header; some programs count wrongly, and
    # readers then look for the objects themselves.
    offset = int(ends[-1][1])
    found = any(_TABLE.match(content, offset + shift) for shift in (0, header))
    if not found and not (b" obj" in content and b"/Root" in content):
        raise DocumentRefused("broken", kind=_KIND)
    _check_actions(content)


# What it does
_MOST_UNPACKED = 32 * 1024**2  # bytes of object streams
_MOST_TOKENS = 2_000_000


def _name(text: str) -> str:
    """A pattern for a name, of which every character can be written as #xx (§7.3.5)."""
    spelled = "".join(f"(?:{char}|#{ord(char):02x}|#{ord(char):02X})" for char in text)
    return rf"/{spelled}(?![^\x00\t\n\f\r ()<>\[\]{{}}/%])"


_ACTIONS = {
    "launch": ("Launch",),
    "javascript": ("JavaScript", "JS"),
    "embedded": ("EmbeddedFile", "EmbeddedFiles", "FileAttachment", "RichMedia"),
}
_WANTED = re.compile(
    "|".join(f"(?P<{code}>{'|'.join(map(_name, names))})" for code, names in _ACTIONS.items())
    .encode()
)  # fmt: skip
_OBJECT = re.compile(rb"\d\s{1,20}obj(?![A-Za-z0-9])|(?<![A-Za-z])trailer(?![A-Za-z])")
_STREAM = re.compile(rb"(?<![A-Za-z])stream\r?\n")
_OBJECT_STREAM = re.compile(_name("ObjStm").encode())
_FILTER = re.compile(_name("Filter").encode())

_SYNTAX = rb"\(|(?<![A-Za-z])(?:stream|endobj|startxref)(?![A-Za-z])|" + _WANTED.pattern
# Parts begin wherever an object seems to, which can be within a string. What looks like a comment
# there is none, so a part is read both ways.
_READINGS = (re.compile(_SYNTAX), re.compile(rb"%[^\r\n]*|" + _SYNTAX))
_IN_STRING = re.compile(rb"\\[\s\S]|[()]")

_FILE_NAME = re.compile(
    rb"/U?F\s{0,20}(?:\(((?:[^()\\]|\\[\s\S]){0,600})\)|<([0-9A-Fa-f\s]{0,2400})>)"
)
_OCTAL = re.compile(rb"\\([0-3]?[0-7]{1,2})")
_EXTENSION = re.compile(rb"\.([A-Za-z0-9]{1,10})\W*$")
# What tools for CVs and for archives pack into their own PDFs (Europass: its data as XML).
_HARMLESS = frozenset({b"csv", b"json", b"odt", b"pdf", b"rtf", b"txt", b"vcf", b"xml"})


def _check_actions(content: bytes) -> None:
    """Raise DocumentRefused for a PDF that starts programs, holds scripts or other files."""
    found: set[str] = set()
    for part in _parts(content):
        found |= _actions(part)
    for code in ("launch", "javascript"):
        if code in found:
            raise DocumentRefused(code)
    if "embedded" in found:
        files = {kind for part in _parts(content) for kind in _embedded(part)}
        if not files or not files <= _HARMLESS:
            raise DocumentRefused("embedded", kind=_KIND)


def _parts(content: bytes) -> Iterator[bytes]:
    """Each object or trailer up to where the next one begins, and what object streams hold."""
    marks = [found.end() for found in _OBJECT.finditer(content)]
    room = _MOST_UNPACKED
    for start, end in zip(marks, [*marks[1:], len(content)], strict=True):
        part = content[start:end]
        yield part
        stream = _STREAM.search(part)
        if stream and _OBJECT_STREAM.search(part, 0, stream.start()):
            packed = bool(_FILTER.search(part, 0, stream.start()))
            held = _held(memoryview(part)[stream.end() :], packed, room)
            room -= len(held)
            yield held


def _held(stream: memoryview, packed: bool, room: int) -> bytes:
    if not packed:
        return bytes(stream)
    held = bytearray()
    # What follows the packed bytes, another filter, or damage: what was unpacked is what counts.
    with contextlib.suppress(zlib.error, EOFError):
        for piece in inflated(stream, zlib.decompressobj()):
            held += piece
            if len(held) > room:
                raise DocumentRefused("bomb", kind=_KIND)
    return bytes(held)


def _actions(part: bytes) -> set[str]:
    """The codes of the actions named in a part, outside of its strings and its stream."""
    if not _WANTED.search(part):
        return set()
    found: set[str] = set()
    for reading in _READINGS:
        found.update(_named(part, reading))
    return found


def _named(part: bytes, reading: re.Pattern[bytes]) -> Iterator[str]:
    depth, at = 0, 0
    for _ in range(_MOST_TOKENS):
        token = (_IN_STRING if depth else reading).search(part, at)
        if token is None:
            return
        at = token.end()
        if token[0] == b"(":
            depth += 1
        elif depth:
            depth -= token[0] == b")"
        elif token.lastgroup:
            yield token.lastgroup
        elif not token[0].startswith(b"%"):
            return  # the object ends, or its stream begins
    raise DocumentRefused("broken", kind=_KIND)


def _embedded(part: bytes) -> Iterator[bytes]:
    """The extensions of the files that a part names, in lower case; empty for one without."""
    stream = _STREAM.search(part)
    syntax = part[: stream.start()] if stream else part
    for literal, digits in _FILE_NAME.findall(syntax):
        if digits:
            spaceless = b"".join(digits.split()).decode()
            name = bytes.fromhex(spaceless + "0" * (len(spaceless) % 2))
        else:
            name = _OCTAL.sub(lambda found: bytes([int(found[1], 8)]), literal)
        # UTF-16 or a one-byte encoding: of an extension's letters only the zeros differ.
        extension = _EXTENSION.search(name.replace(b"\0", b""))
        yield extension[1].lower() if extension else b""
