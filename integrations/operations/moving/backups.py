"""`backup` and `restore`: an export with a name of its own, and the keys apart from it.

One form for both databases, which goes back into either: no program of PostgreSQL's has to be of
the server's version, and what is restored was compared row by row.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from integrations.encryption.credentials import credentials_keys
from integrations.encryption.secret_files import keys_in
from integrations.operations.moving.archive import OperationRefused
from integrations.operations.moving.exporting import Exported, Say, export_installation
from integrations.operations.moving.importing import (
    Imported,
    import_installation,
    refuse_unless_empty,
)
from integrations.operations.moving.schema import applied_migrations
from integrations.operations.moving.tables import moved_tables

NAMES = "relais-*.zip"
KEYS = ".keys"


@dataclass(frozen=True)
class Backup:
    """`keys` is None unless asked for; `removed` are earlier backups that went."""

    path: Path
    exported: Exported
    keys: Path | None
    removed: list[Path]


def backup(
    target: Path, *, with_keys: bool = False, keep: int | None = None, say: Say = lambda _: None
) -> Backup:
    """Back up into a file, or into a folder under a name that tells the time.

    The installation may go on working. With `keep`, only so many of the folder's backups stay.
    Raises `OperationRefused`.
    """
    path = target
    if target.is_dir():
        path = target / f"relais-{timezone.now():%Y%m%dT%H%M%SZ}.zip"
    elif keep is not None:
        raise OperationRefused(f"{target} is no folder, and of one file there is nothing to keep.")
    exported = export_installation(path, say=say)
    keys = _write_keys(path.with_name(path.name + KEYS)) if with_keys else None
    removed = [] if keep is None else sorted(target.glob(NAMES))[: -max(keep, 1)]
    for earlier in removed:
        earlier.unlink()
        earlier.with_name(earlier.name + KEYS).unlink(missing_ok=True)
    return Backup(path, exported, keys, removed)


def restore(path: Path, *, keys: Path | None = None, say: Say = lambda _: None) -> Imported:
    """Put a backup into this installation, whose database is new: without tables, or empty.

    `keys` are those that `with_keys` wrote; they become this installation's, unless it is given
    others by variables, which is refused. Everything else is as for `import_installation`.
    """
    if not applied_migrations():
        say("migrate")
        call_command("migrate", verbosity=0, interactive=False)
    refuse_unless_empty(moved_tables())
    if keys is not None:
        _take_keys(keys)
    return import_installation(path, say=say)


def _write_keys(path: Path) -> Path:
    lines = f"SECRET_KEY={settings.SECRET_KEY}\nCREDENTIALS_KEYS={','.join(credentials_keys())}\n"
    _write(path, lines)
    return path


def _take_keys(path: Path) -> None:
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OperationRefused(f"{path} cannot be read: {error}.") from error
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    if said.keys() != {"SECRET_KEY", "CREDENTIALS_KEYS"}:
        raise OperationRefused(f"{path} does not hold the keys that backup --with-keys writes.")
    secret, credentials = said["SECRET_KEY"], keys_in(said["CREDENTIALS_KEYS"])
    folder = Path(settings.DATA_DIR)
    # A variable wins over the file, which then is not there or says something else.
    given = {
        "SECRET_KEY": (settings.SECRET_KEY, secret, folder / "secret_key"),
        "CREDENTIALS_KEYS": (
            ",".join(settings.CREDENTIALS_KEYS),
            ",".join(credentials),
            settings.CREDENTIALS_KEYS_PATH,
        ),
    }
    for name, (configured, wanted, file) in given.items():
        from_file = not configured or (file.exists() and file.read_text().strip() == configured)
        if configured != wanted and not from_file:
            raise OperationRefused(
                f"{name} is set to something else than {path} says: set it to that, or leave the "
                "variable out. Nothing was changed."
            )
    for configured, wanted, file in given.values():
        if wanted and configured != wanted:
            _write(file, wanted)
    settings.SECRET_KEY, settings.CREDENTIALS_KEYS = secret, credentials


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.unfinished")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as target:
        target.write(text)
    draft.replace(path)
