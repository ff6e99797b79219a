"""Batched writes: many rows deleted or changed in many short transactions.

SQLite has one writer at a time, and on PostgreSQL a row that is being deleted is locked until
commit. So each transaction is kept short, whatever the rows weigh: its size follows the time that
the last one took. Between two of them, others have their turn.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

logger = logging.getLogger(__name__)

# Seconds that a transaction is to take.
AIM = 0.03
FIRST_SIZE = 100
SMALLEST, LARGEST = 10, 5000
# Shares of the time that a batch took: for others after it, and at most so many seconds.
PAUSE_SHARE = 1.0
LONGEST_PAUSE = 0.1


@dataclass(slots=True)
class Written:
    """What was done: rows, transactions, and the seconds that the longest held its locks."""

    rows: int = 0
    transactions: int = 0
    longest: float = 0.0


def delete(rows: QuerySet[Any], *, recheck: bool = False) -> Written:
    """Delete `rows`, and what refers to them as their models say. Not inside a transaction.

    `recheck` as in `in_batches`: without it, what `rows` selects must stay what it is.
    """
    return in_batches(rows, lambda batch: batch.delete()[0], recheck=recheck)


def update(rows: QuerySet[Any], **fields: Any) -> Written:
    """Set `fields` in `rows`, which must not select a row any more that has them."""
    return in_batches(rows, lambda batch: batch.update(**fields))


def in_batches(
    rows: QuerySet[Any], work: Callable[[QuerySet[Any]], int], *, recheck: bool = True
) -> Written:
    """Call `work` in a transaction of its own with each part of `rows`, until none is left.

    `work` returns how many rows it has written; these must not be selected by `rows` any more. With
    `recheck`, a part has the conditions of `rows` still, so one that has changed meanwhile is left
    alone; without it, it has keys only, as SQLite may prefer an index on a condition to the keys,
    and look at all of a tenant for each part. What was committed stays when `work` raises. Raises
    `RuntimeError` when it leaves its rows selected.
    """
    written = Written()
    size = FIRST_SIZE
    done_already: set[Any] = set()
    keys = rows.order_by().values_list("pk", flat=True)
    while batch := sorted(keys[:size]):
        if not done_already.isdisjoint(batch):
            raise RuntimeError(
                f"{rows.model._meta.label}: rows that were written are still selected"
            )
        with transaction.atomic():
            began = time.perf_counter()
            part = rows.order_by() if recheck else rows.model._base_manager.all()
            done = work(part.filter(pk__in=batch))
        took = time.perf_counter() - began
        if not done:
            # Somebody else was quicker, or has changed them: they are left to the next time.
            break
        done_already = set(batch)
        written.rows += done
        written.transactions += 1
        written.longest = max(written.longest, took)
        wanted = int(len(batch) * AIM / max(took, 0.001))
        size = max(SMALLEST, min(LARGEST, wanted, 2 * size))
        time.sleep(min(took * PAUSE_SHARE, LONGEST_PAUSE))
    if written.rows:
        logger.info(
            "%s rows of %s in %s transactions, the longest %.0f ms",
            written.rows,
            rows.model._meta.db_table,
            written.transactions,
            written.longest * 1000,
        )
    return written
