"""`export_installation`: everything that this installation has, in one file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from integrations.models import (
    LIVE_EXPORTS,
    LIVE_STATES,
    LIVE_SUBMISSIONS,
    Export,
    Submission,
    SyncRun,
)
from integrations.operations.moving.archive import (
    FOLDERS,
    ArchiveWriter,
    FilesDigest,
    Manifest,
    OperationRefused,
    TableEntry,
    is_file_name,
    new_archive,
)
from integrations.operations.moving.schema import applied_migrations, refuse_unless_migrated
from integrations.operations.moving.tables import MovedTable, moved_tables
from integrations.operations.moving.tokens import TokenCount
from integrations.operations.moving.verification import check_archive

_UNFINISHED = (".", "unfinished-")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Exported:
    """What was written. `live` is work that both installations would do if both went on."""

    manifest: Manifest
    size: int
    live: dict[str, int]


def export_installation(path: Path, *, say: Say = lambda _: None) -> Exported:
    """Write the installation as it is at one moment, while it may go on working.

    `path` is there when all of it was written and read back; until then, and when this fails,
    it is not. Memory does not grow with the installation. Raises `OperationRefused`.
    """
    refuse_unless_migrated()
    with new_archive(path, verify=check_archive) as archive, snapshot():
        # The first reading takes the snapshot; files that are made after it belong to no row of it.
        migrations = applied_migrations()
        live = {
            "submissions": Submission.objects.filter(state__in=LIVE_SUBMISSIONS).count(),
            "syncs": SyncRun.objects.filter(state__in=LIVE_STATES).count(),
            "exports": Export.objects.filter(state__in=LIVE_EXPORTS).count(),
        }
        say("files")
        files = _add_files(archive, say)
        tokens = TokenCount()
        tables = [_add_table(archive, table, tokens, say) for table in moved_tables()]
        manifest = Manifest(
            made_at=timezone.now().isoformat(timespec="seconds"),
            database=connection.vendor,
            migrations=migrations,
            tables=tables,
            files=files.files,
            files_bytes=files.bytes,
            files_sha256=files.hexdigest(),
            credentials=tokens.stored,
            unreadable=tokens.unreadable,
            secret_key=secret_key_digest(settings.SECRET_KEY),
        )
        archive.finish(manifest)
    return Exported(manifest, path.stat().st_size, live)


@contextmanager
def snapshot() -> Iterator[None]:
    """A transaction that only reads, and to whose readings nothing changes until its end."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # Not `atomic`, which takes the lock for writing (`config/settings.py`).
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def secret_key_digest(secret: str) -> str:
    """By which a `SECRET_KEY` is recognised, and nothing else is learnt of it."""
    return salted_hmac("relais.installation", "", secret=secret, algorithm="sha256").hexdigest()


def _add_table(
    archive: ArchiveWriter, table: MovedTable, tokens: TokenCount, say: Say
) -> TableEntry:
    digest = table.digest()
    archive.add_table(table.name, tokens.watched(table, table.read()), digest)
    if digest.rows:
        say(f"{table.name}: {digest.rows:,} rows")
    return TableEntry(
        name=table.name,
        columns=table.columns,
        rows=digest.rows,
        sha256=digest.hexdigest(),
        last_number=table.last_number() if table.numbered else None,
    )


def _add_files(archive: ArchiveWriter, say: Say) -> FilesDigest:
    digest = FilesDigest()
    root = Path(settings.DATA_DIR)
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        if not is_file_name(name):
            say(f"left out, since Relais gives no such names: {path}")
            continue
        try:
            source = path.open("rb")
        except FileNotFoundError:
            continue  # removed since: what names it says so in words
        except OSError as error:
            raise OperationRefused(f"{path} cannot be read: {error.strerror}.") from error
        with source:
            archive.add_file(name, source, digest)
    return digest


def _files(root: Path) -> Iterator[Path]:
    """Files that move, without drafts and the folders of what an export is being made from."""
    for folder in FOLDERS:
        for parent, folders, names in os.walk(root / folder):
            folders[:] = sorted(name for name in folders if not name.startswith(_UNFINISHED))
            for name in sorted(names):
                if not name.startswith(_UNFINISHED):
                    yield Path(parent) / name
