"""The set-based statements, and where PostgreSQL and SQLite differ in them.

A sync's writes are plain SQL: 200,000 rows take about 3 seconds this way and 10 with Django's
`bulk_create` (`docs/performance.md §2`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection
from django.db.backends.utils import CursorWrapper

from integrations.models import MirroredRecord
from integrations.records import Model
from integrations.sync.bulk.pg_copy import copied
from integrations.sync.bulk.sqlite_image import TABLE, Image, image, show, worth_imaging

Row = tuple[Any, ...]

KEPT = (
    "id",
    "integration_id",
    "remote_id",
    "changed_at",
    "remote_deleted_at",
    "fingerprint",
    "content_hash",
)


@dataclass(frozen=True)
class Table:
    """A mirrored table: `mapped` columns are the record's own data, `carried` ones go along.

    A change of a mapped column moves `changed_at`; a change of a carried one does not.
    """

    model: Model
    record: type[MirroredRecord]
    mapped: tuple[str, ...]
    carried: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.record._meta.db_table

    @property
    def columns(self) -> tuple[str, ...]:
        return (*KEPT, *self.mapped, *self.carried)

    @property
    def new_columns(self) -> tuple[str, ...]:
        """Of a row that is new, which has a place for good as well."""
        return (*self.columns, "arrival")


def json_text(value: Any) -> str:
    """`value` as compact JSON, for a JSON column."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        # An integer of more than 64 bits, which orjson does not write.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class PostgreSQL:
    """COPY for what is new, a staged join for what has changed."""

    def prepare(self, cursor: CursorWrapper) -> None:
        """Set up the connection for a run."""

    def hasten(self, cursor: CursorWrapper) -> None:
        """Let this connection's commits not wait for the disk, until `unhasten`.

        Should the server's power fail, the last batches are missing and the run is not yet said
        to have ended, so it is taken up again: nothing is torn, and nothing is told that is not so.
        """
        cursor.execute("SET synchronous_commit TO OFF")

    def unhasten(self, cursor: CursorWrapper) -> None:
        cursor.execute("RESET synchronous_commit")

    def moment(self, value: datetime | None) -> Any:
        return value

    def find(
        self,
        cursor: CursorWrapper,
        columns: str,
        table: str,
        key: str,
        values: Collection[str],
        condition: str,
        *parameters: Any,
    ) -> None:
        """Select `columns` of the rows whose `key` is one of `values`, by the index on `key`.

        Asked with `= ANY`, PostgreSQL reads the whole table for each batch as soon as that looks
        a little cheaper than the batch's look-ups. A subquery for each value, in a transaction that
        does without whole reads, leaves it no choice: planned while the table is empty, it would
        read it whole for each value, though another connection is filling it.

        Both statements are one message, which is a transaction by itself: each wait for the server
        is a wait for the interpreter's lock as well.
        """
        cursor.execute(
            "SET LOCAL enable_seqscan TO OFF;"
            f" SELECT {columns} FROM jsonb_array_elements_text(%s::jsonb) AS wanted"
            f' CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {key} = wanted COLLATE "C"'
            f" AND {condition} OFFSET 0) AS found",
            [json_text(list(values)), *parameters],
        )
        cursor.nextset()

    def ready(self, table: Table, rows: Sequence[Row]) -> bytes:
        """New rows as `insert` takes them. No connection is needed: any thread may do it."""
        return copied(table.record, table.new_columns, rows)

    def insert(self, cursor: CursorWrapper, table: Table, ready: bytes) -> None:
        self._copy(cursor, table.name, table.new_columns, ready)

    def update(self, cursor: CursorWrapper, table: Table, rows: Sequence[Row]) -> None:
        stage = f"stage_{table.name}"
        # There may be rows of an earlier update in the same transaction.
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS {stage} ON COMMIT DELETE ROWS"
            f" AS SELECT {_names(table.columns)} FROM {table.name} WITH NO DATA;"
            f" DELETE FROM {stage}"
        )
        self._copy(cursor, stage, table.columns, copied(table.record, table.columns, rows))
        columns = _names(table.columns[1:])
        staged = ", ".join(f'{stage}."{column}"' for column in table.columns[1:])
        cursor.execute(
            f"UPDATE {table.name} SET ({columns}) = ROW({staged})"
            f" FROM {stage} WHERE {table.name}.id = {stage}.id"
        )

    def forget_seen(self, cursor: CursorWrapper) -> None:
        """Begin a read: an empty `relais_seen`, which lives as long as the connection."""
        cursor.execute("DROP TABLE IF EXISTS relais_seen")
        cursor.execute('CREATE TEMP TABLE relais_seen (remote_id text COLLATE "C")')

    def add_seen(self, cursor: CursorWrapper, remote_ids: Sequence[str]) -> None:
        cursor.execute(
            "INSERT INTO relais_seen SELECT jsonb_array_elements_text(%s::jsonb)",
            [json_text(list(remote_ids))],
        )

    def settle(self, cursor: CursorWrapper, table: Table) -> None:
        """Prepare `relais_seen` and `table` for being joined.

        Without statistics the planner takes tables that have just been filled for empty, and
        compares each row of one with each of the other.
        """
        cursor.execute("CREATE INDEX ON relais_seen (remote_id)")
        cursor.execute("ANALYZE relais_seen")
        cursor.execute(f"ANALYZE {table.name} (integration_id, remote_id, remote_deleted_at)")

    def _copy(self, cursor: CursorWrapper, name: str, columns: Sequence[str], ready: bytes) -> None:
        statement = f"COPY {name} ({_names(columns)}) FROM STDIN (FORMAT binary)"
        # Django turns the driver's errors into its own everywhere but here.
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            copy.write(ready)


