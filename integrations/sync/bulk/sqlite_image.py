"""SQLite image: a batch of rows as a serialized database, inserted with one statement.

`executemany` takes the interpreter lock for each row, so no other thread can prepare the next
batch meanwhile. Here one thread builds the batch as an in-memory database without indexes, and
another attaches it and runs one `INSERT ... SELECT`, which releases the lock until it has ended.

The plain way is that `executemany` (`SQLite.insert`), taken for small batches and where SQLite
was built without `serialize`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from integrations.sync.bulk.batches import is_constant

# The schema name under which an image is attached, and its table.
SCHEMA = "relais_image"
TABLE = f"{SCHEMA}.batch"

# Rows from which on an image takes less time than `executemany`.
_MIN_ROWS = 100
# Page size of an image in bytes: the fastest of those tried.
_PAGE_SIZE = 16384


class Image(NamedTuple):
    """A batch as a serialized database.

    `columns` is the select list that gives a row's values in order. Values that all rows share
    are not in the database: they are `constants`, the parameters of the select list.
    """

    database: bytes
    columns: str
    constants: list[Any]


def can_image(rows: Sequence[Any]) -> bool:
    """Whether an image of `rows` saves time and this build of SQLite can make it."""
    return len(rows) >= _MIN_ROWS and hasattr(sqlite3.Connection, "serialize")


def make_image(rows: Sequence[Sequence[Any]]) -> Image:
    """An image of `rows`: all of one length, each with an id that differs from the others'."""
    constant = [is_constant(column) for column in zip(*rows, strict=True)]
    kept = [number for number, same in enumerate(constant) if not same]
    columns = ", ".join(f"c{number}" for number in kept)
    marks = ", ".join("?" * len(kept))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as memory:
        memory.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
        memory.execute("PRAGMA journal_mode = OFF")
        memory.execute("BEGIN")
        memory.execute(f"CREATE TABLE batch ({columns})")
        memory.executemany(f"INSERT INTO batch VALUES ({marks})", map(itemgetter(*kept), rows))
        memory.execute("COMMIT")
        return Image(
            memory.serialize(),
            ", ".join("%s" if same else f"c{number}" for number, same in enumerate(constant)),
            [value for value, same in zip(rows[0], constant, strict=True) if same],
        )


def attach_image(cursor: CursorWrapper, database: bytes) -> None:
    """Attach `database` to this connection, in place of an earlier one: it is read as `TABLE`."""
    cursor.execute("SELECT 1 FROM pragma_database_list WHERE name = %s", [SCHEMA])
    if cursor.fetchone() is None:
        cursor.execute(f"ATTACH ':memory:' AS {SCHEMA}")
    # The driver is called directly here, so its errors must be turned into Django's.
    with connection.wrap_database_errors:
        connection.connection.deserialize(database, name=SCHEMA)
