"""Somebody else who is writing to the test database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import Model


@contextmanager
def lock_held(row: Model) -> Iterator[None]:
    """Inside, another connection holds the lock of `row`; on SQLite that of the whole database."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            if other.vendor == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
            else:
                cursor.execute("BEGIN")
                cursor.execute(
                    f"SELECT 1 FROM {row._meta.db_table} WHERE id = %s FOR NO KEY UPDATE",  # noqa: S608
                    [row.pk],
                )
            yield
            cursor.execute("ROLLBACK")
    finally:
        other.close()
