"""A data directory of an earlier commit is upgraded by `migrate` alone, and shows the same records.

`database.sql` was made with the code of that commit, and `expected.json` holds what that code
showed (`make_dump.py`).
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from tests.support.postgres import beside

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

# What PostgreSQL is given for a value as SQLite keeps it, by the type of the column there.
CONVERSIONS: dict[str, Any] = {
    "boolean": bool,
    "timestamp with time zone": lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
}

# To the migrations that the earlier commit ended with, of all apps at once.
MIGRATE = """
from tests.support.single_migrations import single_executor

single_executor().migrate({targets})
"""

# `migrate`, and what is shown then.
UPGRADE = """
import json
from django.core.management import call_command
from tests.upgrade.show import shown

call_command("migrate")
print(json.dumps(shown({key!r})))
"""


@pytest.fixture
def old_rows(tmp_path: Path) -> sqlite3.Connection:
    """The database as the earlier commit left it."""
    database = sqlite3.connect(tmp_path / "relais.sqlite3")
    database.executescript((HERE / "database.sql").read_text(encoding="utf-8"))
    database.commit()
    return database


@pytest.fixture
def old_database(old_rows: sqlite3.Connection, tmp_path: Path) -> Iterator[str]:
    """The address of a copy of it on the database that this run is for; blank for SQLite."""
    if connection.vendor == "sqlite":
        old_rows.close()
        yield ""
        return
    address = beside(os.environ["TEST_DATABASE_URL"], os.getpid())
    name = sql.Identifier(address.rpartition("/")[2])
    server = f"{address.rpartition('/')[0]}/postgres"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
    try:
        query = "SELECT app, name FROM django_migrations ORDER BY id"
        last = dict(old_rows.execute(query).fetchall())
        program = MIGRATE.format(targets=list(last.items()))
        run(tmp_path, address, program)
        with psycopg.connect(address) as target:
            _copy(old_rows, target)
        yield address
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _copy(source: sqlite3.Connection, target: psycopg.Connection[Any]) -> None:
    """Put all rows of `source` in place of those that migrations have made."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    tables = [name for (name,) in source.execute(query)]
    # Rows come in the order of tables, not of keys: no key is checked while they do.
    target.execute("SET session_replication_role = replica")
    names = sql.SQL(", ").join(map(sql.Identifier, tables))
    target.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))
    for table in tables:
        types = dict(
            target.execute(
                "SELECT column_name, data_type FROM information_schema.columns"
                " WHERE table_name = %s",
                [table],
            ).fetchall()
        )
        rows = source.execute(f'SELECT * FROM "{table}"')  # noqa: S608
        columns = [column for column, *_ in rows.description]
        insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(sql.Placeholder() for _ in columns),
        )
        convert = [CONVERSIONS.get(types[column], lambda value: value) for column in columns]
        for row in rows:
            values = [
                None if value is None else one(value)
                for one, value in zip(convert, row, strict=True)
            ]
            target.execute(insert, values)
        if "id" in types and types["id"] in ("integer", "bigint"):
            target.execute(
                sql.SQL(
                    "SELECT setval(pg_get_serial_sequence({name}, 'id'), max(id)) FROM {table}"
                ).format(name=sql.Literal(table), table=sql.Identifier(table))
            )


def run(folder: Path, address: str, program: str) -> str:
    """Run a program in a process of Relais on the data of `folder`; what it prints."""
    environment = {
        **os.environ,
        "RELAIS_TEST_DIR": str(folder),
        "TEST_DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "tests.support.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", f"import django\ndjango.setup()\n{program}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.django_db
def test_an_earlier_database_is_upgraded_by_migrate_alone(
    old_database: str, tmp_path: Path
) -> None:
    expected = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))

    told = run(tmp_path, old_database, UPGRADE.format(key=expected["key"]))

    shown = json.loads(told.splitlines()[-1])
    assert {name: len(rows) for name, rows in shown["lists"].items()} == {
        "jobs": 3,
        "candidates": 7,
        "applications": 9,
        "application-stages": 8,
        "tags": 11,
    }
    assert shown["lists"] == expected["shown"]["lists"]
    assert shown["export"] == expected["shown"]["export"]
    assert shown["pages"] == expected["shown"]["pages"]
