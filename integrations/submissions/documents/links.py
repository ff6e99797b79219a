"""Where links, file paths and Word's fields within a document lead.

A link is followed when somebody clicks it; a path is opened by the document itself; a field is
updated by Word, whichever format it is stored in. On Windows a path on another computer
(`\\\\host\\share`, `//host/share`) makes it send the user's password hash there.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from integrations.submissions.documents.refusals import DocumentRefused

# What opens a web page, a message or a call. All else is handed to whatever program is installed.
_OPENED = (
    "callto e-mail email facetime ftp ftps geo http https mailto maps message phone skype sms tel "
    "tg viber webcal whatsapp xmpp"
)
_SCHEMES = frozenset(_OPENED.split())
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+:\d{1,5}(/|$)", re.IGNORECASE)
_OTHER_COMPUTER = re.compile(r"[\\/]{2}")
# Characters that programs drop before they read an address.
_IGNORED = re.compile(r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_SHOWN = 60  # characters


def check_link(target: str, *, kind: str) -> None:
    """Raise DocumentRefused unless a click leads to a web page, a message, a call or a place in
    the document.
    """
    plain = _IGNORED.sub("", target)
    scheme = _SCHEME.match(plain)
    harmless = scheme is None or scheme[1].lower() in _SCHEMES or bool(_HOST_AND_PORT.match(plain))
    if not harmless or _OTHER_COMPUTER.match(unquote(plain)):
        shown = "".join(char for char in target if char.isprintable())[:_SHOWN]
        raise DocumentRefused("link", kind=kind, target=shown)


# Local files in the spellings of Word: with a drive, with three slashes, and with the four that it
# writes on a Mac, where the same on Windows would name a host.
_LOCAL_FILE = re.compile(
    r"file:(?:[^\\/]|/{0,4}[a-z][:|][\\/]|/(?:/(?:localhost)?/)?(?![\\/])"
    r"|/{4}(?:applications|home|library|private|users|volumes)/)",
    re.IGNORECASE,
)
_CLASSIC_MAC = re.compile(r"[^:/\\]+(:[^:/\\]+){2,}")


def is_elsewhere(path: str) -> bool:
    """Whether a path that a document opens leads to another computer or into a program."""
    plain = unquote(_IGNORED.sub("", path))
    scheme = _SCHEME.match(plain)
    if scheme is not None and scheme[1].lower() == "file":
        return not _LOCAL_FILE.match(plain)
    if _OTHER_COMPUTER.match(plain):
        return True
    # A single letter is a drive.
    return scheme is not None and len(scheme[1]) > 1 and not _CLASSIC_MAC.fullmatch(plain)


# Fields that fetch or start something when they are updated (ECMA-376 part 1, §17.16.5), with those
# of older versions.
_FETCHING_WORDS = (
    "DATABASE DDE DDEAUTO HTMLCONTROL IMPORT INCLUDE INCLUDEPICTURE INCLUDETEXT LINK RD"
)
_FETCHING = frozenset(_FETCHING_WORDS.split())
_WORD = re.compile(r"[\s\x00-\x20\"“”]*([A-Za-z]+)")
_TARGET = re.compile(r"\s*(?:\\[a-z]\s+)*[\"“]?((?:\\\\|[^\"”])*)")


def check_field(instruction: str, *, kind: str) -> None:
    """Raise DocumentRefused for a field that fetches or starts something, or links to a program."""
    found = _WORD.match(instruction)
    word = found[1].upper() if found else ""
    if word in _FETCHING:
        raise DocumentRefused("remote", kind=kind)
    if word == "HYPERLINK" and found:
        target = _TARGET.match(instruction, found.end())
        if target:
            check_link(target[1], kind=kind)
