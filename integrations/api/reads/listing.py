"""One page of a list: what is asked for, in a constant number of queries, as JSON objects.

Records are listed by id: it never changes, so a page begins where the one before ended, however
much a sync writes in between, and a deep page costs what the first one does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict

from integrations.api import answers
from integrations.api.caller import tenant
from integrations.api.reads import cursors
from integrations.api.reads.changes import Link, changed_since
from integrations.api.reads.filters import any_of
from integrations.api.reads.parameters import Parameters
from integrations.api.reads.rows import Row
from integrations.api.reads.scope import Scope, scope_of
from integrations.models import MirroredRecord

PAGE_SIZE = 100
MOST = 250


class Page(NamedTuple):
    """JSON objects, and the cursor of the next page; None at the end."""

    rows: list[bytes]
    following: str | None


@dataclass(frozen=True)
class Listing:
    """One of the lists.

    `select` picks the columns that `render` reads; `filters` makes conditions of the list's own
    parameters. `unsupported` are filters on what Flatchr does not have. `links` say whose
    changes count for `updated_after`.
    """

    name: str
    model: type[MirroredRecord]
    select: Callable[[Scope, QuerySet[Any]], QuerySet[Any]]
    render: Callable[[Scope, Sequence[Row]], list[bytes]]
    links: Sequence[Link]
    filters: Callable[[Parameters], Iterable[Q]] = lambda _: ()
    unsupported: Sequence[str] = ()

    def page(self, scope: Scope, given: QueryDict) -> Page:
        """The page that the parameters ask for. Raises `PLATFORM.INPUT_INVALID`."""
        parameters = Parameters(given)
        size = parameters.number("page_size", PAGE_SIZE, lowest=1, highest=MOST)
        records = self.records(scope, parameters)
        # One more than the page holds tells whether there is a next one.
        rows = list(self.select(scope, records)[: size + 1])
        following = cursors.cursor(self.name, rows[size - 1]["id"]) if len(rows) > size else None
        return Page(self.render(scope, rows[:size]), following)

    def rendered(self, scope: Scope, ids: Sequence[str]) -> dict[str, bytes]:
        """Records by id, as the list shows them; deleted ones included."""
        records = scope.records(self.model).filter(id__in=ids)
        rows = list(self.select(scope, records))
        return dict(zip((row["id"] for row in rows), self.render(scope, rows), strict=True))

    def view(self, request: HttpRequest) -> HttpResponse:
        return answers.page(*self.page(scope_of(tenant(request)), request.GET))

    def records(self, scope: Scope, parameters: Parameters) -> QuerySet[Any]:
        """What the parameters ask for, from the cursor on, in the list's order."""
        records = scope.records(self.model).order_by("id")
        if not parameters.flag("include_deleted"):
            records = records.filter(remote_deleted_at=None)
        records = records.filter(
            any_of("id", parameters.several("ids")),
            any_of("remote_id", parameters.several("remote_ids")),
            *self.filters(parameters),
        )
        unsupported = [name for name in self.unsupported if parameters.several(name)]
        ignored = parameters.flag("ignore_unsupported_filters")
        since = parameters.moment("updated_after")
        position = parameters.cursor()
        if position is not None:
            records = records.filter(id__gt=cursors.position(self.name, position))
        if unsupported and not ignored:
            return records.none()
        return records if since is None else changed_since(scope, records, self.links, since)
