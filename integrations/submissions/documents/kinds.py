"""The kinds of file that are taken, and how their names and content types are written."""

from __future__ import annotations

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
