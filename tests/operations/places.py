"""Further installations beside that of the test: a data directory with a database of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

from tests.support import commands
from tests.support.postgres import beside
from tests.support.worker import database_url

Tables = dict[str, list[tuple[Any, ...]]]
# Of the database itself, and what stays behind.
NOT_MOVED = {
    "django_migrations",
    "django_session",
    "integrations_actionslot",
    "integrations_processheartbeat",
    "integrations_requestbudget",
    "integrations_checkcount",
    "integrations_requestwindow",
}


@dataclass(frozen=True)
class Place:
    data_dir: Path
    url: str

    def manage(self, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
        keys = {
            "CREDENTIALS_KEYS": ",".join(settings.CREDENTIALS_KEYS),
            "SECRET_KEY": settings.SECRET_KEY,
        }
        return commands.manage(
            *arguments, data_dir=self.data_dir, DATABASE_URL=self.url, **{**keys, **given}
        )

    def tables(self) -> Tables:
        """All rows of all tables as the driver gives them, with no code of Relais."""
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as database:
                query = "SELECT name FROM sqlite_master WHERE type = 'table'"
                names = [name for (name,) in database.execute(query)]
                return _rows(database, [name for name in names if not name.startswith("sqlite_")])
        with psycopg.connect(self.url) as database:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            return _rows(database, [name for (name,) in database.execute(query)])

    def number_of(self, insertion: str) -> int:
        """What a statement that makes a row returns; the row is not kept."""
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as database:
                return int(database.execute(insertion).fetchone()[0])
        with psycopg.connect(self.url) as connection:
            row = connection.execute(insertion).fetchone()
            connection.rollback()
            return int(row[0]) if row else 0


def _rows(database: Any, names: list[str]) -> Tables:
    found = {}
    for name in sorted(set(names) - NOT_MOVED):
        rows = database.execute(f'SELECT * FROM "{name}"')  # noqa: S608
        # Columns come in the order in which migrations have made them, here and there.
        columns = [column[0] for column in rows.description]
        order = sorted((name != "id", name, place) for place, name in enumerate(columns))
        found[name] = sorted(
            (tuple(row[place] for *_, place in order) for row in rows.fetchall()),
            key=lambda row: str(row[0]),
        )
    return found


def this_place() -> Place:
    """That of the test."""
    return Place(Path(settings.DATA_DIR), database_url())


@contextmanager
def new_place(folder: Path, vendor: str) -> Iterator[Place]:
    """A migrated one, on SQLite or on the PostgreSQL of this run."""
    folder.mkdir(parents=True)
    if vendor == "sqlite":
        place = Place(folder, f"sqlite:///{folder}/relais.sqlite3")
        if migrated := os.environ.get("TEST_MIGRATED_SQLITE"):
            shutil.copy(migrated, folder / "relais.sqlite3")
        else:
            _migrate(place)
        yield place
        return
    address = beside(os.environ["TEST_DATABASE_URL"], int(secrets.token_hex(3), 16))
    name = sql.Identifier(address.rpartition("/")[2])
    server = f"{address.rpartition('/')[0]}/postgres"
    migrated = os.environ.get("TEST_MIGRATED_POSTGRESQL")
    template = sql.Identifier(migrated or "template1")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, template))
    try:
        place = Place(folder, address)
        if not migrated:
            _migrate(place)
        yield place
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _migrate(place: Place) -> None:
    done = place.manage("migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
