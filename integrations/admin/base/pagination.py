"""Lists that never count a table, and find a page's rows without sorting one.

`COUNT(*)` reads every row that matches. A reader wants to know whether there are a few, some, or
very many, so the first `CAP` matches are looked for, in no order. If that is all of them, the
page is cut from those. If there are more, matches are so dense that walking the index of the
list's order meets a page of them soon, whichever filters are set.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

from integrations.admin.base.formatting import capped, number
from integrations.models.index_hints import CAP, walk_in_order

PER_PAGE = 50
# An offset is walked row by row; by then a search or a filter finds the record sooner.
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


class LookAheadMixin:
    """For a ChangeList: pages without counting, and says how many there are up to `CAP`."""

    has_next = False

    def get_results(self: Any, request: Any) -> None:
        if not 1 <= self.page_num <= LAST_PAGE:
            raise IncorrectLookupParameters
        start = (self.page_num - 1) * self.list_per_page
        self.result_list, more, self.result_count = cut(self.queryset, start, self.list_per_page)
        if not self.result_list and self.page_num > 1:
            raise IncorrectLookupParameters
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        self.paginator.count = self.result_count
        self.has_next = more and self.page_num < LAST_PAGE
        self.first_row = start + 1
        self.last_row = start + len(self.result_list)
        self.result_count_text = capped(self.result_count) if more else number(self.result_count)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = False
        self.can_show_all = False
        self.multi_page = self.has_next or self.page_num > 1

    def get_queryset(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        queryset = super().get_queryset(request, *args, **kwargs)  # type: ignore[misc]
        # The raw Flatchr objects are most of a row and no column shows them.
        return queryset.defer(*self.model_admin.list_defer)
