"""The file of an export: a ZIP with `manifest.json`, `tables/NAME.jsonl` and `files/PATH`.

Any ZIP program opens it. Its directory stands at its end, so a file that was cut off is none; each
entry has a checksum; and the manifest has the count and digest of every table, and of the files.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import orjson

from integrations.operations.moving.values import Row, RowDigest

KIND = "relais-installation"
FORMAT = 1
MANIFEST = "manifest.json"
_CHUNK = 1024**2
# Rows that are compressed at a time.
_LINES = 500
# Whose files move, below `DATA_DIR`. What else is there is a cache, a log, a secret, or the
# broker's.
FOLDERS = ("submissions", "exports")
_FILE_NAME = re.compile(rf"(?:{'|'.join(FOLDERS)})(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
# What reading a damaged ZIP raises: from its directory, its checksums, its deflate, its end.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError),
    *(ValueError, KeyError, TypeError, AttributeError),
)


def is_file_name(name: str) -> bool:
    """Whether it is a path below `DATA_DIR` of a file that moves."""
    return _FILE_NAME.fullmatch(name) is not None


class OperationRefused(Exception):
    """What was asked for is not done; the text says why, and what to do."""


@dataclass(frozen=True)
class TableEntry:
    """A table in the manifest; `last_number` is None when its rows have no numbers of ours."""

    name: str
    columns: list[str]
    rows: int
    sha256: str
    last_number: int | None


@dataclass(frozen=True)
class Manifest:
    """What a file says of itself.

    `migrations` are the newest ones of each app. Of the `credentials` that are stored,
    `unreadable` ones could not be decrypted where the file was made. `secret_key` is a digest by
    which the same `SECRET_KEY` is recognised.
    """

    made_at: str
    database: str
    migrations: dict[str, list[str]]
    tables: list[TableEntry]
    files: int
    files_bytes: int
    files_sha256: str
    credentials: int
    unreadable: int
    secret_key: str

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


class FilesDigest:
    """Count, size and digest of files in the order in which they come."""

    def __init__(self) -> None:
        self.files = self.bytes = 0
        self._hash = sha256()

    def add(self, name: str, content: Iterable[bytes]) -> Iterator[bytes]:
        """Pass a file's content on."""
        digest = sha256()
        for chunk in content:
            digest.update(chunk)
            self.bytes += len(chunk)
            yield chunk
        self.files += 1
        self._hash.update(f"{name}\0{digest.hexdigest()}\n".encode())

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


class ArchiveWriter:
    def __init__(self, file: zipfile.ZipFile) -> None:
        self._zip = file

    def add_table(self, name: str, rows: Iterable[Row], digest: RowDigest) -> None:
        """Write all rows, one a line, and have `digest` see them."""
        with self._zip.open(f"tables/{name}.jsonl", "w", force_zip64=True) as entry:
            lines: list[bytes] = []
            for row in rows:
                digest.add(row)
                lines.append(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
                if len(lines) == _LINES:
                    entry.write(b"".join(lines))
                    lines.clear()
            entry.write(b"".join(lines))

    def add_file(self, name: str, source: IO[bytes], digest: FilesDigest) -> None:
        """Write a file as it is: CVs and exports are compressed already, most of them."""
        # A `ZipInfo` of ours is not compressed.
        info = zipfile.ZipInfo(f"files/{name}")
        with self._zip.open(info, "w", force_zip64=True) as entry:
            for chunk in digest.add(name, iter(lambda: source.read(_CHUNK), b"")):
                entry.write(chunk)

    def finish(self, manifest: Manifest) -> None:
        said = {"kind": KIND, "format": FORMAT, **asdict(manifest)}
        self._zip.writestr(MANIFEST, json.dumps(said, indent=1))


@contextmanager
def new_archive(path: Path, *, verify: Callable[[Path], object]) -> Iterator[ArchiveWriter]:
    """A new file, readable by its owner only, that has its name once it is whole, on disk, and
    `verify` has raised nothing over it.

    Raises `OperationRefused` when there is one of that name, or it cannot be written.
    """
    if path.exists():
        raise OperationRefused(f"{path} is there already: choose another name.")
    draft = path.with_name(f".{path.name}.unfinished")
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                # The quickest level, of which the database is the slower part.
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
                    yield ArchiveWriter(made)
                file.flush()
                os.fsync(file.fileno())
            verify(draft)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise OperationRefused(f"{path} cannot be written: {error.strerror or error}.") from error


class ArchiveReader:
    """A file as it lies; everything that is read from it raises `OperationRefused` if damaged."""

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self._path = path
        self._zip = file
        self.manifest = self._manifest()

    def rows(self, table: TableEntry) -> Iterator[list[Any]]:
        with self._reading(f"tables/{table.name}.jsonl") as entry:
            for line in entry:
                row = orjson.loads(line)
                if not isinstance(row, list) or len(row) != len(table.columns):
                    raise ValueError(line)
                yield row

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The path of each file below `DATA_DIR`, and its content, to be read before the next."""
        for info in self._zip.infolist():
            name = info.filename.removeprefix("files/")
            if name == info.filename:
                continue
            if not is_file_name(name):
                raise OperationRefused(f"{self._path} holds a file of an unsafe name: {name!r}.")
            yield name, self._content(info.filename)

    def _content(self, name: str) -> Iterator[bytes]:
        with self._reading(name) as entry:
            while chunk := entry.read(_CHUNK):
                yield chunk

    @contextmanager
    def _reading(self, name: str) -> Iterator[IO[bytes]]:
        try:
            with self._zip.open(name) as entry:
                yield entry
        except _DAMAGE as error:
            raise OperationRefused(
                f"{self._path} is damaged: {name} in it cannot be read. Nothing was changed. "
                "Take another copy, or make the export again."
            ) from error

    def _manifest(self) -> Manifest:
        if MANIFEST not in self._zip.namelist():
            raise OperationRefused(f"{self._path} is no export of an installation.")
        with self._reading(MANIFEST) as entry:
            said = json.loads(entry.read())
            if said.pop("kind", None) != KIND:
                raise OperationRefused(f"{self._path} is no export of an installation.")
            if (form := said.pop("format", None)) != FORMAT:
                raise OperationRefused(
                    f"{self._path} has the format {form}, and this Relais reads {FORMAT}: import "
                    "it with the release that it was made with, or a later one."
                )
            tables = [TableEntry(**table) for table in said.pop("tables")]
            return Manifest(tables=tables, **said)


@contextmanager
def opened_archive(path: Path) -> Iterator[ArchiveReader]:
    """Raises `OperationRefused` when it is none, is cut off, or was made by a later Relais."""
    try:
        with zipfile.ZipFile(path) as file:
            yield ArchiveReader(path, file)
    except zipfile.BadZipFile as error:
        raise OperationRefused(
            f"{path} is no export of an installation, or is cut off: its end is missing."
        ) from error
    except OSError as error:
        raise OperationRefused(f"{path} cannot be read: {error.strerror or error}.") from error
