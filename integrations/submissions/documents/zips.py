"""ZIP archives, read without trusting what they say about themselves.

A document in a ZIP archive is unpacked here completely, piece by piece and under limits, and only
the parts that somebody asks for are kept.
"""

from __future__ import annotations

import contextlib
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO

from integrations.submissions.documents.refusals import DocumentRefused

_MOST_ENTRIES = 2_000
_LARGEST_DIRECTORY = 1024**2  # bytes
_MOST_UNPACKED = 150 * 1024**2  # bytes, all entries together
_HARMLESS_UNPACKED = 20 * 1024**2  # bytes up to which the ratio does not matter
_HIGHEST_RATIO = 100  # a text document's XML packs about 10 times, seldom 30 times
_MOST_KEPT = 4 * 1024**2  # bytes of one part that is kept
_PIECE = 64 * 1024

_LOCAL = struct.Struct("<4s5H3I2H")
_END = struct.Struct("<4s4H2IH")
_ENCRYPTED = 0x1
_LEADS_OUT = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|[\x00-\x1f\x7f\\]")
# The stream in which OLE packs any file at all, as its name stands in an OLE2 directory.
_PACKAGE = "\x01Ole10Native".encode("utf-16-le")
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Archive:
    """A sound archive's entries. `kind` is for the words of a refusal.

    `keep` says of which entries (by name) the content is wanted; it is in `parts`. Raises
    DocumentRefused for anything but an archive that every reader reads in the same way.
    """

    def __init__(self, content: bytes, kind: str, keep: Callable[[str], bool]) -> None:
        self._content = content
        self._kind = kind
        self.entries = self._directory()
        self.names = [entry.filename for entry in self.entries]
        self.parts: dict[str, bytes] = {}
        unpacked, last = 0, 0
        for entry in sorted(self.entries, key=lambda entry: entry.header_offset):
            start, end = self._extent(entry)
            if entry.header_offset < last:
                raise self._refused("bomb")  # entries that share their packed bytes
            last = end
            unpacked += self._unpack(entry, start, end, unpacked, keep(entry.filename))

    def _refused(self, code: str) -> DocumentRefused:
        return DocumentRefused(code, kind=self._kind)

    def _directory(self) -> list[zipfile.ZipInfo]:
        self._check_end()
        try:
            with zipfile.ZipFile(BytesIO(self._content)) as archive:
                entries = archive.infolist()
        # What zipfile raises for hostile archives is not documented.
        except Exception as error:
            raise self._refused("broken") from error
        if len(entries) > _MOST_ENTRIES:
            raise self._refused("bomb")
        names = [entry.filename.lower() for entry in entries]
        if any(_LEADS_OUT.search(entry.orig_filename) for entry in entries):
            raise self._refused("archive_path")
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise self._refused("password")
        if not entries or min(entry.header_offset for entry in entries) != 0:
            raise self._refused("polyglot")
        if len(set(names)) != len(names):
            raise self._refused("broken")  # two readers could take different ones
        return entries

    def _check_end(self) -> None:
        """The archive ends where the file ends, and its directory is of a size to be read."""
        at = self._content.rfind(b"PK\x05\x06", -(_END.size + 0xFFFF))
        if at < 0 or at + _END.size > len(self._content):
            raise self._refused("broken")
        *_, size, _, comment = _END.unpack_from(self._content, at)
        if self._content[at + _END.size + comment :].strip(b"\0\r\n\t "):
            raise self._refused("polyglot")
        if size > _LARGEST_DIRECTORY:
            raise self._refused("bomb")

    def _extent(self, entry: zipfile.ZipInfo) -> tuple[int, int]:
        """Where the packed bytes are. The entry's own header must name it as the directory does."""
        at = entry.header_offset
        if at + _LOCAL.size > len(self._content):
            raise self._refused("broken")
        header = _LOCAL.unpack_from(self._content, at)
        signature, _, flags, method, *_, name_length, extra_length = header
        name_at = at + _LOCAL.size
        name = self._content[name_at : name_at + name_length]
        start = name_at + name_length + extra_length
        end = start + entry.compress_size
        if flags & _ENCRYPTED:
            raise self._refused("password")
        same = signature == b"PK\x03\x04" and method == entry.compress_type
        if not same or name not in _spellings(entry.orig_filename) or end > len(self._content):
            raise self._refused("broken")
        return start, end

    def _unpack(self, entry: zipfile.ZipInfo, start: int, end: int, before: int, keep: bool) -> int:
        """Unpack one entry; the number of bytes. `before` is what the others came to."""
        size, checksum, kept, tail = 0, 0, bytearray(), b""
        native = False
        for piece in self._pieces(entry, start, end):
            if not size and piece.startswith(_OLE2):
                native = True
            if native and _PACKAGE in tail + piece:
                raise self._refused("embedded")
            tail = piece[-len(_PACKAGE) :]
            size += len(piece)
            checksum = zlib.crc32(piece, checksum)
            self._check_size(before + size)
            if keep:
                kept += piece
                if len(kept) > _MOST_KEPT:
                    raise self._refused("bomb")
        if size != entry.file_size or checksum != entry.CRC:
            raise self._refused("broken")
        if keep:
            self.parts[entry.filename] = bytes(kept)
        return size

    def _check_size(self, unpacked: int) -> None:
        ratio = unpacked / len(self._content)
        if unpacked > _MOST_UNPACKED or (unpacked > _HARMLESS_UNPACKED and ratio > _HIGHEST_RATIO):
            raise self._refused("bomb")

    def _pieces(self, entry: zipfile.ZipInfo, start: int, end: int) -> Iterator[bytes]:
        packed = memoryview(self._content)[start:end]
        if entry.compress_type == zipfile.ZIP_STORED:
            for at in range(0, len(packed), _PIECE):
                yield bytes(packed[at : at + _PIECE])
            return
        if entry.compress_type != zipfile.ZIP_DEFLATED:
            raise self._refused("broken")
        try:
            yield from inflated(packed, zlib.decompressobj(-zlib.MAX_WBITS))
        except (zlib.error, EOFError) as error:
            raise self._refused("broken") from error


