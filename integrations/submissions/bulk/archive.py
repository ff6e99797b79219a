"""A ZIP of CVs: which files it holds, and each one's content by the name a row gives."""

from __future__ import annotations

import stat
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import PurePosixPath
from typing import IO

from django.conf import settings

from integrations.submissions.bulk import limits

# What macOS and Windows put into a folder by themselves.
IGNORED_FOLDERS = {"__MACOSX"}
IGNORED_NAMES = {".ds_store", "thumbs.db", "desktop.ini"}
# The general-purpose bits of an entry: encrypted, and name in UTF-8.
ENCRYPTED, UTF8 = 0x1, 0x800
# Below this, no ratio is suspicious: a short text of spaces.
SMALL = limits.MB
DAMAGED = "“{}” cannot be unpacked: the ZIP is damaged there."


class ArchiveRefused(Exception):
    """The ZIP as a whole cannot be used; the message tells the user why and what to do."""


class FileRefused(Exception):
    """The file that a row names cannot be used; the message tells the user why."""


class Archive:
    """A ZIP of CVs, checked before anything of it is unpacked; one file is unpacked at a time.

    Files are found by their names as people write them: without regard to capitals, to how
    accents are composed, and to the folder if the name alone is enough. Raises `ArchiveRefused`.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        try:
            self._zip = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError):
            raise ArchiveRefused(
                "The second file is not a ZIP, or is damaged. Make the ZIP again."
            ) from None
        entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        _check(entries, limits.MB + sum(entry.compress_size for entry in entries))
        self.entries = [entry for entry in entries if not _ignored(entry.filename)]
        if not self.entries:
            raise ArchiveRefused("The ZIP holds no files.")
        self._by_name: dict[str, list[zipfile.ZipInfo]] = defaultdict(list)
        for entry in self.entries:
            for name in _spellings(entry):
                for key in {_key(name), _key(PurePosixPath(name).name)}:
                    if entry not in self._by_name[key]:
                        self._by_name[key].append(entry)

    def close(self) -> None:
        self._zip.close()

    def find(self, name: str) -> zipfile.ZipInfo:
        """The entry that `name` means. Raises `FileRefused`."""
        found = self._by_name.get(_key(name), [])
        if len(found) > 1:
            # Of several that end alike, the one whose whole path was given.
            exact = [entry for entry in found if _key(entry.filename) == _key(name)]
            found = exact if len(exact) == 1 else found
        if len(found) > 1:
            paths = " and ".join(f"“{entry.filename}”" for entry in found[:3])
            raise FileRefused(
                f"The ZIP holds several files named “{name}”: {paths}. Give each its own name."
            )
        if not found:
            raise FileRefused(f"The ZIP holds no file named “{name}”.{self._near(name)}")
        return found[0]

    def read(self, entry: zipfile.ZipInfo) -> bytes:
        """The file's content. Raises `FileRefused` when it is too large or not what it says."""
        name = entry.filename
        most = settings.SUBMISSION_MAX_BYTES
        if entry.file_size > most:
            raise FileRefused(f"“{name}” is larger than {limits.in_mb(most)}.")
        try:
            # Never more than the size in the header: more than that is reported as damage.
            content = self._zip.read(entry)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
            raise FileRefused(DAMAGED.format(name)) from None
        if len(content) != entry.file_size:
            raise FileRefused(DAMAGED.format(name))
        return content

    def unnamed(self, named: Iterable[str]) -> list[str]:
        """The files whose paths are not among `named`: those that no row asks for."""
        wanted = set(named)
        return [entry.filename for entry in self.entries if entry.filename not in wanted]

    def _near(self, name: str) -> str:
        """A file that differs in its ending only."""
        stem = _key(PurePosixPath(name).stem)
        for entry in self.entries:
            if _key(PurePosixPath(entry.filename).stem) == stem:
                return f" Is it “{PurePosixPath(entry.filename).name}”?"
        return ""


def _check(entries: list[zipfile.ZipInfo], packed: int) -> None:
    if len(entries) > limits.ARCHIVE_ENTRIES:
        raise ArchiveRefused(f"The ZIP holds more than {limits.ARCHIVE_ENTRIES:,} files.")
    for entry in entries:
        name = entry.orig_filename
        if _leads_out(name):
            raise ArchiveRefused(
                f"The ZIP holds “{name[:120]}”, a name that leads out of its folder. "
                "Make a new ZIP from the CV files alone."
            )
        if entry.flag_bits & ENCRYPTED:
            raise ArchiveRefused("The ZIP asks for a password. Make one without.")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ArchiveRefused(
                f"“{name}” in the ZIP is a link to another file. Put the CV itself into the ZIP."
            )
        if entry.file_size > SMALL and entry.file_size > limits.ARCHIVE_RATIO * entry.compress_size:
            raise ArchiveRefused(
                f"“{name}” in the ZIP unpacks to more than {limits.ARCHIVE_RATIO} times its size, "
                "which no CV does. Refused."
            )
    if sum(entry.file_size for entry in entries) > limits.ARCHIVE_RATIO * packed:
        raise ArchiveRefused(
            f"The ZIP unpacks to more than {limits.ARCHIVE_RATIO} times its size. Refused."
        )
    _check_overlaps(entries)


def _check_overlaps(entries: list[zipfile.ZipInfo]) -> None:
    """No two files may share their bytes: so a small ZIP is made to unpack to a huge one."""
    placed = sorted(entries, key=lambda entry: entry.header_offset)
    for entry, following in pairwise(placed):
        if entry.header_offset + entry.compress_size > following.header_offset:
            raise ArchiveRefused(
                "The ZIP is not made as a ZIP should be: its files overlap. Make it again."
            )


def _leads_out(name: str) -> bool:
    path = name.replace("\\", "/")
    drive = len(path) > 1 and path[1] == ":"
    return path.startswith("/") or drive or "\0" in path or ".." in path.split("/")


def _ignored(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        not IGNORED_FOLDERS.isdisjoint(path.parts)
        or path.name.lower() in IGNORED_NAMES
        or path.name.startswith("._")
    )


def _spellings(entry: zipfile.ZipInfo) -> set[str]:
    """The entry's name, and what it may have been before a ZIP tool wrote it in its own way.

    A name that is not marked as UTF-8 has been decoded as code page 437 by the standard; Windows
    writes it in 850 or 1252, macOS in UTF-8 all the same.
    """
    names = {entry.filename}
    if not entry.flag_bits & UTF8:
        raw = entry.filename.encode("cp437", errors="ignore")
        for encoding in ("utf-8", "cp850", "cp1252"):
            try:
                names.add(raw.decode(encoding))
            except UnicodeDecodeError:
                continue
    return names


def _key(name: str) -> str:
    """A name as it is compared."""
    return unicodedata.normalize("NFC", name.replace("\\", "/").strip().strip("/")).casefold()
