"""Databases that are migrated once, and copied by each pass of a run: migrations take long.

`TEST_MIGRATED_SQLITE` is the path of the file, `TEST_MIGRATED_POSTGRESQL` the name of the database.
Without them a pass migrates a database of its own, as pytest by itself does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.support.provided import MissingError, folder_in_tmp

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def provide(url: str) -> Iterator[dict[str, str]]:
    """Variables for passes that copy one of SQLite and one on the server of `url`."""
    parts = urlsplit(url)
    name = f"{parts.path.strip('/')}_migrated"
    address, server = (parts._replace(path=f"/{path}").geturl() for path in (name, "postgres"))
    with folder_in_tmp("migrated") as folder:
        try:
            _execute(server, "CREATE DATABASE {}", name)
            # At once: each is one process's work.
            running = [_migrating(folder, one) for one in ("", address)]
            ended = [process.communicate()[0] for process in running]
            for process, said in zip(running, ended, strict=True):
                if process.returncode:
                    raise MissingError(f"No database could be migrated.\n{said}")
            yield {
                "TEST_MIGRATED_SQLITE": str(folder / "relais.sqlite3"),
                "TEST_MIGRATED_POSTGRESQL": name,
            }
        finally:
            _execute(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _migrating(folder: Path, address: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.support.settings",
        "RELAIS_TEST_DIR": str(folder),
        "TEST_DATABASE_URL": address,
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "migrate"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _execute(server: str, statement: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
