"""What the rows of a batch have in common: whose they are, and when they were written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def all_same(values: Sequence[Any]) -> bool:
    """Whether all values of a column are equal, and the first and the last are one object.

    Columns that have one value for all rows have one object there, and others are told by that
    without being compared.
    """
    return values[0] is values[-1] and values.count(values[0]) == len(values)
