"""The statement of a page without filters, which the ORM puts together once for each kind.

A client that reads a list to its end asks for the same thing thousands of times, with another
tenant, place or moment in it. Putting the statement together took the ORM as long as the database
took to carry it out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from django.db import connection
from django.db.models import QuerySet

from integrations.api.reads.changes import stored
from integrations.api.reads.cursors import Place
from integrations.api.reads.rows import Row
from integrations.api.reads.scope import Scope


class Walk(NamedTuple):
    """What every list can be asked for: deleted records too, those after one, those that have
    changed since, which are found by gathering them (see `changes`) or on the way.

    A read that begins by gathering goes by id to its end, any other one by arrival.
    """

    deleted: bool
    after: Place | None
    since: datetime | None
    gather: bool

    @property
    def by_id(self) -> bool:
        return self.gather if self.after is None else self.after.arrival is None


class Walked(Protocol):
    """A list, as far as its statement goes."""

    def __hash__(self) -> int: ...

    def walked(self, scope: Scope, walk: Walk) -> QuerySet[Any]: ...

    @property
    def select(self) -> Callable[[Scope, QuerySet[Any]], QuerySet[Any]]: ...


# What stands in a kept statement for a request's own values.
TENANT = "\0tenant"
PLACE = Place(-1, "\0place")
PLACE_BY_ID = Place(None, PLACE.id)
MOMENT = datetime(1, 1, 1, tzinfo=UTC)


def rows(listing: Walked, scope: Scope, walk: Walk, limit: int) -> list[Row]:
    """At most so many rows of the list, with the columns that it shows."""
    kind = walk._replace(
        after=walk.after and (PLACE_BY_ID if walk.by_id else PLACE),
        since=None if walk.since is None else MOMENT,
    )
    statement, values = _statement(listing, replace(scope, integration_id=TENANT), kind)
    given: dict[Any, Any] = {TENANT: scope.integration_id}
    if walk.after is not None:
        given |= {PLACE.arrival: walk.after.arrival, PLACE.id: walk.after.id}
    if walk.since is not None:
        given[stored(MOMENT)] = stored(walk.since)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*(given.get(value, value) for value in values), limit])
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@lru_cache(maxsize=256)
def _statement(listing: Walked, scope: Scope, kind: Walk) -> tuple[str, Sequence[Any]]:
    """The statement, and its values, after which comes the limit."""
    records = listing.select(scope, listing.walked(scope, kind))
    statement, values = records.query.sql_with_params()
    return f"{statement} LIMIT %s", values
