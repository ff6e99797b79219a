"""Fresh databases to measure on: SQLite files, and a PostgreSQL with its own defaults.

The cluster of the test suite has its durability switched off, which no one who runs Relais would
do; figures taken on it would flatter.
"""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg

from tests.support.provided import MissingError, folder_in_tmp, free_port, server


class Database(Protocol):
    """One database: `name` for the table of figures, `url` for `DATABASE_URL`."""

    name: str
    url: str

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run one statement on a connection of its own, and commit."""
        ...


class SqliteDatabase:
    name = "SQLite"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path, timeout=20)) as connection, connection:
            return connection.execute(sql).fetchall()


class PostgresDatabase:
    name = "PostgreSQL"

    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fresh(self, name: str) -> SqliteDatabase:
        """An empty database; one of that name that is there already goes."""
        for path in self.folder.glob(f"{name}.sqlite3*"):
            path.unlink()
        return SqliteDatabase(self.folder / f"{name}.sqlite3")


class Postgres:
    """A server; `address` lacks the name of the database."""

    def __init__(self, address: str) -> None:
        self.address = address

    def fresh(self, name: str) -> PostgresDatabase:
        """An empty database; one of that name that is there already goes."""
        with psycopg.connect(f"{self.address}/postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS relais_bench_{name}")
            connection.execute(f"CREATE DATABASE relais_bench_{name}")
        return PostgresDatabase(f"{self.address}/relais_bench_{name}")

    def version(self) -> str:
        with psycopg.connect(f"{self.address}/postgres") as connection:
            row = connection.execute("SHOW server_version").fetchone()
        return str(row[0]) if row else ""


@contextmanager
def postgres() -> Iterator[Postgres]:
    """The server of `BENCH_POSTGRES_URL` (no database named), else a cluster made for the run."""
    if given := os.environ.get("BENCH_POSTGRES_URL"):
        yield Postgres(given.rstrip("/"))
        return
    with folder_in_tmp("bench-postgres") as folder:
        programs = binaries()
        user = unprivileged_user()
        shutil.chown(folder, user)
        subprocess.run(
            [
                programs / "initdb",
                f"--pgdata={folder / 'data'}",
                "--username=relais",
                "--auth=trust",
            ],
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        # The password is one that nobody asks for; dlt wants to see one.
        address = f"postgres://relais:unused@127.0.0.1:{(port := free_port())}"
        command = [str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        with server(command, answers=lambda: _answers(address), log=folder / "log", user=user):
            yield Postgres(address)


def _answers(address: str) -> bool:
    try:
        psycopg.connect(f"{address}/postgres", connect_timeout=2).close()
    except psycopg.Error:
        return False
    return True


def binaries() -> Path:
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "postgres").exists():
            return folder
    raise MissingError("Measuring on PostgreSQL needs its programs, or BENCH_POSTGRES_URL.")


def unprivileged_user() -> str:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
