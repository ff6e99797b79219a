"""Set-based SQL: the statements of a sync, in the dialects of PostgreSQL and SQLite.

200,000 rows take about 3 seconds this way and 10 with Django's `bulk_create`
(`docs/performance.md §2`), which is the plain way. `PostgreSQL` and `SQLite` have the same methods.
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
from integrations.sync.bulk.pg_copy import encode_rows
from integrations.sync.bulk.sqlite_image import TABLE, Image, attach_image, can_image, make_image

Row = tuple[Any, ...]

# The columns that every mirrored table begins with.
RECORD_COLUMNS = (
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
    """A mirrored table: `mapped` columns hold the unified record, `carried` ones what else is kept.

    A change of a mapped column moves `changed_at`; a change of a carried one does not. So many of
    the last mapped ones were `added` when there were rows already, and count only with a value.
    """

    model: Model
    record: type[MirroredRecord]
    mapped: tuple[str, ...]
    carried: tuple[str, ...] = ()
    added: int = 0

    @property
    def name(self) -> str:
        return self.record._meta.db_table

    @property
    def columns(self) -> tuple[str, ...]:
        return (*RECORD_COLUMNS, *self.mapped, *self.carried)

    @property
    def new_columns(self) -> tuple[str, ...]:
        """The columns of a new row, which also gets its place in the order of arrival."""
        return (*self.columns, "arrival")


def json_text(value: Any) -> str:
    """`value` as compact JSON, for a JSON column."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        # orjson does not write integers of more than 64 bits.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class PostgreSQL:
    """Binary COPY of new rows, a join with a temporary table for changed ones."""

    def prepare(self, cursor: CursorWrapper) -> None:
        """Set up the connection for a run: nothing to do."""

    def relax_durability(self, cursor: CursorWrapper) -> None:
        """Commit asynchronously, without waiting for the disk, until `restore_durability`.

        If the server loses power, the last batches may be missing. The run has not ended in the
        database then, so it is taken up again and reads them once more; no commit is torn.
        """
        cursor.execute("SET synchronous_commit TO OFF")

    def restore_durability(self, cursor: CursorWrapper) -> None:
        cursor.execute("RESET synchronous_commit")

    def timestamp(self, value: datetime | None) -> Any:
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

        The plain way, `= ANY(...)`, makes PostgreSQL scan the whole table for each batch as soon
        as it estimates that to be cheaper than the look-ups. A lateral subquery for each value,
        with sequential scans off for the transaction, always uses the index, also when the plan
        was made while the table was still empty.

        Both statements go in one message, which is a transaction of its own: each round trip to
        the server also costs a wait for the interpreter lock.
        """
        cursor.execute(
            "SET LOCAL enable_seqscan TO OFF;"
            f" SELECT {columns} FROM jsonb_array_elements_text(%s::jsonb) AS wanted"
            f' CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {key} = wanted COLLATE "C"'
            f" AND {condition} OFFSET 0) AS found",
            [json_text(list(values)), *parameters],
        )
        cursor.nextset()

    def encode(self, table: Table, rows: Sequence[Row]) -> bytes:
        """New rows as `insert` takes them. Uses no connection, so any thread may call it."""
        return encode_rows(table.record, table.new_columns, rows)

    def insert(self, cursor: CursorWrapper, table: Table, encoded: bytes) -> None:
        self._copy(cursor, table.name, table.new_columns, encoded)

    def update(self, cursor: CursorWrapper, table: Table, rows: Sequence[Row]) -> None:
        stage = f"stage_{table.name}"
        # Rows of an earlier update in the same transaction may be in it.
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS {stage} ON COMMIT DELETE ROWS"
            f" AS SELECT {_names(table.columns)} FROM {table.name} WITH NO DATA;"
            f" DELETE FROM {stage}"
        )
        self._copy(cursor, stage, table.columns, encode_rows(table.record, table.columns, rows))
        columns = _names(table.columns[1:])
        staged = ", ".join(f'{stage}."{column}"' for column in table.columns[1:])
        cursor.execute(
            f"UPDATE {table.name} SET ({columns}) = ROW({staged})"
            f" FROM {stage} WHERE {table.name}.id = {stage}.id"
        )

    def clear_seen(self, cursor: CursorWrapper) -> None:
        """Begin a read with an empty temporary table `relais_seen`."""
        cursor.execute("DROP TABLE IF EXISTS relais_seen")
        cursor.execute('CREATE TEMP TABLE relais_seen (remote_id text COLLATE "C")')

    def add_seen(self, cursor: CursorWrapper, remote_ids: Sequence[str]) -> None:
        cursor.execute(
            "INSERT INTO relais_seen SELECT jsonb_array_elements_text(%s::jsonb)",
            [json_text(list(remote_ids))],
        )

    def analyze_seen(self, cursor: CursorWrapper, table: Table) -> None:
        """Index `relais_seen` and gather statistics, so that it can be joined with `table`.

        Without statistics the planner takes tables that have just been filled for empty, and
        chooses a nested loop over both.
        """
        cursor.execute("CREATE INDEX ON relais_seen (remote_id)")
        cursor.execute("ANALYZE relais_seen")
        cursor.execute(f"ANALYZE {table.name} (integration_id, remote_id, remote_deleted_at)")

    def _copy(
        self, cursor: CursorWrapper, name: str, columns: Sequence[str], encoded: bytes
    ) -> None:
        statement = f"COPY {name} ({_names(columns)}) FROM STDIN (FORMAT binary)"
        # The driver is called directly here, so its errors must be turned into Django's.
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            copy.write(encoded)


class SQLite:
    """Rows as an image, or with `executemany`."""

    def prepare(self, cursor: CursorWrapper) -> None:
        """Give the connection a 16 MB page cache and rarer checkpoints for a run.

        A run adds to indexes in random order. With SQLite's defaults (2 MB of cache, a checkpoint
        every 4 MB) the same pages would be read and written again and again. 32 MB gain little.
        """
        cursor.execute("PRAGMA cache_size = -16000")
        cursor.execute("PRAGMA wal_autocheckpoint = 100000")

    def relax_durability(self, cursor: CursorWrapper) -> None:
        """Nothing to do: in WAL mode SQLite waits for the disk at checkpoints only."""

    def restore_durability(self, cursor: CursorWrapper) -> None:
        """Nothing to do."""

    def timestamp(self, value: datetime | None) -> Any:
        return None if value is None else _sqlite_timestamp(value)

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

    def encode(self, table: Table, rows: Sequence[Row]) -> Image | Sequence[Row]:  # noqa: ARG002
        """New rows as `insert` takes them. Uses no connection, so any thread may call it."""
        return make_image(rows) if can_image(rows) else rows

    def insert(self, cursor: CursorWrapper, table: Table, encoded: Image | Sequence[Row]) -> None:
        """Insert inside a transaction, which must be rolled back when this raises `IntegrityError`.

        `OR FAIL` leaves the rows before a refused one to the transaction's rollback. To be able to
        undo the statement alone, SQLite would first copy each page that it changes to a file: a
        fifth of all reads and writes of a first sync.
        """
        into = f"INSERT OR FAIL INTO {table.name} ({_names(table.new_columns)})"
        if isinstance(encoded, Image):
            attach_image(cursor, encoded.database)
            cursor.execute(f"{into} SELECT {encoded.columns} FROM {TABLE}", encoded.constants)
            return
        marks = ", ".join(["%s"] * len(table.new_columns))
        cursor.executemany(f"{into} VALUES ({marks})", encoded)

    def update(self, cursor: CursorWrapper, table: Table, rows: Sequence[Row]) -> None:
        changes = ", ".join(f'"{column}" = %s' for column in table.columns[1:])
        cursor.executemany(
            f"UPDATE {table.name} SET {changes} WHERE id = %s",
            [(*row[1:], row[0]) for row in rows],
        )

    def clear_seen(self, cursor: CursorWrapper) -> None:
        """Begin a read with an empty temporary table `relais_seen`."""
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS relais_seen (remote_id text PRIMARY KEY) WITHOUT ROWID"
        )
        cursor.execute("DELETE FROM relais_seen")

    def add_seen(self, cursor: CursorWrapper, remote_ids: Sequence[str]) -> None:
        cursor.execute(
            "INSERT OR IGNORE INTO relais_seen SELECT value FROM json_each(%s)",
            [json_text(list(remote_ids))],
        )

    def analyze_seen(self, cursor: CursorWrapper, table: Table) -> None:
        """Nothing to do: SQLite joins by the primary key without statistics."""


def dialect() -> PostgreSQL | SQLite:
    """The dialect of the database in use."""
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


@lru_cache(maxsize=4096)
def _sqlite_timestamp(value: datetime) -> str:
    # There are few different values: applicants' dates have a precision of one day.
    return str(connection.ops.adapt_datetimefield_value(value))
