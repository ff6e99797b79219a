"""Whether a file is whole, is what it says, and fits this release and these keys."""

from __future__ import annotations

from pathlib import Path

from integrations.operations.moving.archive import (
    ArchiveReader,
    FilesDigest,
    Manifest,
    OperationRefused,
    TableEntry,
    opened_archive,
)
from integrations.operations.moving.schema import applied_migrations
from integrations.operations.moving.tables import MovedTable, moved_tables
from integrations.operations.moving.tokens import TokenCount


def check_archive(path: Path) -> Manifest:
    """Read a whole file and compare it with what it says of itself. Raises `OperationRefused`."""
    with opened_archive(path) as archive:
        check(archive, matched(archive.manifest))
        return archive.manifest


def check(archive: ArchiveReader, tables: list[tuple[MovedTable, TableEntry]]) -> None:
    tokens = TokenCount()
    for table, entry in tables:
        digest = table.digest()
        for row in tokens.watched(table, archive.rows(entry)):
            digest.add(row)
        refuse_unless_equal(entry, digest.rows, digest.hexdigest(), "in the file")
    if tokens.unreadable > archive.manifest.unreadable:
        raise OperationRefused(
            f"{tokens.unreadable} of the {tokens.stored} credentials in the file cannot be "
            "decrypted with the CREDENTIALS_KEYS of this installation. Nothing was changed. Set "
            "those of the installation that the file was made by, and import again."
        )
    files = FilesDigest()
    for name, content in archive.files():
        for _ in files.add(name, content):
            pass
    _refuse_unless_equal_files(archive.manifest, files)


def matched(manifest: Manifest) -> list[tuple[MovedTable, TableEntry]]:
    """Each table with its entry. Raises `OperationRefused` unless the schema is the same."""
    here = applied_migrations()
    differing = [
        f"{app} {' and '.join(there) or 'without tables'} (here {' and '.join(ours) or 'none'})"
        for app in sorted({*here, *manifest.migrations})
        if (there := manifest.migrations.get(app, [])) != (ours := here.get(app, []))
    ]
    if differing:
        raise OperationRefused(
            f"The file was made by another release of Relais: {'; '.join(differing)}. Nothing was "
            "changed. Import it with the release that it was made with, then upgrade; or upgrade "
            "where it was made, and export again."
        )
    entries = {entry.name: entry for entry in manifest.tables}
    tables = moved_tables()
    wrong = [
        table.name
        for table in tables
        if table.name not in entries or entries[table.name].columns != table.columns
    ]
    wrong += sorted(entries.keys() - {table.name for table in tables})
    if wrong:
        raise OperationRefused(
            f"The tables of the file are not those of this release: {', '.join(wrong)}."
        )
    return [(table, entries[table.name]) for table in tables]


def refuse_unless_equal(entry: TableEntry, rows: int, digest: str, where: str) -> None:
    if (rows, digest) != (entry.rows, entry.sha256):
        raise OperationRefused(
            f"{entry.name} {where} is not what was exported: {rows:,} rows of {entry.rows:,}"
            f"{'' if rows != entry.rows else ', with other values'}. Nothing was changed."
        )


def _refuse_unless_equal_files(manifest: Manifest, files: FilesDigest) -> None:
    said = (manifest.files, manifest.files_bytes, manifest.files_sha256)
    if (files.files, files.bytes, files.hexdigest()) != said:
        raise OperationRefused(
            f"The files in it are not those that were exported: {files.files:,} of "
            f"{manifest.files:,}. Nothing was changed."
        )
