"""The files of large exports, below `DATA_DIR/exports`: written, read, and removed when expired.

Only their owner may read them. That there was an export, and of what, stays in its row.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.conf import settings
from django.utils import timezone

from integrations import jobs
from integrations.models import LIVE_EXPORTS, Export

# A file that no row names is what a worker is writing, or what a dead one has left.
ABANDONED = timedelta(days=1)


def folder() -> Path:
    """Read each time: tests move DATA_DIR."""
    path = Path(settings.DATA_DIR) / "exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def new_name(export_id: int) -> str:
    """A name that nobody can guess, and that no other worker uses."""
    return f"{export_id}-{secrets.token_hex(16)}"


def write(name: str, pieces: Iterable[bytes]) -> int:
    """Write a new file; its size in bytes. It is on disk when this returns."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    descriptor = os.open(folder() / name, flags, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        for piece in pieces:
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
        return target.tell()


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for what a file is made from, which is gone at the end, whatever happens.

    That of a process that is killed is removed a day later, with other files of nobody.
    """
    with TemporaryDirectory(prefix="unfinished-", dir=folder()) as path:
        yield Path(path)


def opened(export: Export) -> BinaryIO:
    """Raises FileNotFoundError when it is not there (any more)."""
    if not export.file:
        raise FileNotFoundError(export.file)
    return (folder() / export.file).open("rb")


def remove(name: str) -> None:
    """Idempotent. What a killed process has left may be a whole folder."""
    path = folder() / name
    if name and path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    elif name:
        path.unlink(missing_ok=True)


def remove_others(export_id: int, kept: str) -> None:
    """Remove what workers that died over this export have left."""
    for path in folder().glob(f"{export_id}-*"):
        if path.name != kept:
            path.unlink(missing_ok=True)


def older_than(timestamp: float) -> Iterator[Path]:
    """Files last written to before that time, in seconds of the epoch."""
    for path in folder().iterdir():
        try:
            if path.stat().st_mtime < timestamp:
                yield path
        except FileNotFoundError:
            continue


@jobs.RETENTION.register("files of exports")
def retain() -> None:
    """Remove files that have expired, and those that belong to nothing. Idempotent."""
    now = timezone.now()
    for export in Export.objects.exclude(file="").filter(expires_at__lte=now):
        remove(export.file)
        Export.objects.filter(pk=export.pk).update(file="")
    old = list(older_than((now - ABANDONED).timestamp()))
    if not old:
        return
    named = Export.objects.filter(file__in=[path.name for path in old])
    kept = set(named.values_list("file", flat=True))
    live = {
        str(pk) for pk in Export.objects.filter(state__in=LIVE_EXPORTS).values_list("pk", flat=True)
    }
    for path in old:
        if path.name not in kept and path.name.partition("-")[0] not in live:
            remove(path.name)
