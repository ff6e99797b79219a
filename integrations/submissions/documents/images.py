"""PNG and JPEG, walked from the first byte to the last (PNG 3rd edition §5, ITU-T T.81 annex B).

Not looked at: the picture itself; it is never decoded here.
"""

from __future__ import annotations

import re
import struct
import zlib

from integrations.archives import ends_as_zip
from integrations.submissions.documents.refusals import DocumentRefused
from integrations.submissions.documents.text import MARKUP

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
_MOST_PIXELS = 250_000_000  # telephones take pictures of 200 million
_LONGEST_SIDE = 65_500
_PADDING = b"\0\r\n\t "

_CHUNK_NAME = re.compile(rb"[A-Za-z]{4}")
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_HTML = re.compile(MARKUP.pattern.encode(), re.IGNORECASE)
# Within a scan FF is followed by 00 or a restart mark; anything else ends the scan.
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def check_png(content: bytes) -> None:
    """Raise DocumentRefused unless this is one whole PNG and nothing else."""
    at, first, drawn = len(PNG), True, False
    while True:
        if at + 12 > len(content):
            raise DocumentRefused("broken", kind="PNG")
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if not _CHUNK_NAME.fullmatch(name) or end > len(content) or first != (name == b"IHDR"):
            raise DocumentRefused("broken", kind="PNG")
        (checksum,) = struct.unpack_from(">I", content, end - 4)
        if checksum != zlib.crc32(memoryview(content)[at + 4 : end - 4]):
            raise DocumentRefused("broken", kind="PNG")
        if first:
            if length != 13:
                raise DocumentRefused("broken", kind="PNG")
            _check_dimensions("PNG", *struct.unpack_from(">2I", content, at + 8))
        drawn = drawn or name == b"IDAT"
        at, first = end, False
        if name == b"IEND":
            break
    if not drawn:
        raise DocumentRefused("broken", kind="PNG")
    if content[at:].strip(_PADDING):
        raise DocumentRefused("polyglot", kind="PNG")


def check_jpeg(content: bytes) -> None:
    """Raise DocumentRefused unless this is a JPEG, and what may follow one in a camera's file."""
    end = _jpeg_end(content, 0)
    while content.startswith(JPEG, end):  # smaller versions of it, a brightness map
        end = _jpeg_end(content, end)
    tail = content[end:].rstrip(_PADDING)
    if tail and not _is_cameras(tail):
        raise DocumentRefused("polyglot", kind="JPEG")


def _jpeg_end(content: bytes, start: int) -> int:
    """Where the picture that begins at `start` ends."""
    at, framed, scanned = start + 2, False, False
    while at + 2 <= len(content) and content[at] == 0xFF:
        mark = content[at + 1]
        at += 2
        if mark == 0xFF:  # fill bytes
            at -= 1
        elif mark == _END:
            if framed and scanned:
                return at
            break
        elif mark not in _ALONE:
            at, body = _segment(content, at, mark)
            if mark in _FRAMES and len(body) >= 6:
                height, width = struct.unpack_from(">2H", body, 1)
                _check_dimensions("JPEG", width, height)
                framed = True
            scanned = scanned or mark == _SCAN
    raise DocumentRefused("broken", kind="JPEG")


def _segment(content: bytes, at: int, mark: int) -> tuple[int, bytes]:
    """Where the next mark is, and the start of the segment's content."""
    length = int.from_bytes(content[at : at + 2], "big")
    if mark in (0, _START) or length < 2 or at + length > len(content):
        raise DocumentRefused("broken", kind="JPEG")
    body, at = content[at + 2 : at + min(length, 16)], at + length
    if mark == _SCAN:
        found = _SCAN_END.search(content, at)
        if found is None:
            raise DocumentRefused("broken", kind="JPEG")
        at = found.start()
    return at, body


def _is_cameras(tail: bytes) -> bool:
    """Whether this is what telephones append: Samsung's notes on the picture, or a short film."""
    known = tail.endswith(b"SEFT") or tail[4:8] == b"ftyp"
    hostile = ends_as_zip(tail) or b"%PDF-" in tail or b"<?php" in tail
    return known and not hostile and not _HTML.search(tail)


def _check_dimensions(kind: str, width: int, height: int) -> None:
    if not width or not height:
        raise DocumentRefused("broken", kind=kind)
    if max(width, height) > _LONGEST_SIDE or width * height > _MOST_PIXELS:
        raise DocumentRefused("dimensions")
