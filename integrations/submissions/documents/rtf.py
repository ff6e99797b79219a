"""RTF: groups in braces, of which some hold objects (RTF 1.9.1).

Not looked at: what is drawn in pictures.
"""

from __future__ import annotations

import re

from integrations.submissions.documents.refusals import DocumentRefused

MAGIC = b"{\\rtf"
_KIND = "RTF"
# Runs of escapes and of braces are one token each, so that a file of nothing else is quick, too.
_TOKEN = re.compile(rb"\\([a-zA-Z]{1,40})(-?\d{1,10})? ?|(?:\\[^a-zA-Z]){1,500}|\{+|\}+")
_OBJECTS = frozenset(
    {b"object", b"objdata", b"objupdate", b"objemb", b"objlink", b"objautlink", b"objocx"}
)
_BINARY = b"bin"
# A template or a field that is loaded from elsewhere when the document is opened.
_TEMPLATE = re.compile(rb"\\template\s+(https?:|ftp:|\\\\\\\\|//|file:/{0,2}[^/])", re.IGNORECASE)
_FIELD = re.compile(
    rb"\\fldinst[\s{]{1,20}(?:\\[a-z0-9-]{1,40}[\s{]{0,20}){0,20}DDE", re.IGNORECASE
)


def check(content: bytes) -> None:
    """Raise DocumentRefused unless this is a complete RTF document without embedded objects."""
    end = _end(content)
    # Programs are known to close one group too many, or to end with a zero byte.
    if content[end:].strip(b"}\0\x1a\r\n\t "):
        raise DocumentRefused("polyglot", kind=_KIND)
    lowered = content.lower()
    for word, pattern in ((b"\\template", _TEMPLATE), (b"dde", _FIELD)):
        if word in lowered and pattern.search(content):
            raise DocumentRefused("remote", kind=_KIND)


def _end(content: bytes) -> int:
    """Where the outermost group ends."""
    depth, at, length = 0, 0, len(content)
    while at < length:
        for found in _TOKEN.finditer(content, at):
            at = found.end()
            start = found[0][:1]
            if start == b"{":
                depth += len(found[0])
            elif start == b"}":
                if depth <= len(found[0]):
                    return found.start() + depth
                depth -= len(found[0])
            elif word := found[1]:
                if word.lower() in _OBJECTS:
                    raise DocumentRefused("embedded", kind=_KIND)
                if word == _BINARY and found[2]:
                    at += max(0, int(found[2]))
                    break
        else:
            break
    raise DocumentRefused("broken", kind=_KIND)
