"""Filters of the list of submissions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.filters import (
    MOST,
    FieldFilter,
    ListFilter,
    RecordFilter,
    chosen_tenant,
)
from integrations.admin.base.urls import ATTENTION_VALUE, LIVE_STATES_VALUE
from integrations.models import (
    LIVE_SUBMISSIONS,
    Application,
    Candidate,
    Channel,
    Job,
    Submission,
    SubmissionState,
)


class SubmissionStateFilter(FieldFilter):
    title = _lazy("state")
    parameter_name = field = "state"
    any_label = _lazy("Any state")
    choices_ = [
        (LIVE_STATES_VALUE, _lazy("In progress")),
        *((state.value, str(state.label)) for state in SubmissionState),
    ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        if self.value() == LIVE_STATES_VALUE:
            return queryset.filter(state__in=LIVE_SUBMISSIONS)
        if self.value() == ATTENTION_VALUE:
            return queryset.needing_attention()
        return super().queryset(request, queryset)


class ChannelFilter(FieldFilter):
    title = _lazy("channel")
    parameter_name = field = "channel"
    any_label = _lazy("Any channel")
    choices_ = [(channel.value, str(channel.label)) for channel in Channel]


class WhenFilter(ListFilter):
    title = _lazy("date")
    parameter_name = "when"
    any_label = _lazy("Any date")
    days = {
        "today": (0, _lazy("Today")),
        "7": (6, _lazy("Last 7 days")),
        "30": (29, _lazy("Last 30 days")),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return [(value, str(label)) for value, (_, label) in self.days.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:  # noqa: ARG002
        if self.value() not in self.days:
            return queryset
        return queryset.since(self.days[str(self.value())][0])


class SubmittedJobFilter(RecordFilter):
    """The jobs with submissions, once the list is limited to one tenant."""

    title = _lazy("job")
    parameter_name = "job"
    any_label = _lazy("Any job")
    related = Job
    field = "job_id"

    def options(self, request: HttpRequest) -> Iterable[tuple[str, str]]:
        tenant = chosen_tenant(request)
        if tenant is None:
            return ()
        used = Submission.objects.filter(integration_id=tenant).order_by().values("job_id")
        jobs = Job.objects.filter(integration_id=tenant, pk__in=used).order_by("name", "pk")
        return [(pk, name or pk) for pk, name in jobs.values_list("pk", "name")[:MOST]]


class SubmittedCandidateFilter(RecordFilter):
    """Set by a link on a candidate's page."""

    title = _lazy("candidate")
    parameter_name = "candidate"
    any_label = _lazy("Any candidate")
    related = Candidate
    field = "candidate_id"


class SubmittedApplicationFilter(RecordFilter):
    """Set by a link on an application's page."""

    title = _lazy("application")
    parameter_name = "application"
    any_label = _lazy("Any application")
    related = Application
    field = "application_id"
