"""How the values of a column become the texts of its cells, a column of a chunk at a time.

JSON and moments are read from the database as text: letting Django build lists and datetimes of
every row first would take longer than all the rest of an export.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection
from django.db.models import F, Func, TextField
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone


def as_text(column: str) -> Cast:
    """The column as the database writes it: JSON, or a moment in UTC."""
    return Cast(column, TextField())


def joined(column: str, key: str) -> tuple[Func, Callable[[Sequence[str | None]], Sequence[str]]]:
    """For the JSON lists of objects in `column`, how their values of `key`, joined by `; `, are
    read, and how they are made of what was read.
    """

    def told(read: Sequence[str | None]) -> Sequence[str]:
        return read if connection.vendor == "postgresql" else _joined(read, key)  # type: ignore[return-value]

    return _Joined(F(column), key=key), told


class _Joined(Func):
    """PostgreSQL finds the one value that nearly everybody has in less time than it would write
    the list. SQLite, which keeps the list as it is written, would take longer.
    """

    output_field = TextField()
    template = "%(expressions)s"
    _POSTGRESQL = """COALESCE(CASE WHEN %(expressions)s -> 1 IS NULL
        THEN %(expressions)s #>> '{0,%(key)s}'
        ELSE (
            SELECT string_agg(item ->> '%(key)s', '; ' ORDER BY place)
            FROM jsonb_array_elements(%(expressions)s) WITH ORDINALITY AS listed (item, place)
            WHERE item ->> '%(key)s' <> ''
        )
    END, '')"""

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=self._POSTGRESQL, **context)


def _joined(column: Sequence[str | None], key: str) -> list[str]:
    lists = orjson.loads(f"[{','.join([text or 'null' for text in column])}]")
    return [
        # Nearly everybody has one, and then nothing needs joining.
        (items[0].get(key) or "" if len(items) == 1 else _several(items, key)) if items else ""
        for items in lists
    ]


def _several(items: list[dict[str, str | None]], key: str) -> str:
    return "; ".join([value for item in items if (value := item.get(key))])


def moments(column: Sequence[str | None]) -> list[str]:
    """ISO 8601 to the second, in the configured time zone with its offset.

    Not in UTC, where the days Flatchr gives (midnight in Paris) would read as the day before.
    """
    return list(map(_moment, column))


def day_first(column: Sequence[str | None]) -> list[str]:
    """`31/03/2026 14:05:00`, in the configured time zone; the day alone at midnight.

    Flatchr gives most moments by the day, and a spreadsheet sorts and filters by it.
    """
    return list(map(_day_first, column))


def local_times(column: Sequence[str | None]) -> list[datetime | None]:
    """In the configured time zone and without it, to the second, as spreadsheets know moments."""
    return list(map(_local_time, column))


def numbers(column: Sequence[float | None]) -> list[str]:
    """Decimal, without a fraction where there is none."""
    return list(map(_number, column))


def _local(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    return timezone.localtime(value if value.tzinfo else value.replace(tzinfo=UTC))


# Moments repeat: a sync stamps a batch of rows with one, and Flatchr knows days only.
@lru_cache(maxsize=4096)
def _moment(text: str | None) -> str:
    return _local(text).isoformat(timespec="seconds") if text else ""


@lru_cache(maxsize=4096)
def _day_first(text: str | None) -> str:
    value = _local_time(text)
    if value is None:
        return ""
    return value.strftime("%d/%m/%Y" if value.time() == time.min else "%d/%m/%Y %H:%M:%S")


@lru_cache(maxsize=4096)
def _local_time(text: str | None) -> datetime | None:
    return _local(text).replace(microsecond=0, tzinfo=None) if text else None


# Most are numbers of applications.
@lru_cache(maxsize=4096)
def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) else repr(value)
