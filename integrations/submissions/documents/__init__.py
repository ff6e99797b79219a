"""What is taken as a CV: a file whose content, name and declared type agree, and that is harmless.

The content decides what a file is. Nothing here runs, renders or extracts to disk; each module
says at its top what it does not look at.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from integrations.archives import ends_as_zip
from integrations.messages import Message
from integrations.submissions.documents import docx, images, odt, ole2, pdf, rtf, text
from integrations.submissions.documents.names import (
    ACCEPTED,
    CONTENT_TYPES,
    EXTENSIONS,
    contradicts,
    extension,
    safe_name,
)
from integrations.submissions.documents.pdf_objects import Attached
from integrations.submissions.documents.refusals import DocumentRefused

__all__ = ["ACCEPTED", "Document", "DocumentRefused", "inspect"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is taken.

    `name` is safe to show and to send: no path, no control characters, NFC, at most 100
    characters, with its extension. `kind` and `content_type` are from `ACCEPTED`, `size` is in
    bytes, `sha256` in hex.
    """

    name: str
    kind: str
    content_type: str
    size: int
    sha256: str


def inspect(
    name: str, content: bytes, *, content_type: str = "", max_bytes: int | None = None
) -> Document:
    """What the file is; raises DocumentRefused, and nothing else, when it is not taken.

    `content_type` is what its sender declared, if anything. `max_bytes` is the setting
    `SUBMISSION_MAX_BYTES` unless given. Time and memory are bounded by the size.
    """
    limit = settings.SUBMISSION_MAX_BYTES if max_bytes is None else max_bytes
    if not content:
        raise DocumentRefused("empty")
    if len(content) > limit:
        raise DocumentRefused("too_large", limit=f"{limit / 1024**2:.3g} MB")
    safe = safe_name(name)
    try:
        kind = _checked_kind(content)
    except DocumentRefused:
        raise
    # What a reader of hostile files does not expect is no reason to take them.
    except Exception as error:
        _log.exception("A file of %d bytes could not be inspected", len(content))
        raise DocumentRefused("unreadable", kind=extension(safe).upper()) from error
    _agree(safe, kind, content_type)
    return Document(
        name=safe,
        kind=kind,
        content_type=CONTENT_TYPES[kind][0],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _agree(name: str, kind: str, content_type: str) -> None:
    """The name and the declared type say the same as the content."""
    right, given = EXTENSIONS[kind], extension(name)
    if not given:
        raise DocumentRefused("extension_missing", right=right[0])
    if given not in right:
        raise DocumentRefused("extension_mismatch", wrong=given, kind=kind, right=right[0])
    declared = content_type.partition(";")[0].strip().lower()
    if contradicts(declared, kind):
        right_type = CONTENT_TYPES[kind][0]
        raise DocumentRefused(
            "content_type_mismatch", declared=declared, kind=kind, right=right_type
        )


# What it is
_ZIP = b"PK\x03\x04"
_MAGIC = ((images.PNG, "PNG"), (images.JPEG, "JPEG"), (ole2.MAGIC, "DOC"), (rtf.MAGIC, "RTF"))
_CHECKS: dict[str, Callable[[bytes], None]] = {
    "DOC": ole2.check,
    "DOCX": docx.check,
    "ODT": odt.check,
    "RTF": rtf.check,
    "PNG": images.check_png,
    "JPEG": images.check_jpeg,
}
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
_OTHERS = (
    (b"GIF8", Message("gif_picture")),
    (b"BM", Message("bmp_picture")),
    (b"II*\x00", Message("tiff_picture")),
    (b"MM\x00*", Message("tiff_picture")),
    (b"RIFF", Message("webp_picture")),
    (b"Rar!", Message("rar_archive")),
    (b"7z\xbc\xaf\x27\x1c", Message("7z_archive")),
    (b"\x1f\x8b", Message("gzip_archive")),
    (b"PK", Message("zip_archive")),
    (b"L\x00\x00\x00\x01\x14\x02\x00", Message("shortcut")),
    (b"ITSF", Message("windows_help_file")),
)


def _checked_kind(content: bytes, *, is_attached: bool = False) -> str:
    """The kind of a sound and harmless file; raises DocumentRefused for any other."""
    kind = _kind(content)
    if not kind:
        _check_text(content)
        kind = "TXT"
    elif kind == "PDF":
        _check_attached(pdf.check(content), is_attached)
    else:
        if pdf.starts(content) >= 0:
            raise DocumentRefused("polyglot", kind=kind)
        _CHECKS[kind](content)
    if kind not in {"DOCX", "ODT"} and ends_as_zip(content):
        raise DocumentRefused("polyglot", kind=kind)
    return kind


# Data beside a PDF: Europass keeps the CV's, an invoice its own.
_DATA = frozenset({"csv", "json", "txt", "vcf", "xml"})
_ATTACHED = _DATA.union(*EXTENSIONS.values())


def _check_attached(files: list[Attached], is_attached: bool) -> None:
    """Refuse files within a PDF that are neither data nor documents that would be taken by
    themselves, such as the one that LibreOffice keeps for editing.
    """
    for file in files:
        names = {extension(name) for name in file.names}
        if is_attached or not names <= _ATTACHED:
            raise DocumentRefused("embedded", kind="PDF")
        if not file.content:
            continue
        try:
            written = text.decoded(file.content)
            if names <= _DATA and written is not None and not text.is_page(written):
                continue
            kind = _checked_kind(file.content, is_attached=True)
        except DocumentRefused as refused:
            raise DocumentRefused("embedded", kind="PDF") from refused
        if not names <= set(EXTENSIONS[kind]):
            raise DocumentRefused("embedded", kind="PDF")


def _kind(content: bytes) -> str:
    """The kind by signature; empty for what has none."""
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if content.startswith(_ZIP):
        return _packed_kind(content)
    # Second, because its header need not be at the start: its check sees what is before.
    return "PDF" if pdf.starts(content) >= 0 else ""


def _packed_kind(content: bytes) -> str:
    if content[30:38] == b"mimetype":
        return "ODT"
    if docx.CONTENT_TYPES.encode() in content:
        return "DOCX"
    if b"META-INF/manifest.xml" in content and b"content.xml" in content:
        return "ODT"
    raise DocumentRefused("not_accepted", what=Message("zip_archive"))


def _check_text(content: bytes) -> None:
    """What has no signature of ours is text, or nothing that is taken."""
    decoded = text.decoded(content)
    if decoded is not None:
        text.check_text(decoded)
        return
    if content.startswith(_PROGRAMS):
        raise DocumentRefused("program")
    if content[4:8] == b"ftyp":
        raise DocumentRefused("not_accepted", what=Message("heic_picture"))
    for magic, what in _OTHERS:
        if content.startswith(magic):
            raise DocumentRefused("not_accepted", what=what)
    raise DocumentRefused("unknown")
