"""Bringing database and static files to the version of the code, after a copy of the database."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from integrations.operations import static_files

Say = Callable[[str], None]


class UpgradeFailed(Exception):
    """It cannot go on; the message says why, and what to do."""


def upgrade(*, backups: Path | None, say: Say) -> None:
    """Bring everything up to date; `say` is told of each step. Idempotent.

    A database that has migrations to come is copied into the folder `backups` first, unless that
    is None. Raises `UpgradeFailed`; what was done until then stays, and is not done again.
    """
    with _alone():
        _refuse_newer_database()
        pending = _pending_migrations()
        if pending:
            _save(backups, say)
            say(f"Database: {len(pending)} migrations are to be applied.")
            call_command("migrate", interactive=False, verbosity=0)
            say("Database: applied.")
        else:
            say("Database: every migration was applied already.")
        if static_files.collect():
            say(f"Static files: collected in {settings.STATIC_ROOT}.")
        else:
            say("Static files: those of this version were collected already.")


@contextmanager
def _alone() -> Iterator[None]:
    with (Path(settings.DATA_DIR) / "upgrade.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UpgradeFailed("Another upgrade is under way.") from None
        yield


def _refuse_newer_database() -> None:
    loader = MigrationExecutor(connection).loader
    known = {name for app, name in loader.disk_migrations if app == "integrations"}
    for migration in loader.disk_migrations.values():
        known |= {name for _app, name in migration.replaces}
    applied = {name for app, name in loader.applied_migrations if app == "integrations"}
    if newer := sorted(applied - known):
        raise UpgradeFailed(
            f"The database is of a newer version: it has the migration {newer[-1]}, which this "
            "version does not know. Install that version again, or restore a backup."
        )


def _pending_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def _save(backups: Path | None, say: Say) -> None:
    """Copy the database as it is. `backup` writes what this version knows of it, and so can only
    do so afterwards.
    """
    if backups is None:
        say("Backup: none, as you asked.")
        return
    if not connection.introspection.table_names():
        say("Backup: none, since the database is new.")
        return
    try:
        backups.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UpgradeFailed(f"The backup failed: {backups}: {error.strerror}.") from error
    name = f"before-upgrade-{timezone.now():%Y%m%dT%H%M%SZ}"
    if connection.vendor == "sqlite":
        path = backups / f"{name}.sqlite3"
        _copy_sqlite(path)
        back = f"stop Relais, put it in the place of {connection.settings_dict['NAME']}"
    else:
        path = backups / f"{name}.dump"
        _dump_postgresql(path)
        back = "stop Relais, pg_restore --clean --if-exists into the database"
    say(
        f"Backup: {path} ({path.stat().st_size / 1e6:.1f} MB). To go back: {back}, and install "
        "the earlier version."
    )


def _copy_sqlite(path: Path) -> None:
    database = Path(connection.settings_dict["NAME"])
    free, needed = shutil.disk_usage(path.parent).free, database.stat().st_size
    if free < needed * 1.1:
        raise UpgradeFailed(
            f"The backup needs {needed / 1e6:.0f} MB, and {path.parent} has {free / 1e6:.0f} MB "
            "left. Name another folder with --backups."
        )
    unfinished = path.with_suffix(".unfinished")
    # SQLite's own copy: whole, also while others write.
    source = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    copy = sqlite3.connect(unfinished)
    try:
        unfinished.chmod(0o600)
        source.backup(copy)
        [[verdict]] = copy.execute("PRAGMA quick_check").fetchall()
    except sqlite3.Error as error:
        unfinished.unlink()
        raise UpgradeFailed(f"The backup failed: {error}.") from error
    finally:
        copy.close()
        source.close()
    if verdict != "ok":
        raise UpgradeFailed(f"The backup {unfinished} is not sound: {verdict}.")
    unfinished.replace(path)


def _dump_postgresql(path: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise UpgradeFailed(
            "There is no pg_dump here to make a backup with. Install it (on Debian: the package "
            "postgresql-client), or make a backup otherwise and say --no-backup."
        )
    login = connection.get_connection_params()
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    environment = {
        **os.environ,
        **{f"PG{name}": str(login[key]) for key, name in names.items() if login.get(key)},
    }
    done = subprocess.run(  # noqa: S603 - no shell
        [program, "--format=custom", f"--file={path}", str(login["dbname"])],
        env=environment,
        umask=0o077,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        path.unlink(missing_ok=True)
        raise UpgradeFailed(f"The backup failed: {done.stderr.strip()}")
