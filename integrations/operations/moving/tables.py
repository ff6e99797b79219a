"""The tables that make up an installation: reading their rows, and writing them as they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import islice
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.backends.utils import CursorWrapper

from integrations.models.fields import EncryptedTextField
from integrations.operations.moving.values import (
    ColumnKind,
    Convert,
    Row,
    RowDigest,
    converted,
    kind_of,
    reader,
    writer,
)

# What belongs to a moment and not to the installation: sessions, processes, and counters that
# begin anew.
LEFT_BEHIND = frozenset(
    {
        "django_session",
        "integrations_actionslot",
        "integrations_checkcount",
        "integrations_processheartbeat",
        "integrations_requestbudget",
        "integrations_requestwindow",
    }
)
# `migrate` has filled them; other rows refer to them by numbers that differ between databases.
MADE_BY_MIGRATE = ("auth_permission", "django_content_type")

# Rows read, and written, at a time.
BATCH = 2000


@dataclass(frozen=True)
class MovedTable:
    """One table of the installation, with its columns in the order of the model's fields."""

    model: type[models.Model]

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @cached_property
    def columns(self) -> list[str]:
        return [str(field.column) for field in self.model._meta.local_concrete_fields]

    @cached_property
    def kinds(self) -> list[ColumnKind]:
        return [kind_of(field) for field in self.model._meta.local_concrete_fields]

    @cached_property
    def encrypted(self) -> list[int]:
        """The places of columns that hold tokens of `CREDENTIALS_KEYS`."""
        fields = self.model._meta.local_concrete_fields
        return [n for n, field in enumerate(fields) if isinstance(field, EncryptedTextField)]

    @property
    def key(self) -> str:
        """The column of the primary key."""
        key: Any = self.model._meta.pk
        return str(key.column)

    @property
    def numbered(self) -> bool:
        """Whether the database numbers its rows."""
        return isinstance(self.model._meta.pk, models.AutoField | models.BigAutoField)

    def read(self) -> Iterator[list[Any]]:
        """All rows in the order of their keys, a batch at a time in memory."""
        kinds = enumerate(self.kinds)
        converts = [(n, convert) for n, kind in kinds if (convert := reader(kind)) is not None]
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                f"SELECT {_names(self.columns)} FROM {_name(self.name)} ORDER BY {_name(self.key)}"  # noqa: S608
            )
            while rows := cursor.fetchmany(BATCH):
                for row in rows:
                    yield converted(row, converts)

    def write(self, rows: Iterable[Row]) -> None:
        """Insert these rows, a batch at a time."""
        vendor = connection.vendor
        kinds = enumerate(self.kinds)
        converts = [
            (n, convert) for n, kind in kinds if (convert := writer(kind, vendor)) is not None
        ]
        insert = _copy if vendor == "postgresql" else _insert
        with connection.cursor() as cursor:
            insert(cursor, self, rows, converts)

    def digest(self) -> RowDigest:
        return RowDigest(self.kinds)

    def is_empty(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {_name(self.name)} LIMIT 1")  # noqa: S608
            return cursor.fetchone() is None

    def last_number(self) -> int:
        """The highest number that was ever given to a row, which no later row may get: the audit
        trail and others' systems refer to rows that are gone.
        """
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [self.name, self.key])
                (sequence,) = cursor.fetchone()
                cursor.execute(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608
                last, is_called = cursor.fetchone()
                return int(last) if is_called else int(last) - 1
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [self.name])
            found = cursor.fetchone()
            return int(found[0]) if found else 0

    def go_on_after(self, number: int) -> None:
        """Number new rows from the one after `number` on."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)",
                    [self.name, self.key, max(number, 1), number > 0],
                )
                return
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [self.name])
            cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, %s)", [self.name, number])


def moved_tables() -> list[MovedTable]:
    """All tables of the installation, each after those that its foreign keys refer to."""
    found: dict[Any, set[Any]] = {
        model: {
            field.related_model
            for field in model._meta.local_concrete_fields
            if field.is_relation and field.related_model is not model
        }
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
    order = TopologicalSorter(found).static_order()
    return [MovedTable(model) for model in order if model._meta.db_table not in LEFT_BEHIND]


def _copy(
    cursor: CursorWrapper,
    table: MovedTable,
    rows: Iterable[Row],
    converts: list[tuple[int, Convert]],
) -> None:
    statement = f"COPY {_name(table.name)} ({_names(table.columns)}) FROM STDIN"
    # The driver is called directly here, so its errors must be turned into Django's.
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(converted(row, converts))


def _insert(
    cursor: CursorWrapper,
    table: MovedTable,
    rows: Iterable[Row],
    converts: list[tuple[int, Convert]],
) -> None:
    marks = ", ".join(["%s"] * len(table.columns))
    statement = f"INSERT INTO {_name(table.name)} ({_names(table.columns)}) VALUES ({marks})"  # noqa: S608
    values = (converted(row, converts) for row in rows)
    # Django would keep all that a generator gives until its end.
    while batch := list(islice(values, BATCH)):
        cursor.executemany(statement, batch)


def _names(columns: Iterable[str]) -> str:
    return ", ".join(map(_name, columns))


def _name(name: str) -> str:
    return connection.ops.quote_name(name)
