"""PDF: a header, objects, and at the end where to find them (ISO 32000-1 §7.5)."""

from __future__ import annotations

import re

from integrations.archives import ends_as_zip
from integrations.submissions.documents import pdf_actions
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
    pdf_actions.check(content)
