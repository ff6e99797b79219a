"""What is taken, and under which names: kinds of file with their extensions and content types, and
the name of a file, refused or made safe to show and to send.
"""

from __future__ import annotations

import re
import unicodedata

from integrations.submissions.documents.refusals import DocumentRefused

# (kind, extensions, content types), the usual one first.
ACCEPTED: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("PDF", ("pdf",), ("application/pdf", "application/x-pdf")),
    ("DOC", ("doc",), ("application/msword",)),
    (
        "DOCX",
        ("docx",),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",),
    ),
    ("ODT", ("odt",), ("application/vnd.oasis.opendocument.text",)),
    ("RTF", ("rtf",), ("application/rtf", "text/rtf", "text/richtext", "application/x-rtf")),
    ("TXT", ("txt",), ("text/plain",)),
    ("PNG", ("png",), ("image/png", "image/x-png")),
    ("JPEG", ("jpg", "jpeg"), ("image/jpeg", "image/jpg", "image/pjpeg")),
)
EXTENSIONS = {kind: extensions for kind, extensions, _ in ACCEPTED}
CONTENT_TYPES = {kind: types for kind, _, types in ACCEPTED}

# Windows with Word installed gives Word's content type to all that Word opens.
_OPENED_BY_WORD = frozenset({"DOC", "DOCX", "RTF"})
_WORD = "application/msword"
_ACTIVE_TYPES = frozenset(
    {
        "application/ecmascript",
        "application/hta",
        "application/java-archive",
        "application/javascript",
        "application/vnd.ms-word.document.macroenabled.12",
        "application/vnd.ms-word.template.macroenabled.12",
        "application/x-dosexec",
        "application/x-httpd-php",
        "application/x-javascript",
        "application/x-ms-shortcut",
        "application/x-msdos-program",
        "application/x-msdownload",
        "application/x-msi",
        "application/x-php",
        "application/x-sh",
        "application/xhtml+xml",
        "application/xml",
        "image/svg+xml",
        "message/rfc822",
        "multipart/related",
        "text/ecmascript",
        "text/html",
        "text/javascript",
        "text/xml",
    }
)
_TELLING = _ACTIVE_TYPES | {name for types in CONTENT_TYPES.values() for name in types}

# Extensions of what runs when it is opened, and that nobody writes inside of a name.
_RUN = (
    "bat chm cmd cpl dll docm dotm exe hta jar jnlp jse lnk msi msp pif ps1 psm1 scf scr "
    "settingcontent-ms vbe vbs wsf wsh xll"
)
# These people do write inside of names: `node.js.pdf`, `site.com.pdf`, `Marie.MSc.pdf`.
_RUN_AT_THE_END = (
    "app appref-ms application asp aspx com gadget htm html inf iso js jsp mht mhtml mjs msc php "
    "phtml pl py rb reg sct sh shtml svg svgz url vb wsc xht xhtml xml"
)
PROGRAMS = frozenset(_RUN.split())
PROGRAMS_AT_THE_END = PROGRAMS | frozenset(_RUN_AT_THE_END.split())


def contradicts(declared: str, kind: str) -> bool:
    """Whether a declared content type says that the file is another accepted or an active kind.

    Browsers send `application/octet-stream` and programs invent types: those say nothing.
    """
    if declared == _WORD and kind in _OPENED_BY_WORD:
        return False
    return declared in _TELLING and declared not in CONTENT_TYPES[kind]


# Names
_LONGEST = 200  # characters that are looked at
_KEPT = 100  # characters of the name that is kept
_PATH = re.compile(r"[/\\:]")
# Embeddings, overrides and isolates.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Marks that systems and messengers put into names by themselves and that cannot disguise anything.
_DROPPED = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff\ufe0e\ufe0f]")
_JOINERS = "\u200c\u200d"  # Persian and Indian scripts are spelled with them
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"]
)


def safe_name(name: str) -> str:
    """The name in NFC, of at most 100 characters, its extension kept.

    It has no path, no control characters and nothing that turns the direction of reading. Raises
    DocumentRefused.
    """
    if len(name) > _LONGEST:
        raise DocumentRefused("name_too_long")
    if _DIRECTION.search(name):
        raise DocumentRefused("name_direction")
    name = _DROPPED.sub("", unicodedata.normalize("NFC", name))
    name = "".join(" " if unicodedata.category(char) == "Zs" else char for char in name).strip()
    if any(unicodedata.category(c) in _UNSHOWABLE and c not in _JOINERS for c in name):
        raise DocumentRefused("name_characters")
    if not name:
        raise DocumentRefused("name_missing")
    if _PATH.search(name) or name in {".", ".."}:
        raise DocumentRefused("name_path")
    if name.startswith("."):
        raise DocumentRefused("name_hidden")
    if name.split(".")[0].strip().lower() in _RESERVED:
        raise DocumentRefused("name_reserved")
    _refuse_programs(name)
    return _shortened(name)


def extension(name: str) -> str:
    """The extension in lower case without the dot; empty when there is none."""
    stem, dot, last = name.rpartition(".")
    return last.strip().lower() if stem and dot else ""


def _refuse_programs(name: str) -> None:
    parts = [part.strip().lower() for part in name.rstrip(". ").split(".")[1:]]
    for number, part in enumerate(parts, start=1):
        if part in (PROGRAMS_AT_THE_END if number == len(parts) else PROGRAMS):
            raise DocumentRefused("name_program", extension=part)


def _shortened(name: str) -> str:
    if len(name) <= _KEPT:
        return name
    ending = extension(name)
    # What is longer than this is not an extension, but a name with a dot in it.
    suffix = f".{ending}" if 0 < len(ending) <= 10 else ""
    stem = name[: len(name) - len(suffix)][: _KEPT - len(suffix)].rstrip(". ")
    return stem + suffix
