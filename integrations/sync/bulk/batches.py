"""Cutting a stream into batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of at most `size` of `items`, in order (`itertools.batched` is Python 3.12's)."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
        # Not to be held while the next one is read.
        del batch
