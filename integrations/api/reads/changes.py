"""`updated_after`: which records have changed, or have something listed with them that has.

A record counts as changed when any of its links says so (`unified-api.md §5`). There are two ways
to ask. Where little has changed, those records are gathered by the indexes on `changed_at`.
Where much has, as after a first sync, gathering would cost every page all that has changed; then
the list is walked in its own order, and each record is looked at until the page is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull

from integrations.api.reads.scope import Scope
from integrations.models import Integration, MirroredRecord

# Up to so many changed rows a table, gathering them costs less than walking past unchanged ones.
FEW = 20_000


@dataclass(frozen=True, slots=True)
class Link:
    """A table whose changes count for the listed records.

    Rows of `model` name the listed record in `key`; `moment` is the path from such a row to the
    `changed_at` that counts, and `source` the table that holds it where that is another one.
    """

    model: type[MirroredRecord]
    key: str = "id"
    moment: str = "changed_at"
    source: type[MirroredRecord] | None = None

    @property
    def table(self) -> type[MirroredRecord]:
        return self.source or self.model


def changed_since(
    scope: Scope, records: QuerySet[Any], links: Sequence[Link], since: datetime
) -> QuerySet[Any]:
    """Those of `records` that have changed at `since` or later."""
    if _few(scope, links, since):
        gathered = [
            scope.records(link.model).filter(_at_or_after(link, since)).values(link.key)
            for link in links
        ]
        return records.filter(id__in=gathered[0].union(*gathered[1:]))
    return records.filter(reduce(or_, (_seen_on_the_way(scope, link, since) for link in links)))


def _few(scope: Scope, links: Sequence[Link], since: datetime) -> bool:
    """Whether no table has more than `FEW` rows that changed since, of whatever tenant."""
    # What lies beyond the first `FEW` of each table; the first that is there ends the search.
    beyond: list[Any] = [
        Subquery(
            table.objects.filter(changed_at__gte=since)
            .order_by("-changed_at", "-id")
            .values("id")[FEW : FEW + 1]
        )
        for table in dict.fromkeys(link.table for link in links)
    ]
    # One row, whatever it is read from: the subqueries are what is asked.
    asked = Integration.objects.filter(pk=scope.integration_id).order_by()
    return asked.values_list(Coalesce(*beyond, Value(None)), flat=True).first() is None


def _at_or_after(link: Link, since: datetime) -> Q:
    return Q(**{f"{link.moment}__gte": since})


def _seen_on_the_way(scope: Scope, link: Link, since: datetime) -> Q:
    """The condition on one record of the list."""
    if link.key == "id":
        return _at_or_after(link, since)
    # A subquery that yields a value is carried out for the record at hand; PostgreSQL takes an
    # EXISTS here as leave to read the whole other table first.
    one = scope.records(link.model).filter(_at_or_after(link, since), **{link.key: OuterRef("id")})
    return Q(IsNull(Subquery(one.values("id")[:1]), False))
