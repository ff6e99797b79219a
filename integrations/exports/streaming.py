"""Rows of a query as PostgreSQL sends them, without asking for each batch of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from integrations.messages import Message

Row = tuple[Any, ...]


class ConnectionBusy(RuntimeError):
    """Another statement was given to the connection while rows are on their way over it."""


def stream(queryset: QuerySet[Any], batch_rows: int) -> Generator[Row, None, None]:
    """The rows of a `values_list` of PostgreSQL; close it, which stops the statement.

    One statement, planned for all of its rows and run ahead of its reader as far as the network's
    buffers go. A cursor that is asked for `batch_rows` at a time is planned for a tenth of them,
    never runs in parallel, and lets the server and its reader wait for each other.

    Until its end or its close the connection takes no other statement: `ConnectionBusy`. To be
    read in a transaction, since a statement that is stopped ends one that fails.
    """
    compiler = queryset.query.get_compiler(connection=connection)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return
    with connection.cursor() as cursor:
        # Making machine code of the statement takes longer than that saves, and comes first.
        cursor.execute("SET LOCAL jit TO off")
        with (
            _alone(),
            connection.wrap_database_errors,
            closing(cursor.cursor.stream(sql, parameters, size=batch_rows)) as rows,
        ):
            yield from compiler.results_iter(results=[_asked_for(compiler, rows)])


def _asked_for(compiler: Any, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows without what a DISTINCT query had to select besides, to be put in order by."""
    if not compiler.has_extra_select:
        return rows
    return (row[: compiler.col_count] for row in rows)


@contextmanager
def _alone() -> Iterator[None]:
    """Refuse other statements on the connection, which would wait for the rows for ever."""

    def refuse(*_: Any) -> None:
        raise ConnectionBusy(Message("export_connection_busy"))

    refusing: Callable[..., None] = refuse
    connection.execute_wrappers.append(refusing)
    try:
        yield
    finally:
        connection.execute_wrappers.remove(refusing)
