"""ZIP archives, read without trusting what they say about themselves.

`Archive` counts the entries of a directory before it makes anything of them, and checks them
against its caller's limits before anything is unpacked; entries are then unpacked one at a time,
never to more bytes than their headers say. Only stored and deflated ones are. `StrictArchive` is
for a document that other programs will open: every byte is accounted for, so that each of them
reads the same entries. Both raise `UnsafeArchive` and nothing else.
"""

from __future__ import annotations

import contextlib
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from itertools import pairwise
from typing import IO

from integrations.text_encodings.doubled import undoubled
from integrations.text_encodings.single_byte import decoded, likeliest

_CHUNK = 64 * 1024
# No ratio is suspicious below this: a short text of spaces.
_SMALL = 1024**2
_PADDING = b"\0\r\n\t "

_LOCAL = struct.Struct("<4s5H3I2H")
_END = struct.Struct("<4s4H2IH")
_END_SIGNATURE = b"PK\x05\x06"
_END_64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR_64 = struct.Struct("<4sIQI")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_CENTRAL_SIGNATURE = b"PK\x01\x02"
# What a name, its extra fields and its comment take in directories that people's programs write.
_DIRECTORY_BYTES_EACH = 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_UTF8 = 0x800


class ArchiveFault(StrEnum):
    """Why an archive, or one of its entries, is refused."""

    DAMAGED = "damaged"
    FOREIGN_BYTES = "foreign_bytes"  # before its first entry or after its end
    TOO_MANY_ENTRIES = "too_many_entries"
    TOO_LARGE = "too_large"  # unpacked, or its directory
    UNSAFE_NAME = "unsafe_name"
    ENCRYPTED = "encrypted"
    METHOD = "method"  # packed in a way that is not read
    LINK = "link"
    ENTRY_RATIO = "entry_ratio"
    RATIO = "ratio"
    OVERLAP = "overlap"  # entries that share packed bytes: a small ZIP that unpacks to a huge one
    DUPLICATE_NAME = "duplicate_name"  # two readers could take different ones


