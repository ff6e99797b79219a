"""Submissions: the list, the page of one submission, and the addresses of all about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial, update_wrapper
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.admin import ReadOnlyMirrorAdmin, display
from integrations.admin.base.filters import TenantFilter, chosen_tenant
from integrations.admin.base.formatting import ago, link, submission_badge
from integrations.admin.base.permissions import require
from integrations.admin.base.record_views import RecordPage
from integrations.admin.submissions import autocomplete, views
from integrations.admin.submissions.filters import (
    ChannelFilter,
    StateFilter,
    SubmittedApplicationFilter,
    SubmittedCandidateFilter,
    SubmittedJobFilter,
    WhenFilter,
)
from integrations.admin.submissions.links import new_url, page_url
from integrations.admin.submissions.report import live_context, moves, report_context
from integrations.models import Submission, SubmissionKind
from integrations.submissions.storage import file_response

Page = Callable[[Any, HttpRequest, Submission], HttpResponseBase]
NAMELESS = _lazy("(no name yet)")


class SubmissionAdmin(ReadOnlyMirrorAdmin):
    record_key = "<str:pk>"
    record_related = ("integration", "job", "created_by", "queued_by", "cancelled_by")
    list_display = ("who", "job_name", "tenant", "state_label", "by", "via", "written")
    list_filter = (
        TenantFilter,
        StateFilter,
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
    empty_text = _lazy("Nobody has been submitted to Flatchr from here yet.")

    @display(description=_lazy("Candidate"))
    def who(self, submission: Submission) -> str:
        return submission.person or submission.email_address or str(NAMELESS)

    @display(description=_lazy("Job"))
    def job_name(self, submission: Submission) -> SafeString | str:
        return link(submission.job)

    @display(description=_lazy("Tenant"))
    def tenant(self, submission: Submission) -> str:
        return str(submission.integration)

    @display(description=_lazy("State"))
    def state_label(self, submission: Submission) -> SafeString:
        return submission_badge(submission)

    @display(description=_lazy("By"))
    def by(self, submission: Submission) -> str:
        return str(submission.created_by) if submission.created_by else "Relais"

    @display(description=_lazy("Through"))
    def via(self, submission: Submission) -> str:
        return str(submission.get_channel_display())

    @display(description=_lazy("When"))
    def written(self, submission: Submission) -> SafeString | str:
        return ago(submission.created_at)

    # Pages

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The form offers those tenants alone to which the user may submit."""
        return self.admin_site.has_permission(request) and may(request.user, Permission.SUBMIT)

    def record_pages(self) -> Mapping[str, RecordPage]:
        pages: dict[str, tuple[Permission, str, Page]] = {
            "edit": (Permission.SUBMIT, "", views.edit_view),
            "live": (Permission.SEE, "GET", _live),
            "document": (Permission.SEE, "GET", _document),
            "submit": (Permission.SUBMIT, "POST", views.submit_view),
            "retry": (Permission.SUBMIT, "POST", views.retry_view),
            "cancel": (Permission.SUBMIT, "POST", views.cancel_view),
        }
        return {
            name: RecordPage(partial(view, self), permission, method)
            for name, (permission, method, view) in pages.items()
        }

    def get_urls(self) -> list[URLPattern]:
        hints = {
            "jobs": ("GET", autocomplete.jobs_view),
            "validate": ("POST", autocomplete.validate_view),
            "duplicates": ("POST", autocomplete.duplicates_view),
        }
        own = [
            path(
                f"{name}/",
                self.admin_site.admin_view(_hint(method, view)),
                name=f"integrations_submission_{name}",
            )
            for name, (method, view) in hints.items()
        ]
        return [*own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tenant = chosen_tenant(request)
        given = {"tenant": tenant} if tenant else {}
        context = {"submit_url": new_url(SubmissionKind.CANDIDATE, **given)}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return views.new_view(self, request)

    def detail(self, _request: HttpRequest, record: Submission) -> dict[str, Any]:
        return {
            **report_context(record),
            "title": self.who(record),
            "person": self.who(record),
            "badges": [],
            "keep_days": settings.SUBMISSION_KEEP_DAYS,
            "another_url": _another_url(record),
            "urls": {
                name: page_url(record, name)
                for name in ("edit", "live", "document", "submit", "retry", "cancel")
            },
        }


def _another_url(submission: Submission) -> str:
    """The form again, for the same job or, where that is unknown, the same tenant."""
    given = {"tenant": submission.integration_id}
    if submission.job_id:
        given = {"job": submission.job_id}
    return new_url(SubmissionKind(submission.kind), **given)


def _hint(method: str, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """`view` for who may submit, and for one method only."""

    def hint(request: HttpRequest) -> HttpResponseBase:
        asked = "GET" if request.method == "HEAD" else request.method
        if asked != method:
            return HttpResponseNotAllowed([method])
        require(request, Permission.SUBMIT)
        return view(request)

    return update_wrapper(hint, view)


def _live(_admin: Any, request: HttpRequest, submission: Submission) -> HttpResponse:
    """The moving part of the page, as a fragment; says whether to ask again."""
    response = render(request, "relais/_submission_live.html", live_context(submission))
    response["X-Run-Live"] = "yes" if moves(submission) else "no"
    response["X-Run-State"] = submission.state
    return response


def _document(_admin: Any, _request: HttpRequest, submission: Submission) -> HttpResponseBase:
    """The CV, as a download."""
    return file_response(submission)
