"""Lists of records: one page as JSON objects, in a constant number of queries.

Records are listed in the order of their arrival; by id in a read of changes that are few. Neither
order ever changes, so each page begins where the one before it ended, whatever a sync writes in
between, and a deep page costs what the first one does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse, QueryDict

from integrations.api import bodies
from integrations.api.caller import tenant
from integrations.api.reads import cached_sql, changes, cursors
from integrations.api.reads.cached_sql import Walk
from integrations.api.reads.changes import Link, changed_since
from integrations.api.reads.cursors import Position
from integrations.api.reads.parameters import Parameters
from integrations.api.reads.rows import Row
from integrations.api.reads.scope import ReadScope, scope_of
from integrations.models import MirroredRecord, RecordQuerySet

PAGE_SIZE = 100
MOST = 250
# Up to so many changed rows, gathering them costs less than walking past those that are unchanged:
# ten to twenty times the root of the table's size. This is for some hundred thousand to a million.
FEW = 10_000
IGNORE = "ignore_unsupported_filters"
# The parameters of a client that reads a whole list, or its changes: no filter is among them.
COMMON = {"page_size", "cursor", "updated_after", "include_deleted", IGNORE}


class RecordPage(NamedTuple):
    """JSON objects, and the cursor of the next page; None at the end."""

    rows: list[bytes]
    following: str | None


@dataclass(frozen=True)
class Listing:
    """One of the lists.

    `select` picks the columns that `render` reads, with `id` and `arrival`; `narrow` limits the
    records by the list's own parameters. `unsupported` are filters on what Flatchr does not have.
    `links` say whose changes count for `updated_after`, and `few` up to how many of them are
    gathered.
    """

    name: str
    model: type[MirroredRecord]
    select: Callable[[ReadScope, QuerySet[Any]], QuerySet[Any]]
    render: Callable[[ReadScope, Sequence[Row]], list[bytes]]
    links: Sequence[Link]
    narrow: Callable[[Any, Parameters], RecordQuerySet] = lambda records, _: records
    unsupported: Sequence[str] = ()
    few: int = FEW

    def page(self, scope: ReadScope, given: QueryDict) -> RecordPage:
        """The page that the parameters select. Raises `ApiError` PLATFORM.INPUT_INVALID."""
        parameters = Parameters(given)
        size = parameters.number("page_size", PAGE_SIZE, lowest=1, highest=MOST)
        walk = self._walk(scope, parameters)
        # One more than the page holds tells whether there is a next one.
        if given.keys() <= COMMON:
            # There is none to ignore, but a wrong value is refused.
            parameters.flag(IGNORE)
            rows = cached_sql.rows(self, scope, walk, size + 1)
        else:
            rows = list(self.select(scope, self._found(scope, walk, parameters))[: size + 1])
        following = None
        if len(rows) > size:
            last = rows[size - 1]
            place = Position(None if walk.by_id else last["arrival"], last["id"])
            following = cursors.cursor_behind(self.name, place)
        return RecordPage(self.render(scope, rows[:size]), following)

    def rendered(self, scope: ReadScope, ids: Sequence[str]) -> dict[str, bytes]:
        """Records by id, as the list shows them; deleted ones included."""
        records = scope.records(self.model).filter(id__in=ids)
        rows = list(self.select(scope, records))
        return dict(zip((row["id"] for row in rows), self.render(scope, rows), strict=True))

    def view(self, request: HttpRequest) -> HttpResponse:
        return bodies.page(*self.page(scope_of(tenant(request)), request.GET))

    def records(self, scope: ReadScope, parameters: Parameters) -> QuerySet[Any]:
        """The records that the parameters select, from the cursor on, in the order of the pages."""
        return self._found(scope, self._walk(scope, parameters), parameters)

    def _found(self, scope: ReadScope, walk: Walk, parameters: Parameters) -> QuerySet[Any]:
        records = (
            self.walked(scope, walk)
            .with_any("id", parameters.several("ids"))
            .with_remote_ids(parameters.several("remote_ids"))
        )
        records = self.narrow(records, parameters)
        unsupported = [name for name in self.unsupported if parameters.several(name)]
        ignored = parameters.flag(IGNORE)
        return records.none() if unsupported and not ignored else records

    def walked(self, scope: ReadScope, walk: Walk) -> RecordQuerySet:
        """The records of a walk, in its order."""
        records: Any = scope.records(self.model)
        records = records.order_by("id") if walk.by_id else records.order_by("arrival", "id")
        if not walk.deleted:
            records = records.filter(remote_deleted_at=None)
        if walk.after is not None:
            behind = Q(id__gt=walk.after.id) if walk.by_id else self._behind(walk.after)
            records = records.filter(behind)
        if walk.since is None:
            return records
        return changed_since(scope, records, self.links, walk.since, gather=walk.gather)

    def _behind(self, place: Position) -> RawSQL:
        """The condition on records after `place`, as a comparison that the index answers."""
        table = self.model._meta.db_table
        behind = f"({table}.arrival, {table}.id) > (%s, %s)"
        return RawSQL(behind, place, output_field=BooleanField())  # noqa: S611

    def _walk(self, scope: ReadScope, parameters: Parameters) -> Walk:
        deleted = parameters.flag("include_deleted")
        since, cursor = parameters.moment("updated_after"), parameters.cursor()
        after = None if cursor is None else cursors.place(self.name, cursor)
        if since is not None:
            since = changes.instant_of(scope, self.links, since)
        # A place by arrival is that of a read which gathers nothing.
        gather = (
            since is not None
            and (after is None or after.arrival is None)
            and changes.few(self.links, since, self.few)
        )
        return Walk(deleted, after, since, gather)
