"""TXT: text in an encoding that programs write, which is not markup or a script in disguise.

Not looked at: scripts that do not say that they are scripts, as nothing runs a file named .txt.
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
_ACTIVE = re.compile(
    r"<([a-z]+:)?script\b|<\?(php|xml-stylesheet)|w3\.org/(1999/xhtml|2000/svg|1999/XSL)",
    re.IGNORECASE,
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


def is_page(text: str) -> bool:
    """Whether a browser would run what is in it, wherever it stands."""
    return bool(_ACTIVE.search(text))


def check_text(text: str) -> None:
    """Raise DocumentRefused unless this is plain text with something in it."""
    stripped = text.strip("\ufeff \t\r\n\f\x1a\u00a0")
    if not stripped:
        raise DocumentRefused("empty")
    if is_markup(text):
        raise DocumentRefused("markup")
    if _SCRIPT_START.match(stripped):
        raise DocumentRefused("program")
