"""Lists that never count a table.

`COUNT(*)` reads every row that matches. A page needs to know only whether another one follows,
and a reader whether there are a few, some, or very many: one row more than the page is fetched,
and counting stops at `CAP`.
"""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import Paginator
from django.utils.functional import cached_property

from integrations.admin.display import CAP, capped, number

PER_PAGE = 50
# An offset is walked row by row; by then a search or a filter finds the record sooner.
LAST_PAGE = 1000


class CappedPaginator(Paginator):
    """Counts at most `CAP` rows, plus one to know that there are more."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return len(rows.order_by().values_list("pk", flat=True)[: CAP + 1])


class LookAheadMixin:
    """For a ChangeList: pages by looking one row ahead, and says how many there are up to `CAP`."""

    has_next = False

    def get_results(self: Any, request: Any) -> None:
        per_page = self.list_per_page
        if not 1 <= self.page_num <= LAST_PAGE:
            raise IncorrectLookupParameters
        start = (self.page_num - 1) * per_page
        rows = list(self.queryset[start : start + per_page + 1])
        if not rows and self.page_num > 1:
            raise IncorrectLookupParameters
        self.paginator = self.model_admin.get_paginator(request, self.queryset, per_page)
        self.has_next = len(rows) > per_page and self.page_num < LAST_PAGE
        # On the last page the count is known without asking for it.
        whole = len(rows) <= per_page
        if whole:
            self.paginator.count = start + len(rows)
        self.result_list = rows[:per_page]
        self.first_row = start + 1
        self.last_row = start + len(self.result_list)
        self.result_count = self.paginator.count
        self.result_count_text = number(self.result_count) if whole else capped(self.result_count)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = False
        self.can_show_all = False
        self.multi_page = self.has_next or self.page_num > 1

    def get_queryset(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        queryset = super().get_queryset(request, *args, **kwargs)  # type: ignore[misc]
        # The raw Flatchr objects are most of a row and no column shows them.
        return queryset.defer(*self.model_admin.list_defer)
