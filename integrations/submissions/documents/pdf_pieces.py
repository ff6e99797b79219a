"""Objects of a PDF that stand in the file, and that its table does not name.

They are earlier versions of what was changed since, or what a damaged table has lost; some readers
take them for the object.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_left
from collections.abc import Collection, Mapping

from pikepdf import Object, Pdf, Stream, XrefEntry

from integrations.submissions.documents.pdf_objects import (
    KIND_ELSEWHERE,
    TELLING,
    Findings,
    unpacked,
)
from integrations.submissions.documents.refusals import DocumentRefused

_KIND = "PDF"
_IN_FILE = 1  # the type of a table's entry
_MOST_PIECES = 5_000  # that may do something; a CV has some dozens: links that were changed
_MOST_UNPACKED = 64 * 1024**2  # bytes of all object streams, some of them unpacked twice

OBJECT = re.compile(rb"obj(?<![A-Za-z]obj)(?![A-Za-z])")
_TRAILER = re.compile(rb"trailer(?![A-Za-z])")
_BLANK = rb"(?:[\0\t\n\f\r ]|%[^\r\n]{0,40}[\r\n]){1,20}"
_NUMBERS = re.compile(rb"\d{1,10}" + _BLANK + rb"\d{1,5}(?:" + _BLANK + rb")?\Z")
_PIECE_END = re.compile(rb"(?:endobj|startxref)(?![A-Za-z])|stream[\r\n]")
_KIND_ELSEWHERE = re.compile(KIND_ELSEWHERE)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


def _is_object(content: bytes, mark: int) -> bool:
    """Whether a number stands before the `obj` at `mark`; a comment may stand between."""
    if content[max(0, mark - 20) : mark].rstrip(b"\0\t\n\f\r ")[-1:].isdigit():
        return True
    return content.find(b"%", max(0, mark - 80), mark) >= 0 and numbers_before(content, mark) >= 0


def numbers_before(content: bytes, mark: int) -> int:
    """Where the object begins whose `obj` is at `mark`; -1 when no numbers stand before it."""
    start = max(0, mark - 80)
    found = _NUMBERS.search(content, start, mark)
    return found.start() if found else -1


class PdfPieces:
    """The pieces of `content` that may do something and that `table` does not name."""

    def __init__(self, content: bytes, table: Mapping[tuple[int, int], XrefEntry]) -> None:
        self._content = content
        self._table = table
        self._room = _MOST_UNPACKED
        self._pieces: list[bytes] = []
        self._marks = [
            found.end() for found in OBJECT.finditer(content) if _is_object(content, found.start())
        ]
        places = (entry.offset for entry in table.values() if entry.type == _IN_FILE)
        named = {self._mark_after(place) for place in places if place is not None}
        beside = [mark for mark in self._marks if mark not in named]
        beside += [found.end() for found in _TRAILER.finditer(content)]
        for mark in beside:
            self._add_at(mark)

    def add_unread(self, number: int, generation: int) -> None:
        """Add an object of the file that qpdf makes nothing of: null, or too damaged for it."""
        entry = self._table[number, generation]
        mark = self._mark_after(entry.offset or 0) if entry.type == _IN_FILE else None
        if mark is not None:
            self._add_at(mark)

    def unpack(
        self, number: int, stream: Object | None, *, unread: Collection[int] = frozenset()
    ) -> None:
        """Add those objects of an object stream that the table looks for elsewhere, and `unread`.

        Raises DocumentRefused when it cannot be unpacked within bounds.
        """
        if not isinstance(stream, Stream):
            raise DocumentRefused("unreadable", kind=_KIND)
        content = unpacked(stream)
        self._room -= len(content)
        try:
            first = int(stream["/First"])
            pairs = [int(word) for word in content[:first].split()[: 2 * int(stream["/N"])]]
        except (KeyError, TypeError, ValueError) as error:
            raise DocumentRefused("unreadable", kind=_KIND) from error
        if self._room < 0 or first < 0 or len(pairs) % 2:
            raise DocumentRefused("unreadable", kind=_KIND)
        starts = [first + start for start in pairs[1::2]]
        ends = sorted({*starts, len(content)})
        for held, start in zip(pairs[::2], starts, strict=True):
            entry = self._table.get((held, 0))
            if entry is None or entry.obj_stream_number != number or held in unread:
                end = ends[min(bisect_left(ends, start) + 1, len(ends) - 1)]
                self._add(content[start:end])

    def look(self, findings: Findings) -> None:
        """Look at the pieces as the objects of a document of their own.

        Raises DocumentRefused for what does harm, and for what may do so and cannot be read.
        """
        if not self._pieces:
            return
        with Pdf.open(
            io.BytesIO(_document(self._pieces)), suppress_warnings=True, attempt_recovery=False
        ) as pdf:
            for number in range(_FIRST, _FIRST + len(self._pieces)):
                found = pdf.get_object(number, 0)
                if found is None or findings.look(found):
                    raise DocumentRefused("unreadable", kind=_KIND)

    def _mark_after(self, place: int) -> int | None:
        at = bisect_left(self._marks, place)
        return self._marks[at] if at < len(self._marks) else None

    def _add_at(self, mark: int) -> None:
        following = bisect_left(self._marks, mark + 1)
        limit = self._marks[following] if following < len(self._marks) else len(self._content)
        end = _PIECE_END.search(self._content, mark, limit)
        self._add(self._content[mark : end.start() if end else limit])

    def _add(self, piece: bytes) -> None:
        plain = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), piece)
        if TELLING.search(plain):
            # References cannot be followed here.
            if _KIND_ELSEWHERE.search(plain):
                raise DocumentRefused("unreadable", kind=_KIND)
            self._pieces.append(piece)
            if len(self._pieces) > _MOST_PIECES:
                raise DocumentRefused("too_complex", kind=_KIND)


_FIRST = 4


def _document(pieces: list[bytes]) -> bytes:
    """A document of an empty page, with the pieces as objects from number 4 on."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> >>",
        *pieces,
    ]
    file = io.BytesIO(b"%PDF-1.7\n")
    file.seek(0, io.SEEK_END)
    places = []
    for number, body in enumerate(bodies, start=1):
        places.append(file.tell())
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
    file.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    file.write(b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(places) + 1))
    file.write(b"startxref\n%d\n%%%%EOF\n" % table)
    return file.getvalue()
