"""The SQL of a page without filters, compiled by the ORM once for each kind of page.

A client that reads a list to its end asks for the same thing thousands of times, with another
tenant, place or time in it. Compiling the query takes the ORM as long as the database takes to
carry it out.

The query is compiled with a `Parameter` wherever a request's own value belongs. These objects come
back among the values of the compiled statement, and the values of a request take their places: no
value is ever compared with another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from django.db import connection
from django.db.models import Expression, QuerySet

from integrations.api.reads.changes import stored
from integrations.api.reads.cursors import Position
from integrations.api.reads.rows import Row
from integrations.api.reads.scope import ReadScope


class Walk(NamedTuple):
    """What can be selected in every list: `deleted` records too, those `after` a position, those
    that have changed `since`. `gather` is how the changed ones are found (see `changes`).

    A read whose first page gathers goes by id up to its end, any other by arrival.
    """

    deleted: bool
    after: Position | None
    since: datetime | None
    gather: bool

    @property
    def by_id(self) -> bool:
        return self.gather if self.after is None else self.after.arrival is None


class Walkable(Protocol):
    """A list, as far as its query goes."""

    def __hash__(self) -> int: ...

    def walked(self, scope: ReadScope, walk: Walk) -> QuerySet[Any]: ...

    @property
    def select(self) -> Callable[[ReadScope, QuerySet[Any]], QuerySet[Any]]: ...


class Parameter(Expression):
    """Stands in a query for a value that is given each time the query is carried out."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:  # noqa: ARG002
        return "%s", (self,)


# Typed as what they stand for.
TENANT: Any = Parameter("tenant")
ARRIVAL: Any = Parameter("arrival")
RECORD: Any = Parameter("record")
SINCE: Any = Parameter("since")


def rows(listing: Walkable, scope: ReadScope, walk: Walk, limit: int) -> list[Row]:
    """Return at most `limit` rows of the list, with the columns that it shows."""
    statement, places = _compiled(listing, replace(scope, integration_id=TENANT), _kind(walk))
    arrival, record = walk.after or (None, None)
    given = {
        TENANT.name: scope.integration_id,
        ARRIVAL.name: arrival,
        RECORD.name: record,
        SINCE.name: walk.since and stored(walk.since),
    }
    values = [given[place.name] if isinstance(place, Parameter) else place for place in places]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, limit])
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _kind(walk: Walk) -> Walk:
    """The walk with parameters for its values."""
    after = walk.after and Position(None if walk.by_id else ARRIVAL, RECORD)
    return walk._replace(after=after, since=walk.since and SINCE)


@lru_cache(maxsize=256)
def _compiled(listing: Walkable, scope: ReadScope, walk: Walk) -> tuple[str, Sequence[Any]]:
    """The statement and its values, after which comes the limit."""
    records = listing.select(scope, listing.walked(scope, walk))
    statement, values = records.query.sql_with_params()
    return f"{statement} LIMIT %s", values
