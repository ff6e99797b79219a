"""Pagination without counting or sorting a table.

`COUNT(*)` reads every row that matches. A reader wants to know whether there are a few, some, or
very many, so the first `CAP` matches are looked up, in no order. If that is all of them, the page
is cut from those. If there are more, matches are so dense that scanning the index of the list's
order finds a page of them soon, whichever filters are set.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

from integrations.models.conditions import CAP, walk_in_order

PER_PAGE = 50
# An offset is read row by row; past this page a search or a filter finds the record sooner.
LAST_PAGE = 1000


class Slice(NamedTuple):
    """Some rows of a list, whether more follow, and how many there are, as far as is known."""

    rows: list[Any]
    more: bool
    total: int


def cut(queryset: QuerySet[Any], start: int, size: int) -> Slice:
    """`size` rows from `start` on, in two queries."""
    found = list(queryset.order_by().values_list("pk", flat=True)[: CAP + 1])
    dense = len(found) > CAP
    in_order = walk_in_order(queryset) if dense else queryset.filter(pk__in=found)
    rows = list(in_order[start : start + size + 1]) if found else []
    more = len(rows) > size
    # At the end of the list the number is known, past the cap too.
    return Slice(rows[:size], more, len(found) if more or not rows else start + len(rows))


class CappedPaginator(Paginator):
    """Counts at most `CAP` rows, plus one to know that there are more."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return len(rows.order_by().values_list("pk", flat=True)[: CAP + 1])
