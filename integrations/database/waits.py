"""How long a database is waited for, and which of its errors pass by themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

RETRY_AFTER = 5  # seconds
# A writer that holds the lock for too long, or a file that cannot be opened. Others, such as a
# table that is missing, stay.
_SQLITE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN}


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the database could not be reached, or had no connection or no turn for this."""
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        # The lower byte: the upper ones tell kinds of the same error apart.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE
    # PostgreSQL has other classes for what is wrong with a statement.
    return True


@contextmanager
def short_waits(milliseconds: int) -> Iterator[None]:
    """Inside, what waits longer than this for somebody else's lock raises `OperationalError`.

    Surrounds a transaction, and is not used inside one.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout")
            [before] = cursor.fetchone()
            change = "PRAGMA busy_timeout = {}"
        else:
            cursor.execute("SHOW lock_timeout")
            [before] = cursor.fetchone()
            change = "SET lock_timeout = '{}'"
        cursor.execute(change.format(milliseconds))
        try:
            yield
        finally:
            cursor.execute(change.format(before))
