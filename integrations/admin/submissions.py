"""Submissions: the list, the page of one submission, and the addresses of all about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as lazy

from integrations.admin import submission_hints, submission_pages
from integrations.admin.base import ReadOnlyMirrorAdmin, display
from integrations.admin.display import ago, link, submission_badge
from integrations.admin.doors import require
from integrations.admin.filters import TenantFilter, chosen_tenant
from integrations.admin.submission_filters import (
    ChannelFilter,
    StateFilter,
    SubmittedApplicationFilter,
    SubmittedCandidateFilter,
    SubmittedJobFilter,
    WhenFilter,
)
from integrations.admin.submission_links import new_url, page_url
from integrations.admin.submission_report import live_context, moves, report_context
from integrations.models import Submission, SubmissionKind
from integrations.people.permissions import Permission, may
from integrations.submissions.storage import file_response

Page = Callable[[Any, HttpRequest, Submission], HttpResponseBase]
NAMELESS = lazy("(no name yet)")


class SubmissionAdmin(ReadOnlyMirrorAdmin):
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
    search_placeholder = lazy("Name or e-mail")
    sortable_by = ()
    ordering = ("-created_at", "-id")
    change_list_template = "relais/submission_list.html"
    detail_template = "relais/submission.html"
    empty_text = lazy("Nobody has been submitted to Flatchr from here yet.")

    @display(description=lazy("Candidate"))
    def who(self, submission: Submission) -> str:
        return submission.person or submission.email_address or str(NAMELESS)

    @display(description=lazy("Job"))
    def job_name(self, submission: Submission) -> SafeString | str:
        return link(submission.job)

    @display(description=lazy("Tenant"))
    def tenant(self, submission: Submission) -> str:
        return str(submission.integration)

    @display(description=lazy("State"))
    def state_label(self, submission: Submission) -> SafeString:
        return submission_badge(submission)

    @display(description=lazy("By"))
    def by(self, submission: Submission) -> str:
        return str(submission.created_by) if submission.created_by else "Relais"

    @display(description=lazy("Through"))
    def via(self, submission: Submission) -> str:
        return str(submission.get_channel_display())

    @display(description=lazy("When"))
    def written(self, submission: Submission) -> SafeString | str:
        return ago(submission.created_at)

    # Pages

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The form offers those tenants alone to which the user may submit."""
        return self.admin_site.has_permission(request) and may(request.user, Permission.SUBMIT)

    def get_urls(self) -> list[URLPattern]:
        hints = {
            "jobs": ("GET", submission_hints.jobs_view),
            "validate": ("POST", submission_hints.validate_view),
            "duplicates": ("POST", submission_hints.duplicates_view),
        }
        pages: dict[str, tuple[str, Page]] = {
            "edit": ("", submission_pages.edit_view),
            "live": ("GET", _live),
            "document": ("GET", _document),
            "submit": ("POST", submission_pages.submit_view),
            "retry": ("POST", submission_pages.retry_view),
            "cancel": ("POST", submission_pages.cancel_view),
        }
        wrap = self.admin_site.admin_view
        return [
            *(
                path(
                    f"{name}/",
                    wrap(_by(method, _for_submitters(view))),
                    name=f"integrations_submission_{name}",
                )
                for name, (method, view) in hints.items()
            ),
            *(
                path(
                    f"<str:pk>/{name}/",
                    wrap(_by(method, self._of_submission(view))),
                    name=f"integrations_submission_{name}",
                )
                for name, (method, view) in pages.items()
            ),
            *super().get_urls(),
        ]

    def _of_submission(self, view: Page) -> Callable[..., HttpResponseBase]:
        """`view` with the submission looked up among those of the user's tenants."""

        def of_submission(request: HttpRequest, pk: str) -> HttpResponseBase:
            mine = self.get_queryset(request).select_related(
                "integration", "job", "created_by", "queued_by", "cancelled_by"
            )
            submission = mine.filter(pk=pk).first()
            if submission is None:
                raise Http404
            seen = view in (_live, _document)
            permission = Permission.SEE if seen else Permission.SUBMIT
            require(request, permission, submission.integration_id)
            return view(self, request, submission)

        return update_wrapper(of_submission, view)

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
        return submission_pages.new_view(self, request)

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


def _for_submitters(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    def for_submitters(request: HttpRequest) -> HttpResponseBase:
        require(request, Permission.SUBMIT)
        return view(request)

    return update_wrapper(for_submitters, view)


def _by(method: str, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """`view` for one method only; for any, when that is blank."""

    def by_method(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = "GET" if request.method == "HEAD" else request.method
        if method and asked != method:
            return HttpResponseNotAllowed([method])
        return view(request, *args, **kwargs)

    return update_wrapper(by_method, view)


def _live(_admin: Any, request: HttpRequest, submission: Submission) -> HttpResponse:
    """The moving part of the page, as a fragment; says whether to ask again."""
    response = render(request, "relais/_submission_live.html", live_context(submission))
    response["X-Run-Live"] = "yes" if moves(submission) else "no"
    response["X-Run-State"] = submission.state
    return response


def _document(_admin: Any, _request: HttpRequest, submission: Submission) -> HttpResponseBase:
    """The CV, as a download."""
    return file_response(submission)
