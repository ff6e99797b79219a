"""A ZIP of CVs: which files it holds, and each one's content by the name a row gives."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from anyascii import anyascii
from django.conf import settings

from integrations.archives import (
    Archive,
    ArchiveFault,
    ArchiveLimits,
    UnsafeArchive,
    spellings,
)
from integrations.invisible_characters import visible_name
from integrations.messages import Message, chain
from integrations.models import BulkUpload

ARCHIVE_BYTES = 200 * 1024**2
ARCHIVE_ENTRIES = 10_000
# A ZIP whose files are said to unpack to more than so many times its own size is no collection
# of CVs: PDF, DOCX and pictures are compressed already.
ARCHIVE_RATIO = 60

# What macOS, Windows, Office and storage boxes put into a folder by themselves.
IGNORED_FOLDERS = {
    *("__macosx", ".spotlight-v100", ".trashes", ".fseventsd", ".temporaryitems", "@eadir"),
    *("$recycle.bin", "system volume information"),
}
IGNORED_NAMES = {".ds_store", ".localized", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}
IGNORED_BEGINNINGS = ("._", "~$", ".~lock.")
LEADS_OUT = re.compile(r"^[/\\]|^.:|\0|(^|[/\\])\.\.([/\\]|\Z)", re.DOTALL)


class ArchiveRefused(Exception):
    """The ZIP as a whole cannot be used; the message tells the user why and what to do."""


class FileRefused(Exception):
    """The file that a row names cannot be used; the message tells the user why."""


@dataclass(frozen=True, slots=True)
class CvEntry:
    """A file of the ZIP; `path` is its name with its folders as it was meant, in NFC."""

    info: zipfile.ZipInfo
    path: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


class CvArchive:
    """A ZIP of CVs, checked before anything of it is unpacked; one file is unpacked at a time.

    Files are found by their names as people write them: without regard to capitals, to how
    accents are composed, to the encoding of the archiver, and to the folder if the name alone is
    enough. Raises `ArchiveRefused`.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        try:
            self._archive = Archive(
                stream,
                ArchiveLimits(
                    max_entries=ARCHIVE_ENTRIES,
                    max_ratio=ARCHIVE_RATIO,
                    unsafe_name=LEADS_OUT,
                    refuse_links=True,
                    skip_folders=True,
                ),
            )
        except UnsafeArchive as unsafe:
            raise ArchiveRefused(_message(unsafe)) from unsafe
        self.entries: list[CvEntry] = []
        self._by_name: dict[str, list[CvEntry]] = defaultdict(list)
        for info in self._archive.entries:
            names = spellings(info)
            if not _ignored(names[0]):
                self.entries.append(CvEntry(info, names[0]))
                self._index(info, names)
        if not self.entries:
            raise ArchiveRefused(Message("zip_empty"))

    def _index(self, info: zipfile.ZipInfo, names: list[str]) -> None:
        """Find the file by each of its spellings, and by each without its folders."""
        for name in names:
            for key in {_key(name), _key(PurePosixPath(name).name)}:
                known = self._by_name[key]
                if all(entry.info is not info for entry in known):
                    known.append(CvEntry(info, name))

    def close(self) -> None:
        self._archive.close()

    def find(self, name: str) -> CvEntry:
        """The entry that `name` means, under the spelling that fits it. Raises `FileRefused`."""
        found = self._by_name.get(_key(name), [])
        if len(found) > 1:
            # Of several that end alike, the one whose whole path was given.
            exact = [entry for entry in found if _key(entry.path) == _key(name)]
            found = exact if len(exact) == 1 else found
        if len(found) > 1:
            paths = [f"“{entry.path}”" for entry in found[:3]]
            raise FileRefused(Message("zip_name_ambiguous", name=name, paths=chain("both", paths)))
        if not found:
            raise FileRefused(self._unknown(name))
        return found[0]

    def read(self, entry: CvEntry) -> bytes:
        """The file's content. Raises `FileRefused` when it is too large or not what it says."""
        name = entry.path
        if entry.info.file_size > settings.SUBMISSION_MAX_BYTES:
            most = f"{settings.SUBMISSION_MAX_BYTES / 1024**2:.0f} MB"
            raise FileRefused(Message("file_too_large", name=name, limit=most))
        try:
            return self._archive.read(entry.info)
        except UnsafeArchive as unsafe:
            code = _OF_ONE_FILE.get(unsafe.fault, "zip_member_damaged")
            raise FileRefused(Message(code, name=name)) from unsafe

    def unnamed(self, named: Iterable[str]) -> list[str]:
        """The files that none of `named`, names as rows give them, means."""
        wanted = {id(entry.info) for name in named for entry in self._by_name.get(_key(name), [])}
        return [entry.path for entry in self.entries if id(entry.info) not in wanted]

    def _unknown(self, name: str) -> Message:
        """That there is no such file, and which one differs in its ending or accents only."""
        stem = _plain(PurePosixPath(name).stem)
        for entry in self.entries:
            if _plain(PurePosixPath(entry.name).stem) == stem:
                return Message("zip_name_unknown_near", name=name, near=entry.name)
        return Message("zip_name_unknown", name=name)


_OF_ONE_FILE = {ArchiveFault.METHOD: "zip_member_method"}


@contextmanager
def open_archive(upload: BulkUpload) -> Iterator[CvArchive | None]:
    """The ZIP, or None when there is none. Raises `ArchiveRefused`."""
    if not upload.archive:
        yield None
        return
    with upload.archive.open("rb") as stream, closing(CvArchive(stream)) as archive:
        yield archive


def _message(unsafe: UnsafeArchive) -> Message:
    """Why the ZIP is refused, and what to do."""
    name = unsafe.entry
    match unsafe.fault:
        case ArchiveFault.TOO_MANY_ENTRIES:
            return Message("zip_too_many_files", most=f"{ARCHIVE_ENTRIES:,}")
        case ArchiveFault.UNSAFE_NAME:
            return Message("zip_name_leads_out", name=name[:120])
        case ArchiveFault.ENCRYPTED:
            return Message("zip_encrypted")
        case ArchiveFault.LINK:
            return Message("zip_member_is_link", name=name)
        case ArchiveFault.ENTRY_RATIO:
            return Message("zip_member_bomb", name=name, ratio=ARCHIVE_RATIO)
        case ArchiveFault.RATIO:
            return Message("zip_bomb", ratio=ARCHIVE_RATIO)
        case ArchiveFault.OVERLAP:
            return Message("zip_overlap")
    return Message("zip_unreadable")


def _ignored(name: str) -> bool:
    path = PurePosixPath(name.lower())
    return (
        not IGNORED_FOLDERS.isdisjoint(path.parts)
        or path.name in IGNORED_NAMES
        or path.name.startswith(IGNORED_BEGINNINGS)
    )


def _key(name: str) -> str:
    """A name as it is compared."""
    plain = visible_name(unicodedata.normalize("NFC", name)).replace("\\", "/")
    # Apostrophes and spaces are typed in one way and made another way by the spreadsheet.
    plain = " ".join(plain.replace("’", "'").split())
    return plain.removeprefix("./").strip("/").casefold()


def _plain(stem: str) -> str:
    return anyascii(_key(stem))
