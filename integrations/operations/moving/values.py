"""Values of columns in the one form that is the same for every database, and digests of rows.

A row of an export is a JSON array of these: text, numbers and booleans as they are, dates and times
as ISO 8601, times in UTC with microseconds, bytes in base64, JSON as the text that the database
gives for it.
Text of `EncryptedTextField` stays the token that it is.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from django.db import models

Row = Sequence[Any]
Convert = Callable[[Any], Any]


class ColumnKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    DATE = "date"
    JSON = "json"
    BYTES = "bytes"


# The first one that is a base class of the field.
_KINDS: dict[type[models.Field[Any, Any]], ColumnKind] = {
    models.JSONField: ColumnKind.JSON,
    models.BinaryField: ColumnKind.BYTES,
    models.DateTimeField: ColumnKind.TIME,
    models.DateField: ColumnKind.DATE,
    models.BooleanField: ColumnKind.BOOLEAN,
    models.IntegerField: ColumnKind.NUMBER,
    models.FloatField: ColumnKind.NUMBER,
    models.CharField: ColumnKind.TEXT,
    models.TextField: ColumnKind.TEXT,
    models.FileField: ColumnKind.TEXT,
    models.GenericIPAddressField: ColumnKind.TEXT,
}


def kind_of(field: Any) -> ColumnKind:
    """Raises `TypeError` for a field that no export knows to write."""
    while field.is_relation:
        field = field.target_field
    for base, kind in _KINDS.items():
        if isinstance(field, base):
            return kind
    raise TypeError(f"An export has no form for {field!r}.")


def reader(kind: ColumnKind) -> Convert | None:
    """What turns a value that is not null, as the database gives it, into that of an export; None
    when it is that already.
    """
    readers: dict[ColumnKind, Convert] = {
        ColumnKind.TIME: _time,
        ColumnKind.DATE: str,
        ColumnKind.BYTES: _base64,
    }
    return readers.get(kind)


def writer(kind: ColumnKind, vendor: str) -> Convert | None:
    """The way back: what the database takes for a value of an export."""
    if kind is ColumnKind.BYTES:
        return b64decode
    if kind is ColumnKind.TIME and vendor == "sqlite":
        return _sqlite_time
    return None


def converted(row: Row, converts: Sequence[tuple[int, Convert]]) -> list[Any]:
    """The row with these of its values converted, wherever they are not null."""
    values = list(row)
    for place, convert in converts:
        if values[place] is not None:
            values[place] = convert(values[place])
    return values


class RowDigest:
    """SHA-256 over rows in their order, the same for equal rows of different databases.

    JSON counts by its value, not by its text: PostgreSQL sorts keys and writes 1e2 as 100.
    """

    def __init__(self, kinds: Sequence[ColumnKind]) -> None:
        self.rows = 0
        self._hash = sha256()
        self._json = [(n, _value) for n, kind in enumerate(kinds) if kind is ColumnKind.JSON]
        self._encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

    def add(self, row: Row) -> None:
        self.rows += 1
        values = converted(row, self._json) if self._json else row
        self._hash.update(self._encode(values).encode())

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def _time(value: datetime) -> str:
    # SQLite's have no zone and are UTC.
    moment = value.astimezone(UTC) if value.tzinfo else value
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _sqlite_time(text: str) -> str:
    """As Django writes it: `2026-03-31 10:00:00`, with the microseconds if there are any."""
    return f"{text[:10]} {text[11:26].removesuffix('.000000')}"


def _base64(value: Any) -> str:
    return b64encode(value).decode()


def _value(text: str) -> Any:
    return json.loads(text, parse_float=_number)


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number
