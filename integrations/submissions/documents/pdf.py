"""PDF: opened by qpdf as every reader opens it, within bounds, and every object of it looked at.

Readers disagree about damaged files: they take objects that the table at the end does not name. So
what stands beside that table is looked at, too. Not looked at: what pages, pictures and fonts draw.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pikepdf
from pikepdf import Pdf
from pikepdf.settings import set_qpdf_limits

from integrations.archives import ends_as_zip
from integrations.submissions.documents.pdf_objects import Attached, Findings
from integrations.submissions.documents.pdf_pieces import OBJECT, PdfPieces, numbers_before
from integrations.submissions.documents.refusals import DocumentRefused

_KIND = "PDF"
_MB = 1024**2
_MAGIC = b"%PDF-"
_VERSION = re.compile(rb"%PDF-\d\.\d")
_HEADER_WITHIN = 1024  # bytes
_TAIL = 2048  # bytes after which nothing else may begin

# A parsed token takes about 140 bytes: at most 210 MB, while no CV of 10 MB has a third of these.
_MOST_TOKENS = 1_500_000
_MOST_TABLES = 100  # packed tables, one for each time that the file was saved
_MOST_WARNINGS = 2_000
_STREAM_BYTES = 2 * _MB  # of one packed table or object stream: some 10,000 objects
# They are the process's own. Only pictures need more, and those are not unpacked.
set_qpdf_limits(
    doc_max_warnings=_MOST_WARNINGS,
    max_stream_filters=4,
    flate_max_memory=_STREAM_BYTES,
    png_max_memory=_STREAM_BYTES,
    run_length_max_memory=_STREAM_BYTES,
    tiff_max_memory=_STREAM_BYTES,
)

_TAG = rb"<(?:!|\?|%|/?[a-zA-Z][a-zA-Z0-9:-]{0,20}[\s>/])"
# Before the header blanks may stand, a printer's language, the headers of a mail or an answer.
_BEFORE = re.compile(
    rb"\A\s*(?:GIF8|PK\x03\x04|MZ|\x7fELF|Rar!|7z\xbc\xaf|#!|RIFF|\xca\xfe\xba\xbe)|/\*|" + _TAG
)
_AFTER = re.compile(rb"PK\x03\x04|\x7fELF|Rar!|7z\xbc\xaf|" + _TAG)
_ENDS = (b"%%EOF", b"startxref", b"endobj", b"endstream")

_PACKED_TABLE = re.compile(rb"/(?:X|#58)(?:R|#52)(?:e|#65)(?:f|#66)")
_TABLE = re.compile(rb"xref(?<!startxref)[\r\n\t ]")

# Blanks, delimiters and all others, to count tokens by.
_CLASSES = bytes(
    0x20 if byte in b"\0\t\n\f\r " else 0x2F if byte in b"()<>[]{}/" else 0x78
    for byte in range(256)
)


def starts(content: bytes) -> int:
    """Where the header is; -1 when this is no PDF."""
    return content.find(_MAGIC, 0, _HEADER_WITHIN + len(_MAGIC))


def check(content: bytes) -> list[Attached]:
    """The files packed inside, for the caller to look at.

    Raises DocumentRefused unless this is a PDF that opens without a password, runs and fetches
    nothing, and is nothing else.
    """
    header = starts(content)
    if not _VERSION.match(content, header):
        raise DocumentRefused("broken", kind=_KIND)
    content = content.rstrip(b"\0\r\n\t \x1a")
    tail = content[max(header, len(content) - _TAIL) :]
    end = max(tail.rfind(mark) for mark in _ENDS)
    if (
        _BEFORE.search(content[:header])
        or _AFTER.search(tail, max(0, end))
        or ends_as_zip(content, anywhere=True)
    ):
        raise DocumentRefused("polyglot", kind=_KIND)
    if _tokens(content) > _MOST_TOKENS:
        raise DocumentRefused("too_complex", kind=_KIND)
    findings = Findings()
    try:
        with pikepdf.explicit_conversion(), _opened(content[header:]) as (pdf, sound):
            _look(pdf, sound, findings)
    except pikepdf.PasswordError as error:
        raise DocumentRefused("password", kind=_KIND) from error
    except pikepdf.PdfError as error:
        # Keys of other systems, such as certificates.
        code = "password" if "encryption" in str(error) else "broken"
        raise DocumentRefused(code, kind=_KIND) from error
    return findings.attached


def _tokens(syntax: bytes) -> int:
    """At least as many as a parser would make of these bytes."""
    classes = syntax.translate(_CLASSES)
    return classes.count(b" x") + classes.count(b"/")


@contextmanager
def _opened(content: bytes) -> Iterator[tuple[Pdf, bytes]]:
    """The document, and the bytes that its table counts in. Raises `pikepdf.PdfError`.

    A file without packed tables has no packed objects: qpdf may repair it, within the memory that
    its tokens take. In others it would unpack whatever it finds, so that of them only the end is
    repaired, which is what is missing when a download is cut.
    """
    tables = len(_PACKED_TABLE.findall(content))
    if tables > _MOST_TABLES:
        raise DocumentRefused("too_complex", kind=_KIND)
    try:
        pdf = _open(content, repair=not tables)
    except pikepdf.PasswordError:
        raise
    except pikepdf.PdfError:
        if not tables:
            raise
        content += b"\nstartxref\n%d\n%%%%EOF" % _last_table(content)
        pdf = _open(content, repair=False)
    with pdf:
        yield pdf, content


def _open(content: bytes, *, repair: bool) -> Pdf:
    return Pdf.open(io.BytesIO(content), suppress_warnings=True, attempt_recovery=repair)


def _last_table(content: bytes) -> int:
    """Where the last table is, packed or not."""
    places = [found.start() for found in _TABLE.finditer(content)]
    for packed in _PACKED_TABLE.finditer(content):
        start = max(0, packed.start() - _TAIL)
        marks = [found.start() for found in OBJECT.finditer(content, start, packed.start())]
        places += [numbers_before(content, mark) for mark in marks[-1:]]
    return max(places, default=0)


def _look(pdf: Pdf, content: bytes, findings: Findings) -> None:
    """Look at every object of the table, at the trailer, and at what stands beside them."""
    table = pdf.get_xref_table()
    pieces = PdfPieces(content, table)
    # First of all, because reading any object of a stream makes qpdf parse all of it.
    numbers = {entry.obj_stream_number for entry in table.values()}
    streams = {number for number in numbers if number is not None}
    for number in streams:
        pieces.unpack(number, pdf.get_object(number, 0))
    if not len(pdf.pages):
        raise DocumentRefused("broken", kind=_KIND)
    findings.look(pdf.trailer)
    unread: set[int] = set()
    for number, generation in table:
        found = pdf.get_object(number, generation)
        if found is None:
            unread.add(number)
            pieces.add_unread(number, generation)
        elif findings.look(found) and number not in streams:
            pieces.unpack(number, found)
    findings.settle()
    packed = {table[held, 0].obj_stream_number for held in unread if (held, 0) in table}
    for stream in streams & packed:
        pieces.unpack(stream, pdf.get_object(stream, 0), unread=unread)
    pieces.look(findings)
