"""The lists whose records can be taken away: columns, order, search and filters of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from integrations.lists import narrowing, periods, searching
from integrations.lists.narrowing import Asked, Narrowing
from integrations.lists.searching import Search
from integrations.models import (
    NEWEST_FIRST,
    Application,
    ApplicationStage,
    Candidate,
    ExportKind,
    Integration,
    Job,
    Tag,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One list. `orders` has the columns that it can be sorted by, and their fields;
    `narrowings` each parameter of its address that selects.
    """

    model: type[Model]
    columns: tuple[str, ...]
    orders: Mapping[str, str]
    search_fields: tuple[str, ...]
    narrowings: Mapping[str, Narrowing]
    search: Search = searching.with_words
    ordering: tuple[str, ...] = NEWEST_FIRST

    def found(self, records: QuerySet[Any], typed: str, user: Any) -> QuerySet[Any]:
        """Those that what was typed into the search box finds; all, if it is empty."""
        return self.search(records, self.search_fields, typed, user) if typed else records

    def sorted(self, records: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
        """In the order of `o`: numbers of columns, with a minus for falling, between full stops."""
        columns = list(self.columns)
        # Nobody with one tenant is shown a column that says the same in every row.
        if len(Integration.objects.visible_to(asked.user)[:2]) == 1:
            columns.remove("tenant")
        order = []
        for part in asked.given.get("o", "").split("."):
            minus, number = part[:1] == "-", part.removeprefix("-")
            if not (number.isascii() and number.isdigit() and int(number) < len(columns)):
                continue
            if field := self.orders.get(columns[int(number)]):
                order.append(f"-{field}" if minus else field)
        return records.order_by(*order, *self.ordering)


JOBS = Listing(
    model=Job,
    columns=("title", "tenant", "state", "contract", "place", "opened", "changed"),
    orders={"title": "name", "opened": "opened_at", "changed": "changed_at"},
    search_fields=("name", "department", "category", "slug"),
    narrowings={
        "tenant": narrowing.by_tenant,
        "status": narrowing.by_field("status"),
        "deleted": narrowing.by_deletion,
        # Set by links from the pages of value maps.
        "employment_type": narrowing.by_field("employment_type"),
        "location__country": narrowing.by_field("location__country"),
    },
)

# A sort by any other column would read the whole table.
CANDIDATES = Listing(
    model=Candidate,
    columns=("name", "tenant", "email", "phone", "changed"),
    orders={"changed": "changed_at"},
    search_fields=("first_name", "last_name", "email_addresses"),
    narrowings={
        "tenant": narrowing.by_tenant,
        "stage": narrowing.by_record(
            "stage", ApplicationStage, narrowing.applied_with("current_stage_id")
        ),
        "outcome": narrowing.by_outcome_of_application,
        "applied": periods.by_day_of_application,
        "tag": narrowing.by_record("tag", Tag, narrowing.wearing),
        "deleted": narrowing.by_deletion,
        "job": narrowing.by_record("job", Job, narrowing.applied_with("job_id")),
    },
)

APPLICATIONS = Listing(
    model=Application,
    columns=("who", "job_name", "tenant", "stage", "result", "received", "changed"),
    orders={"changed": "changed_at"},
    search_fields=CANDIDATES.search_fields,
    search=searching.of_candidates,
    narrowings={
        "tenant": narrowing.by_tenant,
        "stage": narrowing.by_record(
            "stage", ApplicationStage, narrowing.with_key("current_stage_id")
        ),
        "outcome": narrowing.by_field("outcome"),
        "applied": periods.by_day,
        "deleted": narrowing.by_deletion,
        "job": narrowing.by_record("job", Job, narrowing.with_key("job_id")),
        "candidate": narrowing.by_record(
            "candidate", Candidate, narrowing.with_key("candidate_id")
        ),
    },
)

LISTINGS: Mapping[str, Listing] = {
    ExportKind.JOB: JOBS,
    ExportKind.CANDIDATE: CANDIDATES,
    ExportKind.APPLICATION: APPLICATIONS,
}
