"""Candidates and their applications: the lists and the pages."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.actions.acting import ActView, WorkView
from integrations.admin.actions.board import BoardCardsView, BoardChangesView, BoardView
from integrations.admin.actions.bulk import BulkActionView, bar_context
from integrations.admin.actions.notes import CommentsView, MessagesView, TasksView
from integrations.admin.base.badges import enum_badge, gone_badge, stage_badge, submission_badge
from integrations.admin.base.cards import Card, Related, badges, record_card, related
from integrations.admin.base.filters import DeletedFilter, TenantFilter, chosen_tenant
from integrations.admin.base.formatting import (
    NOTHING,
    ago,
    chips,
    day,
    emails,
    link,
    phones,
)
from integrations.admin.base.urls import list_url, submit_url
from integrations.admin.exports.admin import ExportableAdmin
from integrations.admin.records.application_page import application_page
from integrations.admin.records.cv import CvFileView, CvFrameView
from integrations.admin.records.field_sources import source_of
from integrations.admin.records.filters import (
    AppliedFilter,
    CandidateAppliedFilter,
    CandidateFilter,
    JobFilter,
    OutcomeFilter,
    StageFilter,
    TagFilter,
    TickedFilter,
)
from integrations.admin.records.timeline import timeline
from integrations.models import (
    Application,
    ApplicationQuerySet,
    Candidate,
    CandidateQuerySet,
    Submission,
    SubmissionKind,
)


class CandidateAdmin(ExportableAdmin):
    list_views = {**ExportableAdmin.list_views, "bulk": BulkActionView}
    list_display = CandidateQuerySet.list_columns
    list_filter = (
        TenantFilter,
        StageFilter,
        OutcomeFilter,
        CandidateAppliedFilter,
        TagFilter,
        DeletedFilter,
        JobFilter,
        TickedFilter,
    )
    search_fields = CandidateQuerySet.search_fields
    search_placeholder = _lazy("Name or e-mail")
    sortable_by = tuple(CandidateQuerySet.list_orders)
    empty_text = _lazy("Candidates appear here once a tenant has been synchronised.")

    @display(description=_lazy("Name"))
    def name(self, candidate: Candidate) -> SafeString:
        return format_html("{} {}", str(candidate), gone_badge(candidate.remote_deleted_at))

    @display(description=_lazy("E-mail"))
    def email(self, candidate: Candidate) -> SafeString | str:
        return emails(candidate.email_addresses)

    @display(description=_lazy("Phone"))
    def phone(self, candidate: Candidate) -> SafeString | str:
        return phones(candidate.phone_numbers)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        context = {
            "submit_url": _submit_url(request, SubmissionKind.CANDIDATE),
            **bar_context(request, Candidate),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def detail(self, _request: HttpRequest, record: Candidate) -> dict[str, Any]:
        return {
            "badges": badges(record),
            "subtitle": _("Candidate"),
            "cards": [_contact(record), _tags(record), record_card(record)],
            "related": [_applications(record), *_submissions(record)],
            "source": source_of(record),
            "timeline": {"events": timeline(record)},
            "links": [(_("Applications"), list_url(Application, candidate=record.pk))],
            "submit_url": submit_url(SubmissionKind.CANDIDATE, candidate=record.pk),
            "submit_label": _("Submit for another job"),
        }


def _submit_url(request: HttpRequest, kind: SubmissionKind) -> str:
    """The form, at the tenant that the list is limited to."""
    tenant = chosen_tenant(request)
    return submit_url(kind, **({"tenant": tenant} if tenant else {}))


def _contact(candidate: Candidate) -> Card:
    return Card(
        _("Contact"),
        [
            (_("First name"), candidate.first_name or NOTHING),
            (_("Last name"), candidate.last_name or NOTHING),
            (_("E-mail"), emails(candidate.email_addresses)),
            (_("Phone"), phones(candidate.phone_numbers)),
        ],
    )


def _tags(candidate: Candidate) -> Card:
    worn = candidate.candidate_tags.live().filter(tag__remote_deleted_at=None)
    names = worn.order_by("tag__name", "pk").values_list("tag_id", "tag__name")[:100]
    return Card(
        _("Tags"),
        [
            (
                "",
                chips(
                    [(list_url(Candidate, tag=pk), name or _("(no name)")) for pk, name in names]
                ),
            )
        ],
    )


def _applications(candidate: Candidate) -> Related:
    newest = candidate.applications.select_related("job", "current_stage")
    return related(
        _("Applications"),
        (_("Job"), _("Stage"), _("Outcome"), _("Received"), ""),
        newest.defer("remote_data", "job__remote_data", "job__description"),
        lambda application: (
            link(application.job),
            stage_badge(application.current_stage),
            enum_badge(application.outcome),
            day(application.remote_created_at),
            format_html(
                "{} {}", link(application, _("Open it")), gone_badge(application.remote_deleted_at)
            ),
        ),
        empty=_("No application of this candidate is in Flatchr any more."),
        all_url=list_url(Application, candidate=candidate.pk, deleted="all"),
    )


def _submissions(record: Application | Candidate) -> list[Related]:
    """The submissions that made this record; empty if it was not submitted from here."""
    field = str(record._meta.model_name)
    made_it = Submission.objects.filter(**{field: record.pk}).order_by("-created_at", "-id")
    found = made_it.select_related("job", "created_by")
    block = related(
        _("Submitted from here"),
        (_("Submission"), _("Job"), _("State"), _("By"), _("When")),
        found.defer("job__remote_data", "job__description", "cover_letter"),
        lambda submission: (
            link(submission),
            link(submission.job),
            submission_badge(submission),
            str(submission.created_by or submission.get_channel_display()),
            ago(submission.created_at),
        ),
        empty="",
        all_url=list_url(Submission, **{field: record.pk}),
    )
    return [block] if block.rows else []


class ApplicationAdmin(ExportableAdmin):
    detail_template = "relais/application.html"
    record_key = "<str:pk>"
    record_related = ("integration", "candidate", "job", "current_stage")
    list_views = {
        **ExportableAdmin.list_views,
        "cv_frame": CvFrameView,
        "bulk": BulkActionView,
        "board": BoardView,
        "board_cards": BoardCardsView,
        "board_changes": BoardChangesView,
    }
    record_views = {
        "act": ActView,
        "work": WorkView,
        "cv_file": CvFileView,
        "comments": CommentsView,
        "messages": MessagesView,
        "tasks": TasksView,
    }
    list_display = ApplicationQuerySet.list_columns
    list_filter = (
        TenantFilter,
        StageFilter,
        OutcomeFilter,
        AppliedFilter,
        DeletedFilter,
        JobFilter,
        CandidateFilter,
        TickedFilter,
    )
    list_select_related = ("integration", "candidate", "job", "current_stage")
    list_defer = (
        "remote_data",
        "job__remote_data",
        "job__description",
        "job__custom_fields",
        "job__integration_fields",
        "current_stage__remote_data",
    )
    search_fields = ApplicationQuerySet.search_fields
    search_placeholder = _lazy("Candidate's name or e-mail")
    sortable_by = tuple(ApplicationQuerySet.list_orders)
    empty_text = _lazy("Applications appear here once a tenant has been synchronised.")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        context = {
            "submit_url": _submit_url(request, SubmissionKind.APPLICATION),
            **bar_context(request, Application),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    @display(description=_lazy("Candidate"))
    def who(self, application: Application) -> SafeString:
        gone = gone_badge(application.remote_deleted_at)
        return format_html("{} {}", str(application.candidate), gone)

    @display(description=_lazy("Job"))
    def job_name(self, application: Application) -> SafeString | str:
        return link(application.job)

    @display(description=_lazy("Stage"))
    def stage(self, application: Application) -> SafeString | str:
        return stage_badge(application.current_stage)

    @display(description=_lazy("Outcome"))
    def result(self, application: Application) -> SafeString | str:
        return enum_badge(application.outcome)

    @display(description=_lazy("Received"))
    def received(self, application: Application) -> SafeString | str:
        return day(application.remote_created_at)

    def detail(self, request: HttpRequest, record: Application) -> dict[str, Any]:
        return {**application_page(request, record), "related": _submissions(record)}
