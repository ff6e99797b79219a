"""Filters of the list of submissions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.filters import (
    MOST,
    FieldFilter,
    ListFilter,
    RecordFilter,
    chosen_tenant,
)
from integrations.admin.submissions.links import ATTENTION, LIVE, needing_attention
from integrations.models import (
    LIVE_SUBMISSIONS,
    Application,
    Candidate,
    Channel,
    Job,
    Submission,
    SubmissionState,
)


class StateFilter(FieldFilter):
    title = _lazy("state")
    parameter_name = field = "state"
    any_label = _lazy("Any state")
    choices_ = [
        (LIVE, _lazy("In progress")),
        *((state.value, str(state.label)) for state in SubmissionState),
    ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == LIVE:
            return queryset.filter(state__in=LIVE_SUBMISSIONS)
        if self.value() == ATTENTION:
            return queryset.filter(needing_attention())
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

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        if self.value() not in self.days:
            return queryset
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        back = timedelta(days=self.days[str(self.value())][0])
        return queryset.filter(created_at__gte=midnight - back)


class SubmittedJobFilter(RecordFilter):
    """The jobs that something was submitted for, once a tenant is decided on."""

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
