"""Rows as PostgreSQL's COPY takes them in: its text format, a line for each row.

psycopg can write it too, but only while the server is waiting for it. Here a batch is put into
words on one thread while the server takes in the batch before on another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import NoneType
from typing import Any

_NULL = r"\N"


# More at a time would take no less time. One sign beyond the usual makes Python keep a text in two
# or four bytes a letter: that is to happen to few rows at once.
_AT_A_TIME = 250


def copy_text(rows: Sequence[Sequence[Any]]) -> bytes:
    """`rows`, all of one length, for `COPY ... FROM STDIN`, in UTF-8."""
    return b"".join(
        _lines(rows[start : start + _AT_A_TIME]) for start in range(0, len(rows), _AT_A_TIME)
    )


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    """By column, as most columns have one kind of value and nothing to escape."""
    columns = [_texts(column) for column in zip(*rows, strict=True)]
    return "".join([f"{line}\n" for line in map("\t".join, zip(*columns, strict=True))]).encode()


def _texts(column: Sequence[Any]) -> Sequence[str]:
    kinds = set(map(type, column))
    partly = NoneType in kinds
    kinds.discard(NoneType)
    if all(issubclass(kind, str) for kind in kinds):
        given = "".join(filter(None, column) if partly else column)
        if "\\" in given or "\n" in given or "\t" in given or "\r" in given:
            return [_NULL if value is None else _escaped(value) for value in column]
        return [_NULL if value is None else value for value in column] if partly else column
    if kinds == {bytes}:
        return [_NULL if value is None else rf"\\x{value.hex()}" for value in column]
    if kinds == {datetime}:
        # Applicants' dates have one day's precision, and a batch is stamped with one moment.
        known = {value: _text(value) for value in set(column)}
        return [known[value] for value in column]
    return [_text(value) for value in column]


def _text(value: Any) -> str:
    return _NULL if value is None else _escaped(str(value))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace("\t", r"\t").replace("\r", r"\r")