class SQLite:
    """Rows as an image, or by prepared statements that are run for many rows within one call."""

    def prepare(self, cursor: CursorWrapper) -> None:
        """Set up the connection for a run, which adds to indexes in random order.

        With SQLite's own 2 MB of cached pages, copied back every 4 MB, the same pages would be
        read and written again and again. Twice the 16 MB gain less than the memory is worth.
        """
        cursor.execute("PRAGMA cache_size = -16000")
        cursor.execute("PRAGMA wal_autocheckpoint = 100000")

    def hasten(self, cursor: CursorWrapper) -> None:
        """SQLite in WAL mode does not wait for the disk but at checkpoints."""

    def unhasten(self, cursor: CursorWrapper) -> None:
        """As it was."""

    def moment(self, value: datetime | None) -> Any:
        return None if value is None else _sqlite_moment(value)

    def find(
        self,
        cursor: CursorWrapper,
        columns: str,
        table: str,
        key: str,
        values: Collection[str],
        condition: str,
        *parameters: Any,
    ) -> None:
        cursor.execute(
            f"SELECT {columns} FROM {table}"
            f" WHERE {key} IN (SELECT value FROM json_each(%s)) AND {condition}",
            [json_text(list(values)), *parameters],
        )

    def ready(self, table: Table, rows: Sequence[Row]) -> Image | Sequence[Row]:  # noqa: ARG002
        """New rows as `insert` takes them. No connection is needed: any thread may do it."""
        return image(rows) if worth_imaging(rows) else rows

    def insert(self, cursor: CursorWrapper, table: Table, ready: Image | Sequence[Row]) -> None:
        """Inside a transaction, which must be undone when this raises `IntegrityError`."""
        # What has been inserted before a row is refused goes with the transaction. To be able to
        # undo the statement alone, SQLite would first copy each page that it changes to a file: a
        # fifth of all reads and writes of a first sync.
        into = f"INSERT OR FAIL INTO {table.name} ({_names(table.new_columns)})"
        if isinstance(ready, Image):
            show(cursor, ready.made)
            cursor.execute(f"{into} SELECT {ready.columns} FROM {TABLE}", ready.shared)
            return
        marks = ", ".join(["%s"] * len(table.new_columns))
        cursor.executemany(f"{into} VALUES ({marks})", ready)

    def update(self, cursor: CursorWrapper, table: Table, rows: Sequence[Row]) -> None:
        changes = ", ".join(f'"{column}" = %s' for column in table.columns[1:])
        cursor.executemany(
            f"UPDATE {table.name} SET {changes} WHERE id = %s",
            [(*row[1:], row[0]) for row in rows],
        )

    def forget_seen(self, cursor: CursorWrapper) -> None:
        """Begin a read: an empty `relais_seen`, which lives as long as the connection."""
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS relais_seen (remote_id text PRIMARY KEY) WITHOUT ROWID"
        )
        cursor.execute("DELETE FROM relais_seen")

    def add_seen(self, cursor: CursorWrapper, remote_ids: Sequence[str]) -> None:
        cursor.execute(
            "INSERT OR IGNORE INTO relais_seen SELECT value FROM json_each(%s)",
            [json_text(list(remote_ids))],
        )

    def settle(self, cursor: CursorWrapper, table: Table) -> None:
        """SQLite joins by the primary key, and needs no statistics for that."""


def dialect() -> PostgreSQL | SQLite:
    """The dialect of the database in use."""
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


@lru_cache(maxsize=4096)
def _sqlite_moment(value: datetime) -> str:
    # Applicants' dates have one day's precision, so the same few values come again and again.
    return str(connection.ops.adapt_datetimefield_value(value))
