"""SQLite's write-ahead log: what was written lately, and what it took the place of, until a
checkpoint has moved it into the file. On PostgreSQL there is nothing to do.
"""

from __future__ import annotations

from django.db import connection

from integrations.database.waits import short_waits

# For readers, which keep the log; then it is left to the next time.
PATIENCE_MILLISECONDS = 1000


def shorten() -> bool:
    """Move the log into the file and cut it off, so that no trace of removed rows is left in it;
    False while a reader keeps it. Idempotent. Not inside a transaction.
    """
    if connection.vendor != "sqlite":
        return True
    with short_waits(PATIENCE_MILLISECONDS), connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_rest = cursor.fetchone()
    return not busy
