"""Filters of the lists: each offers a bounded choice, and only of what the user may see.

`list_filter` on a relation would load every related row, of every tenant. These never do: a
choice of stages or tags is given once one tenant is decided on, and is cut at `MOST`; a record
given by a link ("its applications") is looked up among the user's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from integrations.admin.display import CAP, words
from integrations.admin.walking import hide_indexes
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    Integration,
    Job,
    RunState,
    SyncType,
    Tag,
)
from integrations.people.permissions import Permission, may
from integrations.records import JobStatus, Outcome
from integrations.wording import translated

MOST = 200
NAMELESS = lazy("(no name)")


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

    any_label = lazy("Any")

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


class TenantFilter(ListFilter):
    title = lazy("tenant")
    parameter_name = "tenant"
    any_label = lazy("All tenants")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        visible = tenants(request)
        return visible.items() if len(visible) > 1 else ()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        return queryset.filter(integration_id=self.value()) if self.value() else queryset


class DeletedFilter(ListFilter):
    title = lazy("in Flatchr")
    parameter_name = "deleted"
    any_label = lazy("In Flatchr")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return (("only", _("Deleted")), ("all", _("All, with deleted")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        if self.value() == "all":
            return queryset
        return queryset.filter(remote_deleted_at__isnull=self.value() != "only")


class FieldFilter(ListFilter):
    """One field, one value out of a fixed set."""

    field: ClassVar[str]
    choices_: ClassVar[Sequence[tuple[str, str | Promise]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return [(value, translated(words(str(label)))) for value, label in self.choices_]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


class JobStatusFilter(FieldFilter):
    title = lazy("status")
    parameter_name = field = "status"
    any_label = lazy("Any status")
    choices_ = [(status.value, status.value) for status in JobStatus]


class OutcomeFilter(FieldFilter):
    title = lazy("outcome")
    parameter_name = field = "outcome"
    any_label = lazy("Any outcome")
    choices_ = [(outcome.value, outcome.value) for outcome in Outcome]


class RunStateFilter(FieldFilter):
    title = lazy("outcome")
    parameter_name = field = "state"
    any_label = lazy("Any outcome")
    choices_ = RunState.choices


class RunTypeFilter(FieldFilter):
    title = lazy("type")
    parameter_name = field = "type"
    any_label = lazy("Full and delta")
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
        if not self.value():
            return queryset
        if not self._visible(request).filter(pk=self.value()).exists():
            return queryset.none()
        return self.narrow(queryset, self.value())

    def narrow(self, queryset: QuerySet[Any], pk: Any) -> QuerySet[Any]:
        return queryset.filter(**{self.field: pk})


class StageFilter(RecordFilter):
    title = lazy("stage")
    parameter_name = "stage"
    any_label = lazy("Any stage")
    related = ApplicationStage
    field = "current_stage_id"

    def options(self, request: HttpRequest) -> Iterable[tuple[str, str]]:
        tenant = chosen_tenant(request)
        if tenant is None:
            return ()
        stages = ApplicationStage.objects.filter(integration_id=tenant).live()
        return [
            (pk, name or str(NAMELESS))
            for pk, name in stages.order_by("position", "pk").values_list("pk", "name")[:MOST]
        ]


class TagFilter(RecordFilter):
    title = lazy("tag")
    parameter_name = "tag"
    any_label = lazy("Any tag")
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

    def narrow(self, queryset: QuerySet[Any], pk: Any) -> QuerySet[Any]:
        return having(queryset, CandidateTag.objects.live().filter(tag_id=pk))


class JobFilter(RecordFilter):
    title = lazy("job")
    parameter_name = "job"
    any_label = lazy("Any job")
    related = Job
    field = "job_id"


class CandidateFilter(RecordFilter):
    title = lazy("candidate")
    parameter_name = "candidate"
    any_label = lazy("Any candidate")
    related = Candidate
    field = "candidate_id"


class CandidateOutcomeFilter(OutcomeFilter):
    """Candidates with an application of that outcome."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        mine = Application.objects.visible_to(request.user).live()
        return having(queryset, mine.filter(outcome=self.value()))


class CandidateStageFilter(StageFilter):
    """Candidates with an application in that stage."""

    def narrow(self, queryset: QuerySet[Any], pk: Any) -> QuerySet[Any]:
        return having(queryset, Application.objects.live().filter(current_stage_id=pk))


class CandidateJobFilter(JobFilter):
    """Candidates who applied for that job."""

    def narrow(self, queryset: QuerySet[Any], pk: Any) -> QuerySet[Any]:
        return having(queryset, Application.objects.live().filter(job_id=pk))


def having(candidates: QuerySet[Any], related: QuerySet[Any]) -> QuerySet[Any]:
    """The candidates that `related` (applications, or tags worn) belong to.

    A few are listed. Where there are many, each candidate is asked, since a page of them is then
    found after few questions.
    """
    few = list(related.order_by().values_list("candidate_id", flat=True)[: CAP + 1])
    if len(few) <= CAP:
        return candidates.filter(pk__in=few)
    return candidates.filter(Exists(hide_indexes(related).filter(candidate_id=OuterRef("pk"))))
