"""Free pages of SQLite: what retention has removed is given back to the disk, a little at a time.

A file whose `auto_vacuum` is INCREMENTAL knows where its free pages are used from, so that some can
be cut off in a short transaction. One that was made without it keeps its size and fills the pages
with new rows (`docs/operations.md`, What is kept, and for how long).
"""

from __future__ import annotations

import time

from django.db import connection

from integrations import jobs
from integrations.database.batched_writes import AIM, Written

INCREMENTAL = 2
# Free pages that stay, as new rows would ask for them again: 16 MB.
LEFT = 4096
FIRST_SIZE, LARGEST = 64, 4096


@jobs.RETENTION.register("free pages")
def give_back() -> Written:
    """Cut off the free pages of a SQLite file that can, all but `LEFT`. Idempotent."""
    written = Written()
    if connection.vendor != "sqlite" or _pragma("auto_vacuum") != INCREMENTAL:
        return written
    size = FIRST_SIZE
    while (free := _pragma("freelist_count") - LEFT) > 0:
        began = time.perf_counter()
        with connection.cursor() as cursor:
            # Each step of the statement frees one page, so it is read to its end.
            cursor.execute(f"PRAGMA incremental_vacuum({min(size, free)})")
            cursor.fetchall()
        took = time.perf_counter() - began
        written.rows += min(size, free)
        written.transactions += 1
        written.longest = max(written.longest, took)
        size = max(FIRST_SIZE, min(LARGEST, 2 * size, int(size * AIM / max(took, 0.001))))
        time.sleep(min(took, 0.1))
    return written


def _pragma(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return int(cursor.fetchone()[0])
