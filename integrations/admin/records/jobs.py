"""Jobs: the list, and the page of one job."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.db.models import Count, F
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.badges import enum_badge, gone_badge, stage_badge, words
from integrations.admin.base.cards import Card, Related, badges, filled, record_card, related
from integrations.admin.base.filters import DeletedFilter, TenantFilter
from integrations.admin.base.formatting import (
    NOTHING,
    clean_html,
    date_time,
    day,
    link,
    number,
    plain,
)
from integrations.admin.base.urls import board_url, list_url, submit_url
from integrations.admin.exports.admin import ExportableAdmin
from integrations.admin.records.changes import changes_of
from integrations.admin.records.field_sources import source_of
from integrations.admin.records.filters import JobStatusFilter
from integrations.admin.records.job_creation import CreateJobView, JobCreationView
from integrations.admin.submissions.forms import closed_reason
from integrations.models import (
    Application,
    Candidate,
    CustomField,
    Job,
    JobQuerySet,
    Submission,
    SubmissionKind,
)


class JobAdmin(ExportableAdmin):
    list_views = {
        **ExportableAdmin.list_views,
        "create": CreateJobView,
        "creation": JobCreationView,
    }
    list_display = JobQuerySet.list_columns
    list_filter = (TenantFilter, JobStatusFilter, DeletedFilter)
    list_defer = ("description", "remote_data", "custom_fields", "integration_fields")
    search_fields = JobQuerySet.search_fields
    search_placeholder = _lazy("Title, department, category")
    sortable_by = tuple(JobQuerySet.list_orders)
    empty_text = _lazy("Jobs appear here once a tenant has been synchronised.")

    @display(description=_lazy("Job"), ordering=JobQuerySet.list_orders["title"])
    def title(self, job: Job) -> SafeString:
        return format_html("{} {}", str(job), gone_badge(job.remote_deleted_at))

    @display(description=_lazy("Status"))
    def state(self, job: Job) -> SafeString | str:
        return enum_badge(job.status)

    @display(description=_lazy("Contract"))
    def contract(self, job: Job) -> str:
        return words(job.employment_type)

    @display(description=_lazy("Place"))
    def place(self, job: Job) -> str:
        return _place(job.location) or NOTHING

    @display(description=_lazy("Opened"), ordering=JobQuerySet.list_orders["opened"])
    def opened(self, job: Job) -> SafeString | str:
        return day(job.opened_at)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        context = {"create_url": f"{list_url(Job)}{CreateJobView.route}"}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def detail(self, _request: HttpRequest, record: Job) -> dict[str, Any]:
        return {
            "badges": badges(record, enum_badge(record.status)),
            "subtitle": " · ".join(
                filter(
                    None,
                    (
                        record.reference,
                        _place(record.location),
                        record.department,
                        _salary(record),
                    ),
                )
            ),
            "cards": [_terms(record), _publication(record), *_extras(record), _about(record)],
            "prose": [(_("Description"), clean_html(record.description))],
            "related": [_applications(record), _stages(record)],
            "source": source_of(record),
            "changes": changes_of(record),
            "submit_url": _submit_url(record),
            "submit_label": _("Submit a candidate"),
            "links": [
                (_("Board"), board_url(record)),
                (_("Applications"), list_url(Application, job=record.pk)),
                (_("Candidates"), list_url(Candidate, job=record.pk)),
                (_("Submissions"), list_url(Submission, job=record.pk)),
            ],
        }


def _submit_url(job: Job) -> str:
    """Blank where the form would refuse the job anyway."""
    if job.remote_deleted_at or closed_reason(job):
        return ""
    return submit_url(SubmissionKind.APPLICATION, job=job.pk)


def _place(location: dict[str, Any] | None) -> str:
    if not location:
        return ""
    parts = [location.get("city"), location.get("country")]
    return ", ".join(filter(None, parts)) or location.get("raw") or ""


def _salary(job: Job) -> str:
    amounts = [a for a in (job.salary_amount, job.salary_amount_from, job.salary_amount_to) if a]
    if not amounts:
        return ""
    text = number(round(amounts[0]))
    if len(amounts) > 1:
        text = _("%(least)s to %(most)s") % {"least": text, "most": number(round(amounts[-1]))}
    period = words(job.salary_period) if job.salary_period else ""
    return " ".join(filter(None, (text, job.salary_currency, period)))


def _terms(job: Job) -> Card:
    location = job.location or {}
    address = ", ".join(
        filter(None, (location.get("street_1"), location.get("zip_code"), location.get("city")))
    )
    return Card(
        _("Terms"),
        [
            (_("Contract"), words(job.employment_type)),
            (_("Salary"), _salary(job) or NOTHING),
            (_("Experience"), job.experience_level or NOTHING),
            (_("Remote work"), words(job.remote_work_status)),
            (_("Place"), _place(job.location) or NOTHING),
            *filled([(_("Address"), address)]),
            (_("Department"), job.department or NOTHING),
            (_("Category"), job.category or NOTHING),
        ],
    )


def _publication(job: Job) -> Card:
    post = NOTHING
    if (job.post_url or "").startswith(("https://", "http://")):
        post = format_html(
            '<a class="rl-link" href="{0}" rel="noopener noreferrer" target="_blank">{0}</a>',
            job.post_url,
        )
    return Card(
        _("Publication"),
        [
            (_("Status"), words(job.status)),
            (_("Visibility"), words(job.visibility)),
            (_("Opened"), day(job.opened_at)),
            (_("Closed"), day(job.closed_at)),
            (_("Public page"), post),
        ],
    )


def _extras(job: Job) -> list[Card]:
    """Custom fields are all shown, as an empty one is what applications read too."""
    further = [
        (str(item.get("label") or item.get("key")), plain(item.get("value")))
        for item in job.integration_fields or []
        if isinstance(item, dict)
    ]
    cards = [
        Card(_("Custom fields"), _custom_fields(job.custom_fields or {})),
        Card(_("Fields from Flatchr"), filled(further)),
    ]
    return [card for card in cards if card.rows]


def _custom_fields(values: dict[str, Any]) -> list[tuple[str, object]]:
    """By label. A field that was deleted since the last sync has its key alone."""
    if not values:
        return []
    fields = CustomField.objects.filter(key__in=values)
    labels = dict(fields.values_list("key", "label"))
    return sorted((labels.get(key, key), plain(value)) for key, value in values.items())


def _about(job: Job) -> Card:
    return record_card(
        job,
        (_("Vacancy number"), str(job.vacancy_id or NOTHING)),
        (_("Created in Flatchr"), date_time(job.remote_created_at)),
        (_("Updated in Flatchr"), date_time(job.remote_updated_at)),
    )


def _stages(job: Job) -> Related:
    """The job's stages with the number of applications in each, in the order of the pipeline."""
    live = job.applications.live().order_by()
    counts = dict(live.values_list("current_stage").annotate(number=Count("pk")))
    steps = job.job_stages.live().select_related("stage").order_by("index", "pk")
    return related(
        _("Stages"),
        (_("Stage"), _("Applications")),
        steps.defer("stage__remote_data"),
        lambda step: (
            link(step.stage),
            format_html(
                '<a class="rl-link" href="{}">{}</a>',
                list_url(Application, job=job.pk, stage=step.stage_id),
                number(counts.get(step.stage_id, 0)),
            ),
        ),
        empty=_("No stages are known for this job."),
    )


def _applications(job: Job) -> Related:
    newest = job.applications.live().select_related("candidate", "current_stage")
    received = F("remote_created_at").desc(nulls_last=True)
    return related(
        _("Applications"),
        (_("Candidate"), _("Stage"), _("Outcome"), _("Source"), _("Received")),
        newest.order_by(received, "-pk").defer("remote_data", "current_stage__remote_data"),
        lambda application: (
            link(application, application.candidate),
            stage_badge(application.current_stage),
            enum_badge(application.outcome),
            application.source or NOTHING,
            day(application.remote_created_at),
        ),
        empty=_("Nobody has applied for this job yet."),
        all_url=list_url(Application, job=job.pk),
    )
