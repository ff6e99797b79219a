"""`import_installation`: an export, as it was, in a database that holds nothing yet."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, transaction

from integrations.operations.moving.archive import (
    FOLDERS,
    ArchiveReader,
    Manifest,
    OperationRefused,
    TableEntry,
    opened_archive,
)
from integrations.operations.moving.exporting import Say, secret_key_digest
from integrations.operations.moving.schema import refuse_unless_migrated
from integrations.operations.moving.tables import MADE_BY_MIGRATE, MovedTable, moved_tables
from integrations.operations.moving.verification import check, matched, refuse_unless_equal
from integrations.search import index as search_index


@dataclass(frozen=True)
class Imported:
    """What was taken in, and whether it was made with a `SECRET_KEY` that is not known here."""

    manifest: Manifest
    other_secret_key: bool


def import_installation(path: Path, *, say: Say = lambda _: None) -> Imported:
    """Put everything that is in the file into this installation, with the numbers it had.

    The whole file is read before anything is written. Rows are written, read back and compared in
    one transaction: an import that fails, or is killed, leaves the database as empty as it was.
    The files that it has put below `DATA_DIR` by then belong to no row; another import writes them
    again, and retention removes them. Raises `OperationRefused`.
    """
    refuse_unless_migrated()
    with opened_archive(path) as archive:
        tables = matched(archive.manifest)
        refuse_unless_empty(moved_tables())
        say("checking the file")
        check(archive, tables)
        say("files")
        _write_files(archive)
        try:
            with transaction.atomic():
                _write_tables(archive, tables, say)
        except DatabaseError as error:
            raise OperationRefused(
                f"The database did not take it, and is as empty as before: {error}"
            ) from error
    ContentType.objects.clear_cache()
    _settle()
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    known = archive.manifest.secret_key in map(secret_key_digest, secrets)
    return Imported(archive.manifest, other_secret_key=not known)


def refuse_unless_empty(tables: Iterable[MovedTable]) -> None:
    filled = [
        table.name for table in tables if table.name not in MADE_BY_MIGRATE and not table.is_empty()
    ]
    if filled:
        raise OperationRefused(
            f"The database is not empty: there are rows in {', '.join(filled)}. Nothing was "
            "changed. An import goes into a new database on which nothing but manage.py migrate "
            "was run."
        )


def _write_tables(
    archive: ArchiveReader, tables: list[tuple[MovedTable, TableEntry]], say: Say
) -> None:
    _lock(tables)
    refuse_unless_empty(table for table, _ in tables)
    with connection.cursor() as cursor:
        for name in MADE_BY_MIGRATE:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")  # noqa: S608
    for table, entry in tables:
        if entry.rows:
            say(f"{table.name}: {entry.rows:,} rows")
        table.write(archive.rows(entry))
        if entry.last_number is not None:
            table.go_on_after(entry.last_number)
    say("comparing")
    for table, entry in tables:
        digest = table.digest()
        for row in table.read():
            digest.add(row)
        refuse_unless_equal(entry, digest.rows, digest.hexdigest(), "in the database")


def _lock(tables: list[tuple[MovedTable, TableEntry]]) -> None:
    """Let nobody else write meanwhile, and have keys checked as rows are written.

    On SQLite the transaction does the first. At its end, keys of 100,000 rows would be checked
    from a list in memory.
    """
    if connection.vendor == "postgresql":
        names = ", ".join(connection.ops.quote_name(table.name) for table, _ in tables)
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _write_files(archive: ArchiveReader) -> None:
    root = Path(settings.DATA_DIR)
    try:
        for folder in FOLDERS:
            (root / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in archive.files():
            path = root / name
            path.parent.mkdir(mode=0o700, exist_ok=True)
            draft = path.with_name(f".{path.name}.unfinished")
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            with os.fdopen(os.open(draft, flags, 0o600), "wb") as target:
                target.writelines(content)
            draft.replace(path)
    except OSError as error:
        raise OperationRefused(
            f"{error.filename or root} cannot be written: {error.strerror}. The database is as "
            "empty as before."
        ) from error


def _settle() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Until it has statistics, it takes tables that were just filled for empty.
            cursor.execute("ANALYZE")
    search_index.make_where_missing()
    search_index.settle()
