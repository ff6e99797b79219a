"""TXT and RTF: files of characters.

A TXT is text in an encoding that programs write, which is not markup or a script in disguise; an
RTF consists of groups in braces, of which some hold objects (RTF 1.9.1).

Not looked at: scripts that do not say that they are scripts, as nothing runs a file named .txt;
and what is drawn in an RTF's pictures.
"""

from __future__ import annotations

import codecs
import re

from integrations.submissions.documents.refusals import DocumentRefused

_LOOKED_AT = 1024  # characters in which browsers look for markup
# Line ends, tabs, page breaks, and the end mark that DOS programs write.
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x19\x1b-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
_MARKUP_START = re.compile(
    r"<(!doctype|!--|\?xml|\?php|\?=|%|[a-z][a-z0-9:-]*[\s>/])|mime-version:|\[internetshortcut\]",
    re.IGNORECASE,
)
MARKUP = re.compile(
    r"<(!doctype\s|\?php|(html|head|body|script|svg|iframe|object|embed|meta)[\s>/])", re.IGNORECASE
)
_SCRIPT_START = re.compile(r"#!|@echo\s+off|\[autorun\]|%!ps", re.IGNORECASE)


def decoded(content: bytes) -> str | None:
    """The text, or None when this is no text: UTF-16 with its mark, UTF-8, or Windows-1252."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text.rstrip("\x00")) else text.rstrip("\x00")
    return None


def is_markup(text: str) -> bool:
    """Whether a browser might take the text for a page or a drawing."""
    head = text.lstrip("\ufeff \t\r\n\f")[:_LOOKED_AT]
    return bool(_MARKUP_START.match(head) or MARKUP.search(head))


def check_text(text: str) -> None:
    """Raise DocumentRefused unless this is plain text with something in it."""
    stripped = text.strip("\ufeff \t\r\n\f\x1a\u00a0")
    if not stripped:
        raise DocumentRefused("empty")
    if is_markup(text):
        raise DocumentRefused("markup")
    if _SCRIPT_START.match(stripped):
        raise DocumentRefused("program")


RTF = b"{\\rtf"
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


def check_rtf(content: bytes) -> None:
    """Raise DocumentRefused unless this is a complete RTF document without embedded objects."""
    end = _end(content)
    # Programs are known to close one group too many, or to end with a zero byte.
    if content[end:].strip(b"}\0\x1a\r\n\t "):
        raise DocumentRefused("polyglot", kind="RTF")
    lowered = content.lower()
    for word, pattern in ((b"\\template", _TEMPLATE), (b"dde", _FIELD)):
        if word in lowered and pattern.search(content):
            raise DocumentRefused("remote", kind="RTF")


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
                    raise DocumentRefused("embedded", kind="RTF")
                if word == _BINARY and found[2]:
                    at += max(0, int(found[2]))
                    break
        else:
            break
    raise DocumentRefused("broken", kind="RTF")
