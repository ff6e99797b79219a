"""Rows as SQLite takes them in at once: the image of a database that holds nothing else.

Rows that are bound one by one make SQLite ask for the interpreter's lock at each of them, so that
nothing can be prepared meanwhile. An image is made on one thread, without any index; another has
it copied into the table with one statement, which needs no lock until it has ended.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from integrations.sync.bulk.columns import all_same

# What an image is attached as, and its table.
IMAGE = "relais_ready"
TABLE = f"{IMAGE}.ready"

# Fewer rows are bound one by one in less time.
_WORTH_IT = 100
# Of the pages of an image, in bytes: the size that took the least time.
_PAGE = 16384


class Image(NamedTuple):
    """Rows that are ready to be copied: `made` is the database, `columns` what to select of it for
    a row's values, in their order. A value that all rows share is not in it, but in `shared`.
    """

    made: bytes
    columns: str
    shared: list[Any]


def worth_imaging(rows: Sequence[Any]) -> bool:
    """Whether an image of `rows` saves time, and this SQLite makes images: not all builds do."""
    return len(rows) >= _WORTH_IT and hasattr(sqlite3.Connection, "serialize")


def image(rows: Sequence[Sequence[Any]]) -> Image:
    """`rows`, all of one length and each with an id, as a table whose columns have no type."""
    shared = [all_same(column) for column in zip(*rows, strict=True)]
    kept = [number for number, same in enumerate(shared) if not same]
    columns = ", ".join(f"c{number}" for number in kept)
    marks = ", ".join("?" * len(kept))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        made.execute(f"PRAGMA page_size = {_PAGE}")
        made.execute("PRAGMA journal_mode = OFF")
        made.execute("BEGIN")
        made.execute(f"CREATE TABLE ready ({columns})")
        made.executemany(f"INSERT INTO ready VALUES ({marks})", map(itemgetter(*kept), rows))
        made.execute("COMMIT")
        return Image(
            made.serialize(),
            ", ".join("%s" if same else f"c{number}" for number, same in enumerate(shared)),
            [value for value, same in zip(rows[0], shared, strict=True) if same],
        )


def show(cursor: CursorWrapper, made: bytes) -> None:
    """Let the statements of this connection read `made` as `TABLE`, in place of an earlier one."""
    cursor.execute("SELECT 1 FROM pragma_database_list WHERE name = %s", [IMAGE])
    if cursor.fetchone() is None:
        cursor.execute(f"ATTACH ':memory:' AS {IMAGE}")
    # Django turns the driver's errors into its own everywhere but here.
    with connection.wrap_database_errors:
        connection.connection.deserialize(made, name=IMAGE)