def inflated(packed: memoryview, stream: zlib._Decompress) -> Iterator[bytes]:
    """What deflated bytes unpack to, in pieces of bounded size.

    Raises zlib.error when they are damaged, EOFError when they end too early or too late.
    """
    for at in range(0, len(packed), _PIECE):
        waiting: bytes = bytes(packed[at : at + _PIECE])
        while waiting and not stream.eof:
            piece = stream.decompress(waiting, _PIECE)
            waiting = stream.unconsumed_tail
            if piece:
                yield piece
        if stream.eof and (stream.unused_data or at + _PIECE < len(packed)):
            raise EOFError("something follows the end")
    while not stream.eof:
        piece = stream.decompress(b"", _PIECE)
        if not piece:
            raise EOFError("the end is missing")
        yield piece


def ends_as_zip(content: bytes, *, anywhere: bool = False) -> bool:
    """Whether a ZIP reader, which starts from the end, would find an archive in these bytes.

    It has to end with the file; with `anywhere`, at most 64 KB before that.
    """
    start = max(0, len(content) - _END.size - 0xFFFF)
    at = content.rfind(b"PK\x05\x06", start)
    while at >= 0:
        if at + _END.size <= len(content):
            *_, directory, _, comment = _END.unpack_from(content, at)
            begins = content.startswith(b"PK\x01\x02", max(0, at - directory))
            at_end = at + _END.size + comment == len(content)
            if begins and directory and (anywhere or at_end):
                return True
        at = content.rfind(b"PK\x05\x06", start, at)
    return False


def _spellings(name: str) -> set[bytes]:
    """A name's bytes in the encodings that ZIP archives have."""
    spellings = {name.encode("utf-8", "replace")}
    with contextlib.suppress(UnicodeEncodeError):
        spellings.add(name.encode("cp437"))
    return spellings
