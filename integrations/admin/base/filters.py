"""Filters of the lists: each offers a bounded choice, and only of what the user may see. What a
choice selects is a QuerySet method of `models/querysets.py`, since exports are made of it too.

`list_filter` on a relation would load every related row, of every tenant. These never do: a
choice of stages or tags is given once one tenant is decided on, and is cut at `MOST`; a record
given by a link ("its applications") is looked up among the user's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.formatting import words
from integrations.messages import translated
from integrations.models import (
    ApplicationStage,
    Candidate,
    Integration,
    Job,
    RunState,
    SyncType,
    Tag,
)
from integrations.records import JobStatus, Outcome

MOST = 200
NAMELESS = _lazy("(no name)")


def tenants(request: HttpRequest, permission: Permission = Permission.SEE) -> dict[str, str]:
    """Ids and names of the tenants in which this user may do that: see them, if nothing is said.

    Asked once per request.
    """
    seen = _seen(request)
    if permission is Permission.SEE:
        return seen
    return {pk: name for pk, name in seen.items() if may(request.user, permission, pk)}


def _seen(request: HttpRequest) -> dict[str, str]:
    found: dict[str, str] | None = getattr(request, "_relais_tenants", None)
    if found is None:
        rows = Integration.objects.visible_to(request.user).values_list("pk", "organization")
        found = dict(rows[:MOST])
        request._relais_tenants = found  # type: ignore[attr-defined]
    return found


def chosen_tenant(request: HttpRequest) -> str | None:
    """The tenant that the list is limited to: by its filter, or because there is only one."""
    visible = tenants(request)
    if len(visible) == 1:
        return next(iter(visible))
    asked = request.GET.get("tenant")
    return asked if asked in visible else None


class ListFilter(admin.SimpleListFilter):
    """A drop-down; `any_label` is its entry for "no filter"."""

    any_label = _lazy("Any")

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        # SimpleListFilter keeps no request, and removes what it takes from `params`.
        self.request = request
        super().__init__(request, params, model, model_admin)

    def has_output(self) -> bool:
        return True

    @property
    def shown(self) -> bool:
        """Whether there is anything to choose from; else a link may still have set it."""
        return bool(self.lookup_choices)


class RecordListFilter(ListFilter):
    """A filter of mirrored records: their QuerySet's `list_filters` say what it selects."""

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        narrow = queryset.list_filters[str(self.parameter_name)]
        found: QuerySet[Any] = narrow(queryset, self.used_parameters, request.user)
        return found


class TenantFilter(ListFilter):
    title = _lazy("tenant")
    parameter_name = "tenant"
    any_label = _lazy("All tenants")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        visible = tenants(request)
        return visible.items() if len(visible) > 1 else ()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        return queryset.filter(integration_id=self.value()) if self.value() else queryset


class DeletedFilter(RecordListFilter):
    title = _lazy("in Flatchr")
    parameter_name = "deleted"
    any_label = _lazy("In Flatchr")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return (("only", _("Deleted")), ("all", _("All, with deleted")))


class FieldFilter(ListFilter):
    """One field, one value out of a fixed set."""

    field: ClassVar[str]
    choices_: ClassVar[Sequence[tuple[str, str | Promise]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return [(value, translated(words(str(label)))) for value, label in self.choices_]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


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


class RunStateFilter(FieldFilter):
    title = _lazy("outcome")
    parameter_name = field = "state"
    any_label = _lazy("Any outcome")
    choices_ = RunState.choices


class RunTypeFilter(FieldFilter):
    title = _lazy("type")
    parameter_name = field = "type"
    any_label = _lazy("Full and delta")
    choices_ = SyncType.choices


class RecordFilter(ListFilter):
    """One related record. Chosen from a list where `options` gives one, else set by a link.

    An id that the user may not see selects nothing, and its name is not told.
    """

    related: ClassVar[type[Model]]
    field: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        choices = list(self.options(request))
        asked = request.GET.get(self.parameter_name or "")
        if asked and asked not in dict(choices):
            record = self._visible(request).filter(pk=asked).first()
            choices.append((asked, str(record) if record else _("Unknown")))
        return choices

    def options(self, request: HttpRequest) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return ()

    @property
    def shown(self) -> bool:
        return bool(list(self.options(self.request)))

    def _visible(self, request: HttpRequest) -> QuerySet[Any]:
        manager: Any = self.related._default_manager
        visible: QuerySet[Any] = manager.visible_to(request.user)
        return visible

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (pk := self.value()):
            return queryset
        if not self._visible(request).filter(pk=pk).exists():
            return queryset.none()
        return queryset.filter(**{self.field: pk})


class StageFilter(RecordListFilter, RecordFilter):
    title = _lazy("stage")
    parameter_name = "stage"
    any_label = _lazy("Any stage")
    related = ApplicationStage

    def options(self, request: HttpRequest) -> Iterable[tuple[str, str]]:
        tenant = chosen_tenant(request)
        if tenant is None:
            return ()
        stages = ApplicationStage.objects.filter(integration_id=tenant).live()
        return [
            (pk, name or str(NAMELESS))
            for pk, name in stages.order_by("position", "pk").values_list("pk", "name")[:MOST]
        ]


class TagFilter(RecordListFilter, RecordFilter):
    title = _lazy("tag")
    parameter_name = "tag"
    any_label = _lazy("Any tag")
    related = Tag

    def options(self, request: HttpRequest) -> Iterable[tuple[str, str]]:
        tenant = chosen_tenant(request)
        if tenant is None:
            return ()
        tags = Tag.objects.filter(integration_id=tenant).live()
        return [
            (pk, name or str(NAMELESS))
            for pk, name in tags.order_by("name", "pk").values_list("pk", "name")[:MOST]
        ]


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
