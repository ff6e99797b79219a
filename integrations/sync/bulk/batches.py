"""Batches: a stream cut into lists, and columns of a batch that hold one value.

A sync never holds more than a few batches (`docs/architecture.md`, decision 2), so its memory does
not grow with the tenant. A batch is one transaction, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

Item = TypeVar("Item")


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of at most `size` of `items`, in order (`itertools.batched` needs Python 3.12)."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
        # Drop the reference, so that the batch can be freed while the next one is read.
        del batch


def is_constant(column: Sequence[Any]) -> bool:
    """Whether all values of a column are equal, given that equal constants are one object.

    Such a column (the tenant's id, the time of writing) is encoded once for the whole batch. A
    column that is not constant is recognised by comparing two references, in nearly every case.
    """
    return column[0] is column[-1] and column.count(column[0]) == len(column)