class UnsafeArchive(Exception):
    """The archive is refused for `fault`; `entry` is the name of the entry that has it, if any."""

    def __init__(self, fault: ArchiveFault, entry: str = "") -> None:
        self.fault = fault
        self.entry = entry
        super().__init__(f"{fault} {entry}".strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """What a directory may say.

    `max_ratio` is of unpacked to packed bytes as the headers give them, for each entry above 1 MB
    and for all together. `skip_folders` leaves entries that are folders out of everything.
    """

    max_entries: int
    max_ratio: int | None = None
    unsafe_name: re.Pattern[str] | None = None
    refuse_links: bool = False
    skip_folders: bool = False


class Archive:
    """A ZIP whose directory keeps `limits`. `entries` are in the order of the directory."""

    def __init__(self, stream: IO[bytes], limits: ArchiveLimits) -> None:
        _check_directory(stream, limits)
        try:
            self._zip = zipfile.ZipFile(stream)
        # What zipfile raises for hostile archives is not documented.
        except Exception as error:
            raise UnsafeArchive(ArchiveFault.DAMAGED) from error
        self.entries = [
            entry
            for entry in self._zip.infolist()
            if not (limits.skip_folders and _is_folder(entry))
        ]
        if len(self.entries) > limits.max_entries:
            raise UnsafeArchive(ArchiveFault.TOO_MANY_ENTRIES)
        for entry in self.entries:
            _check_entry(entry, limits)
        packed = _SMALL + sum(entry.compress_size for entry in self.entries)
        unpacked = sum(entry.file_size for entry in self.entries)
        if limits.max_ratio is not None and unpacked > limits.max_ratio * packed:
            raise UnsafeArchive(ArchiveFault.RATIO)
        self._check_layout()

    def close(self) -> None:
        self._zip.close()

    def chunks(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """The content in pieces of at most 64 KB, in all never more than its header says.

        Raises `UnsafeArchive` where it is damaged, or packed in a way that is not read.
        """
        if entry.compress_type not in _METHODS:
            raise UnsafeArchive(ArchiveFault.METHOD, entry.filename)
        try:
            with self._zip.open(entry) as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except Exception as error:
            raise UnsafeArchive(ArchiveFault.DAMAGED, entry.filename) from error

    def read(self, entry: zipfile.ZipInfo) -> bytes:
        """The whole content. Raises `UnsafeArchive` unless it is as long as its header says."""
        content = b"".join(self.chunks(entry))
        if len(content) != entry.file_size:
            raise UnsafeArchive(ArchiveFault.DAMAGED, entry.filename)
        return content

    def _check_layout(self) -> None:
        for entry, following in pairwise(self._by_offset()):
            if entry.header_offset + entry.compress_size > following.header_offset:
                raise UnsafeArchive(ArchiveFault.OVERLAP)

    def _by_offset(self) -> list[zipfile.ZipInfo]:
        return sorted(self.entries, key=lambda entry: entry.header_offset)


def _check_directory(stream: IO[bytes], limits: ArchiveLimits) -> None:
    """Raises `UnsafeArchive` unless the directory that zipfile is going to read is small enough.

    zipfile makes an object of each of its entries, however many there are.
    """
    size = stream.seek(0, 2)
    tail_at = max(0, size - _END.size - 0xFFFF - _LOCATOR_64.size - _END_64.size)
    stream.seek(tail_at)
    tail = stream.read()
    at = len(tail) - _END.size
    if not (at >= 0 and tail.startswith(_END_SIGNATURE, at) and tail.endswith(b"\0\0")):
        at = tail.rfind(_END_SIGNATURE)
    if at < 0 or at + _END.size > len(tail):
        raise UnsafeArchive(ArchiveFault.DAMAGED)
    length, end = _END.unpack_from(tail, at)[5], tail_at + at
    record = at - _LOCATOR_64.size - _END_64.size
    if record >= 0 and tail.startswith(b"PK\x06\x07", at - _LOCATOR_64.size):
        signature, *_, length_64, _offset = _END_64.unpack_from(tail, record)
        if signature != b"PK\x06\x06":
            raise UnsafeArchive(ArchiveFault.DAMAGED)
        length, end = length_64, tail_at + record
    if length > max(_SMALL, limits.max_entries * _DIRECTORY_BYTES_EACH):
        raise UnsafeArchive(ArchiveFault.TOO_MANY_ENTRIES)
    if length > end:
        raise UnsafeArchive(ArchiveFault.DAMAGED)
    stream.seek(end - length)
    _count_entries(stream.read(length), limits)
    stream.seek(0)


def _count_entries(directory: bytes, limits: ArchiveLimits) -> None:
    # Folders are entries, too, and may not be counted later.
    most = limits.max_entries * (2 if limits.skip_folders else 1)
    at = count = 0
    while at < len(directory):
        if at + _CENTRAL.size > len(directory) or not directory.startswith(_CENTRAL_SIGNATURE, at):
            raise UnsafeArchive(ArchiveFault.DAMAGED)
        *_, name, extra, comment, _, _, _, _ = _CENTRAL.unpack_from(directory, at)
        at += _CENTRAL.size + name + extra + comment
        count += 1
        if count > most:
            raise UnsafeArchive(ArchiveFault.TOO_MANY_ENTRIES)


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    # Windows programs of some age write `CVs\\` for a folder.
    return entry.is_dir() or (entry.filename.endswith("\\") and not entry.file_size)


def _check_entry(entry: zipfile.ZipInfo, limits: ArchiveLimits) -> None:
    name = entry.orig_filename
    # No reading of the bytes has other dots and slashes; the extra field is another name.
    if limits.unsafe_name is not None and any(
        map(limits.unsafe_name.search, (name, _unicode_path(entry)))
    ):
        raise UnsafeArchive(ArchiveFault.UNSAFE_NAME, name)
    if entry.flag_bits & _ENCRYPTED:
        raise UnsafeArchive(ArchiveFault.ENCRYPTED, name)
    if limits.refuse_links and stat.S_ISLNK(entry.external_attr >> 16):
        raise UnsafeArchive(ArchiveFault.LINK, name)
    most = None if limits.max_ratio is None else limits.max_ratio * entry.compress_size
    if most is not None and entry.file_size > max(_SMALL, most):
        raise UnsafeArchive(ArchiveFault.ENTRY_RATIO, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrictLimits(ArchiveLimits):
    """Bytes of the directory and of all that is unpacked; the ratio of what has really been
    unpacked to the size of the file counts above `harmless_bytes`.
    """

    max_directory_bytes: int
    max_unpacked_bytes: int
    harmless_bytes: int
    max_unpacked_ratio: int


class StrictArchive(Archive):
    """An archive that every reader reads in the same way.

    It begins and ends with the file, its entries' own headers say what the directory says, and
    each name is there once. `chunks` unpacks all of an entry, and holds the limits for the entries
    unpacked so far together.
    """

    def __init__(self, content: bytes, limits: StrictLimits) -> None:
        self._content = content
        self._strict = limits
        self._unpacked = 0
        self._check_end()
        super().__init__(BytesIO(content), limits)

    def _check_layout(self) -> None:
        entries = self._by_offset()
        if not entries or entries[0].header_offset != 0:
            raise UnsafeArchive(ArchiveFault.FOREIGN_BYTES)
        if len({entry.filename.lower() for entry in entries}) != len(entries):
            raise UnsafeArchive(ArchiveFault.DUPLICATE_NAME)
        last = 0
        for entry in entries:
            _, end = self._extent(entry)
            if entry.header_offset < last:
                raise UnsafeArchive(ArchiveFault.OVERLAP)
            last = end

    def chunks(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        start, end = self._extent(entry)
        size, checksum = 0, 0
        for chunk in self._inflated(entry, memoryview(self._content)[start:end]):
            size += len(chunk)
            checksum = zlib.crc32(chunk, checksum)
            self._count(len(chunk))
            yield chunk
        if size != entry.file_size or checksum != entry.CRC:
            raise UnsafeArchive(ArchiveFault.DAMAGED, entry.filename)

    def _check_end(self) -> None:
        """The archive ends where the file ends, and its directory is of a size to be read."""
        at = self._content.rfind(_END_SIGNATURE, -(_END.size + 0xFFFF))
        if at < 0 or at + _END.size > len(self._content):
            raise UnsafeArchive(ArchiveFault.DAMAGED)
        *_, size, _, comment = _END.unpack_from(self._content, at)
        if self._content[at + _END.size + comment :].strip(_PADDING):
            raise UnsafeArchive(ArchiveFault.FOREIGN_BYTES)
        if size > self._strict.max_directory_bytes:
            raise UnsafeArchive(ArchiveFault.TOO_LARGE)

    def _extent(self, entry: zipfile.ZipInfo) -> tuple[int, int]:
        """Where the packed bytes are. The entry's own header must name it as the directory does."""
        at = entry.header_offset
        if at + _LOCAL.size > len(self._content):
            raise UnsafeArchive(ArchiveFault.DAMAGED, entry.filename)
        header = _LOCAL.unpack_from(self._content, at)
        signature, _, flags, method, *_, name_length, extra_length = header
        name_at = at + _LOCAL.size
        name = self._content[name_at : name_at + name_length]
        start = name_at + name_length + extra_length
        end = start + entry.compress_size
        if flags & _ENCRYPTED:
            raise UnsafeArchive(ArchiveFault.ENCRYPTED, entry.filename)
        spellings = {entry.orig_filename.encode("utf-8", "replace")}
        with contextlib.suppress(UnicodeEncodeError):
            spellings.add(entry.orig_filename.encode("cp437"))
        same = signature == b"PK\x03\x04" and method == entry.compress_type and name in spellings
        if not same or end > len(self._content):
            raise UnsafeArchive(ArchiveFault.DAMAGED, entry.filename)
        return start, end

    def _count(self, size: int) -> None:
        limits = self._strict
        self._unpacked += size
        ratio = self._unpacked / len(self._content)
        bomb = self._unpacked > limits.harmless_bytes and ratio > limits.max_unpacked_ratio
        if bomb or self._unpacked > limits.max_unpacked_bytes:
            raise UnsafeArchive(ArchiveFault.TOO_LARGE)

    def _inflated(self, entry: zipfile.ZipInfo, packed: memoryview) -> Iterator[bytes]:
        if entry.compress_type == zipfile.ZIP_STORED:
            for at in range(0, len(packed), _CHUNK):
                yield bytes(packed[at : at + _CHUNK])
            return
        if entry.compress_type != zipfile.ZIP_DEFLATED:
            raise UnsafeArchive(ArchiveFault.DAMAGED, entry.filename)
        try:
            yield from inflated(packed, zlib.decompressobj(-zlib.MAX_WBITS))
        except (zlib.error, EOFError) as error:
            raise UnsafeArchive(ArchiveFault.DAMAGED, entry.filename) from error


# Who reads a name that is not marked as UTF-8, first the one whose reading is most likely. Windows
# takes the code page of DOS or its own; the standard says 437.
_NAME_ENCODINGS = ("cp850", "cp1252", "mac_roman", "cp437")
_UNICODE_PATH = 0x7075


def spellings(entry: zipfile.ZipInfo) -> list[str]:
    """What the entry may be called, the likeliest first: in NFC, with slashes between folders.

    A name that is not marked as UTF-8 may be in it all the same, as macOS writes it, in a code page
    of DOS or in Windows-1252; some programs add it in UTF-8 (Info-ZIP's Unicode Path, 0x7075).
    """
    name = entry.orig_filename
    if name.isascii():
        found = [_unicode_path(entry), name]
    elif entry.flag_bits & _UTF8:
        found = [name, undoubled(name)]
    else:
        raw = name.encode("cp437")
        found = [_unicode_path(entry)]
        if (meant := decoded(raw, "utf-8")) is not None:
            # The last is what other programs show, from where it may have been copied.
            found += [meant, undoubled(meant), name]
        else:
            found.append(raw.decode(likeliest(raw, _NAME_ENCODINGS) or "cp437"))
            found += [decoded(raw, encoding) or "" for encoding in _NAME_ENCODINGS]
    tidy = [unicodedata.normalize("NFC", text).replace("\\", "/") for text in found if text]
    return list(dict.fromkeys(tidy))


def _unicode_path(entry: zipfile.ZipInfo) -> str:
    """The name in Info-ZIP's extra field, if it is there and still that of the entry."""
    if entry.flag_bits & _UTF8:
        return ""
    extra, at = entry.extra, 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        field = extra[at + 4 : at + 4 + length]
        if kind == _UNICODE_PATH and len(field) > 5 and field[0] == 1:
            same = int.from_bytes(field[1:5], "little") == zlib.crc32(
                entry.orig_filename.encode("cp437")
            )
            return (decoded(field[5:], "utf-8") or "") if same else ""
        at += 4 + length
    return ""


def inflated(packed: memoryview, stream: zlib._Decompress) -> Iterator[bytes]:
    """What deflated bytes unpack to, in pieces of bounded size.

    Raises zlib.error when they are damaged, EOFError when they end too early or too late.
    """
    for at in range(0, len(packed), _CHUNK):
        waiting: bytes = bytes(packed[at : at + _CHUNK])
        while waiting and not stream.eof:
            piece = stream.decompress(waiting, _CHUNK)
            waiting = stream.unconsumed_tail
            if piece:
                yield piece
        if stream.eof and (stream.unused_data or at + _CHUNK < len(packed)):
            raise EOFError("something follows the end")
    while not stream.eof:
        piece = stream.decompress(b"", _CHUNK)
        if not piece:
            raise EOFError("the end is missing")
        yield piece


def ends_as_zip(content: bytes, *, anywhere: bool = False) -> bool:
    """Whether a ZIP reader, which starts from the end, would find an archive in these bytes.

    It has to end with the file; with `anywhere`, at most 64 KB before that.
    """
    start = max(0, len(content) - _END.size - 0xFFFF)
    at = content.rfind(_END_SIGNATURE, start)
    while at >= 0:
        if at + _END.size <= len(content):
            *_, directory, _, comment = _END.unpack_from(content, at)
            begins = content.startswith(b"PK\x01\x02", max(0, at - directory))
            at_end = at + _END.size + comment == len(content)
            if begins and directory and (anywhere or at_end):
                return True
        at = content.rfind(_END_SIGNATURE, start, at)
    return False
