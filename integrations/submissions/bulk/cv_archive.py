"""A ZIP of CVs: which files it holds, and each one's content by the name a row gives."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import PurePosixPath
from typing import IO

from django.conf import settings

from integrations.archives import (
    Archive,
    ArchiveFault,
    ArchiveLimits,
    UnsafeArchive,
    possible_names,
)
from integrations.messages import Message, chain
from integrations.models import BulkUpload

ARCHIVE_BYTES = 200 * 1024**2
ARCHIVE_ENTRIES = 10_000
# A ZIP whose files are said to unpack to more than so many times its own size is no collection
# of CVs: PDF, DOCX and pictures are compressed already.
ARCHIVE_RATIO = 60

# What macOS and Windows put into a folder by themselves.
IGNORED_FOLDERS = {"__MACOSX"}
IGNORED_NAMES = {".ds_store", "thumbs.db", "desktop.ini"}
LEADS_OUT = re.compile(r"^[/\\]|^.:|\0|(^|[/\\])\.\.([/\\]|\Z)", re.DOTALL)


class ArchiveRefused(Exception):
    """The ZIP as a whole cannot be used; the message tells the user why and what to do."""


class FileRefused(Exception):
    """The file that a row names cannot be used; the message tells the user why."""


class CvArchive:
    """A ZIP of CVs, checked before anything of it is unpacked; one file is unpacked at a time.

    Files are found by their names as people write them: without regard to capitals, to how
    accents are composed, and to the folder if the name alone is enough. Raises `ArchiveRefused`.
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
        self.entries = [entry for entry in self._archive.entries if not _ignored(entry.filename)]
        if not self.entries:
            raise ArchiveRefused(Message("zip_empty"))
        self._by_name: dict[str, list[zipfile.ZipInfo]] = defaultdict(list)
        for entry in self.entries:
            for name in possible_names(entry):
                for key in {_key(name), _key(PurePosixPath(name).name)}:
                    if entry not in self._by_name[key]:
                        self._by_name[key].append(entry)

    def close(self) -> None:
        self._archive.close()

    def find(self, name: str) -> zipfile.ZipInfo:
        """The entry that `name` means. Raises `FileRefused`."""
        found = self._by_name.get(_key(name), [])
        if len(found) > 1:
            # Of several that end alike, the one whose whole path was given.
            exact = [entry for entry in found if _key(entry.filename) == _key(name)]
            found = exact if len(exact) == 1 else found
        if len(found) > 1:
            paths = [f"“{entry.filename}”" for entry in found[:3]]
            raise FileRefused(Message("zip_name_ambiguous", name=name, paths=chain("both", paths)))
        if not found:
            raise FileRefused(self._unknown(name))
        return found[0]

    def read(self, entry: zipfile.ZipInfo) -> bytes:
        """The file's content. Raises `FileRefused` when it is too large or not what it says."""
        name = entry.filename
        if entry.file_size > settings.SUBMISSION_MAX_BYTES:
            most = f"{settings.SUBMISSION_MAX_BYTES / 1024**2:.0f} MB"
            raise FileRefused(Message("file_too_large", name=name, limit=most))
        try:
            return self._archive.read(entry)
        except UnsafeArchive as unsafe:
            raise FileRefused(Message("zip_member_damaged", name=name)) from unsafe

    def unnamed(self, named: Iterable[str]) -> list[str]:
        """The files whose paths are not among `named`: those that no row asks for."""
        wanted = set(named)
        return [entry.filename for entry in self.entries if entry.filename not in wanted]

    def _unknown(self, name: str) -> Message:
        """That there is no such file, and which one differs in its ending only."""
        stem = _key(PurePosixPath(name).stem)
        for entry in self.entries:
            if _key(PurePosixPath(entry.filename).stem) == stem:
                near = PurePosixPath(entry.filename).name
                return Message("zip_name_unknown_near", name=name, near=near)
        return Message("zip_name_unknown", name=name)


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
    path = PurePosixPath(name)
    return (
        not IGNORED_FOLDERS.isdisjoint(path.parts)
        or path.name.lower() in IGNORED_NAMES
        or path.name.startswith("._")
    )


def _key(name: str) -> str:
    """A name as it is compared."""
    return unicodedata.normalize("NFC", name.replace("\\", "/").strip().strip("/")).casefold()
