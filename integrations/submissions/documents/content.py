"""What kind of file some content is, and that it is a sound and harmless one of that kind."""

from __future__ import annotations

from collections.abc import Callable

from integrations.archives import ends_as_zip
from integrations.submissions.documents import images, ole2, packages, pdf, rtf, text
from integrations.submissions.documents.refusals import DocumentRefused

_ZIP = b"PK\x03\x04"
_MAGIC = ((images.PNG, "PNG"), (images.JPEG, "JPEG"), (ole2.MAGIC, "DOC"), (rtf.MAGIC, "RTF"))
_CHECKS: dict[str, Callable[[bytes], None]] = {
    "PDF": pdf.check,
    "DOC": ole2.check,
    "DOCX": packages.check_docx,
    "ODT": packages.check_odt,
    "RTF": rtf.check,
    "PNG": images.check_png,
    "JPEG": images.check_jpeg,
}
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
_OTHERS = (
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"RIFF", "a WebP picture or a recording"),
    (b"Rar!", "an archive (RAR)"),
    (b"7z\xbc\xaf\x27\x1c", "an archive (7z)"),
    (b"\x1f\x8b", "an archive (gzip)"),
    (b"PK", "an archive (ZIP)"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "a shortcut"),
    (b"ITSF", "a Windows help file"),
)


def checked_kind(content: bytes) -> str:
    """The kind of a sound and harmless file; raises DocumentRefused for any other."""
    kind = _kind(content)
    if not kind:
        _check_text(content)
        kind = "TXT"
    else:
        if kind != "PDF" and pdf.starts(content) >= 0:
            raise DocumentRefused("polyglot", kind=kind)
        _CHECKS[kind](content)
    if kind not in {"DOCX", "ODT"} and ends_as_zip(content):
        raise DocumentRefused("polyglot", kind=kind)
    return kind


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
    if packages.CONTENT_TYPES.encode() in content:
        return "DOCX"
    if b"META-INF/manifest.xml" in content and b"content.xml" in content:
        return "ODT"
    raise DocumentRefused("not_accepted", what="an archive (ZIP)")


def _check_text(content: bytes) -> None:
    """What has no signature of ours is text, or nothing that is taken."""
    decoded = text.decoded(content)
    if decoded is not None:
        text.check(decoded)
        return
    if content.startswith(_PROGRAMS):
        raise DocumentRefused("program")
    if content[4:8] == b"ftyp":
        raise DocumentRefused("not_accepted", what="a HEIC picture or a film")
    for magic, what in _OTHERS:
        if content.startswith(magic):
            raise DocumentRefused("not_accepted", what=what)
    raise DocumentRefused("unknown")
