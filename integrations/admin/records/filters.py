"""Filters of the lists of records: by status, stage, tag, related record and date."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.filters import (
    MOST,
    NAMELESS,
    FieldFilter,
    RecordFilter,
    RecordListFilter,
    chosen_tenant,
)
from integrations.admin.base.formatting import plural
from integrations.enumerations import JobStatus, Outcome
from integrations.models import ApplicationStage, Candidate, Job, Tag
from integrations.models.conditions import BETWEEN, DAYS


class JobStatusFilter(RecordListFilter, FieldFilter):
    title = _lazy("status")
    parameter_name = field = "status"
    any_label = _lazy("Any status")
    choices_ = [(status.value, status.value) for status in JobStatus]


class OutcomeFilter(RecordListFilter, FieldFilter):
    title = _lazy("outcome")
    parameter_name = field = "outcome"
    any_label = _lazy("Any outcome")
    choices_ = [(outcome.value, outcome.value) for outcome in Outcome]


class NamedRecordFilter(RecordListFilter, RecordFilter):
    """A related record with a name, offered in `order` once the list is limited to one tenant."""

    order: ClassVar[tuple[str, ...]]

    def options(self, request: HttpRequest) -> Iterable[tuple[str, str]]:
        tenant = chosen_tenant(request)
        if tenant is None:
            return ()
        manager: Any = self.related._default_manager
        records = manager.filter(integration_id=tenant).live().order_by(*self.order)
        names = records.values_list("pk", "name")[:MOST]
        return [(pk, name or str(NAMELESS)) for pk, name in names]


class StageFilter(NamedRecordFilter):
    title = _lazy("stage")
    parameter_name = "stage"
    any_label = _lazy("Any stage")
    related = ApplicationStage
    order = ("position", "pk")


class TagFilter(NamedRecordFilter):
    title = _lazy("tag")
    parameter_name = "tag"
    any_label = _lazy("Any tag")
    related = Tag
    order = ("name", "pk")


class JobFilter(RecordListFilter, RecordFilter):
    title = _lazy("job")
    parameter_name = "job"
    any_label = _lazy("Any job")
    related = Job


class CandidateFilter(RecordListFilter, RecordFilter):
    title = _lazy("candidate")
    parameter_name = "candidate"
    any_label = _lazy("Any candidate")
    related = Candidate


class AppliedFilter(RecordListFilter):
    """Applications received in a period. `applied=between` takes its first and last day, either of
    which may be missing, from parameters of their own.
    """

    title = _lazy("received")
    parameter_name = "applied"
    any_label = _lazy("Any date")
    further_parameters = DAYS

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in DAYS:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter_name, *DAYS]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return [
            ("today", _("Today")),
            ("7", _("Last 7 days")),
            ("30", _("Last 30 days")),
            (BETWEEN, _("From … to …")),
        ]

    @property
    def words(self) -> str:
        days = [f"{label} {_day(value)}" for _name, label, value in self.inputs if value]
        return " ".join(days) or super().words

    @property
    def inputs(self) -> list[tuple[str, str, str]]:
        """Name, label and value of the fields for the two days; empty for any other choice."""
        if self.value() != BETWEEN:
            return []
        labels = (_("From"), _("To"))
        return [
            (name, label, self.used_parameters.get(name) or "")
            for name, label in zip(DAYS, labels, strict=True)
        ]


class CandidateAppliedFilter(AppliedFilter):
    """Candidates with an application received in a period."""

    title = _lazy("applied")


class TickedFilter(RecordListFilter):
    """Records that were ticked in their list, to be exported."""

    title = _lazy("ticked")
    parameter_name = "ids"
    shown = False

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        ids = request.GET.get("ids", "")
        return [(ids, plural(ids.count(",") + 1, "row"))] if ids else []


def _day(typed: str) -> str:
    try:
        day = parse_date(typed)
    except ValueError:
        day = None
    return date_format(day, _("j M Y")) if day else typed
