"""Submissions: the list, and which class answers each of a submission's pages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.access import TenantScopedAdmin
from integrations.admin.base.admin import NextStep
from integrations.admin.base.badges import submission_badge
from integrations.admin.base.filters import TenantFilter, chosen_tenant
from integrations.admin.base.formatting import ago, link
from integrations.admin.base.urls import record_urls, submit_url
from integrations.admin.submissions import autocomplete, views
from integrations.admin.submissions.filters import (
    ChannelFilter,
    SubmissionStateFilter,
    SubmittedApplicationFilter,
    SubmittedCandidateFilter,
    SubmittedJobFilter,
    WhenFilter,
)
from integrations.admin.submissions.report import name_of, report_context
from integrations.models import OPEN_SUBMISSIONS, Submission, SubmissionKind, SubmissionState


class SubmissionAdmin(TenantScopedAdmin):
    """Grants members to see submissions, and those who may submit to write and send them."""

    record_key = "<str:pk>"
    record_related = ("integration", "job", "created_by", "queued_by", "cancelled_by")
    list_display = ("who", "job_name", "tenant", "state_label", "by", "via", "written")
    list_filter = (
        TenantFilter,
        SubmissionStateFilter,
        ChannelFilter,
        SubmittedJobFilter,
        WhenFilter,
        SubmittedCandidateFilter,
        SubmittedApplicationFilter,
    )
    list_select_related = ("integration", "job", "created_by")
    list_defer = (
        "cover_letter",
        "answers",
        "urls",
        "warnings",
        "replacements",
        "known_applicants",
        "error_detail",
        "job__remote_data",
        "job__description",
        "job__custom_fields",
        "job__integration_fields",
    )
    search_fields = ("first_name", "last_name", "email_address")
    search_placeholder = _lazy("Name or e-mail")
    sortable_by = ()
    ordering = ("-created_at", "-id")
    change_list_template = "relais/submission_list.html"
    detail_template = "relais/submission.html"
    next_step = NextStep(
        _lazy("Submit a candidate"), "integrations_submission_add", Permission.SUBMIT
    )
    list_views = {
        "jobs": autocomplete.JobsView,
        "validate": autocomplete.ValidateView,
        "duplicates": autocomplete.DuplicatesView,
    }
    record_views = {
        "edit": views.EditView,
        "live": views.LiveSubmissionView,
        "document": views.DocumentView,
        "submit": views.SubmitView,
        "retry": views.RetryView,
        "another_job": views.AnotherJobView,
        "cancel": views.CancelSubmissionView,
        "remove": views.RemoveSubmissionView,
    }
    empty_text = _lazy("Nobody has been submitted to Flatchr from here yet.")

    @display(description=_lazy("Candidate"))
    def who(self, submission: Submission) -> str:
        return name_of(submission)

    @display(description=_lazy("Job"))
    def job_name(self, submission: Submission) -> SafeString | str:
        return link(submission.job)

    @display(description=_lazy("State"))
    def state_label(self, submission: Submission) -> SafeString:
        return submission_badge(submission)

    @display(description=_lazy("By"))
    def by(self, submission: Submission) -> str:
        return str(submission.created_by) if submission.created_by else "Relais"

    @display(description=_lazy("Channel"))
    def via(self, submission: Submission) -> str:
        return str(submission.get_channel_display())

    @display(description=_lazy("When"))
    def written(self, submission: Submission) -> SafeString | str:
        return ago(submission.created_at)

    # Pages

    def has_add_permission(self, request: HttpRequest) -> bool:
        """In any tenant; the form offers only those to which the user may submit."""
        return self.admin_site.has_permission(request) and may(request.user, Permission.SUBMIT)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tenant = chosen_tenant(request)
        given = {"tenant": tenant} if tenant else {}
        context = {"submit_url": submit_url(SubmissionKind.CANDIDATE, **given)}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def add_page(self, request: HttpRequest) -> HttpResponseBase:
        return views.NewSubmissionView.as_view(admin=self)(request)

    def detail(self, _request: HttpRequest, record: Submission) -> dict[str, Any]:
        # The form again, for the same job or, where that is unknown, the same tenant.
        same = {"job": record.job_id} if record.job_id else {"tenant": record.integration_id}
        return {
            **report_context(record),
            "title": name_of(record),
            "person": name_of(record),
            "badges": [],
            "is_draft": record.state in OPEN_SUBMISSIONS,
            "is_ended": SubmissionState(record.state).is_terminal,
            "keep_days": settings.SUBMISSION_KEEP_DAYS,
            "another_url": submit_url(SubmissionKind(record.kind), **same),
            "urls": record_urls(record, *self.record_views),
        }
