"""Jobs: the list, and the page of one job."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.admin.base import ReadOnlyMirrorAdmin, display
from integrations.admin.details import Card, Related, badges, given, pretty, record_card, related
from integrations.admin.display import (
    NOTHING,
    date_time,
    day,
    enum_badge,
    gone_badge,
    link,
    list_url,
    stage_badge,
    words,
)
from integrations.admin.filters import DeletedFilter, JobStatusFilter, TenantFilter
from integrations.admin.richtext import clean_html
from integrations.admin.submission_form import why_not
from integrations.admin.submission_links import new_url
from integrations.models import Application, Candidate, Job, Submission, SubmissionKind


class JobAdmin(ReadOnlyMirrorAdmin):
    list_display = ("title", "tenant", "state", "contract", "place", "opened", "changed")
    list_filter = (TenantFilter, JobStatusFilter, DeletedFilter)
    list_select_related = ("integration",)
    list_defer = ("description", "remote_data", "custom_fields", "integration_fields")
    search_fields = ("name", "department", "category", "slug")
    search_placeholder = "Title, department, category"
    sortable_by = ("title", "opened", "changed")
    empty_text = "Jobs appear here once a tenant has been synchronised."

    @display(description="Job", ordering="name")
    def title(self, job: Job) -> SafeString:
        return format_html("{} {}", str(job), gone_badge(job.remote_deleted_at))

    @display(description="Tenant")
    def tenant(self, job: Job) -> str:
        return str(job.integration)

    @display(description="Status")
    def state(self, job: Job) -> SafeString | str:
        return enum_badge(job.status)

    @display(description="Contract")
    def contract(self, job: Job) -> str:
        return words(job.employment_type)

    @display(description="Place")
    def place(self, job: Job) -> str:
        return _place(job.location) or NOTHING

    @display(description="Opened", ordering="opened_at")
    def opened(self, job: Job) -> SafeString | str:
        return day(job.opened_at)

    @display(description="Changed", ordering="changed_at")
    def changed(self, job: Job) -> SafeString | str:
        return date_time(job.changed_at)

    def detail(self, _request: HttpRequest, record: Job) -> dict[str, Any]:
        return {
            "badges": badges(record, enum_badge(record.status)),
            "subtitle": " · ".join(
                filter(None, (record.department, _place(record.location), _salary(record)))
            ),
            "cards": [_terms(record), _publication(record), *_extras(record), _about(record)],
            "prose": [("Description", clean_html(record.description))],
            "related": [_applications(record), _stages(record)],
            "raw": pretty(record.remote_data),
            "submit_url": _submit_url(record),
            "submit_label": "Submit a candidate",
            "links": [
                ("Applications", list_url(Application, job=record.pk)),
                ("Candidates", list_url(Candidate, job=record.pk)),
                ("Submissions", list_url(Submission, job=record.pk)),
            ],
        }


def _submit_url(job: Job) -> str:
    """Blank where the form would refuse the job anyway."""
    if job.remote_deleted_at or why_not(job):
        return ""
    return new_url(SubmissionKind.APPLICATION, job=job.pk)


def _place(location: dict[str, Any] | None) -> str:
    if not location:
        return ""
    parts = [location.get("city"), location.get("country")]
    return ", ".join(filter(None, parts)) or location.get("raw") or ""


def _salary(job: Job) -> str:
    amounts = [a for a in (job.salary_amount, job.salary_amount_from, job.salary_amount_to) if a]
    if not amounts:
        return ""
    text = " to ".join(f"{amount:,.0f}" for amount in amounts)
    period = words(job.salary_period) if job.salary_period else ""
    return " ".join(filter(None, (text, job.salary_currency, period)))


def _terms(job: Job) -> Card:
    location = job.location or {}
    address = ", ".join(
        filter(None, (location.get("street_1"), location.get("zip_code"), location.get("city")))
    )
    return Card(
        "Terms",
        [
            ("Contract", words(job.employment_type)),
            ("Salary", _salary(job) or NOTHING),
            ("Experience", job.experience_level or NOTHING),
            ("Remote work", words(job.remote_work_status)),
            ("Place", _place(job.location) or NOTHING),
            *given([("Address", address)]),
            ("Department", job.department or NOTHING),
            ("Category", job.category or NOTHING),
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
        "Publication",
        [
            ("Status", words(job.status)),
            ("Visibility", words(job.visibility)),
            ("Opened", day(job.opened_at)),
            ("Closed", day(job.closed_at)),
            ("Public page", post),
        ],
    )


def _extras(job: Job) -> list[Card]:
    rows = [
        (str(item.get("label") or item.get("key")), item.get("value"))
        for item in job.integration_fields or []
        if isinstance(item, dict)
    ]
    rows += [(str(key), value) for key, value in (job.custom_fields or {}).items()]
    return [Card("Further fields", given(rows))] if given(rows) else []


def _about(job: Job) -> Card:
    return record_card(
        job,
        ("Vacancy number", str(job.vacancy_id or NOTHING)),
        ("Created in Flatchr", date_time(job.remote_created_at)),
        ("Updated in Flatchr", date_time(job.remote_updated_at)),
    )


def _stages(job: Job) -> Related:
    steps = job.job_stages.live().select_related("stage").order_by("index", "pk")
    return related(
        "Stages",
        ("Stage", ""),
        steps.defer("stage__remote_data"),
        lambda step: (
            link(step.stage),
            format_html(
                '<a class="rl-link" href="{}">Show applications</a>',
                list_url(Application, job=job.pk, stage=step.stage_id),
            ),
        ),
        empty="No stages are known for this job.",
    )


def _applications(job: Job) -> Related:
    newest = job.applications.live().select_related("candidate", "current_stage")
    return related(
        "Applications",
        ("Candidate", "Stage", "Outcome", "Received"),
        newest.defer("remote_data", "candidate__remote_data", "current_stage__remote_data"),
        lambda application: (
            link(application, application.candidate),
            stage_badge(application.current_stage),
            enum_badge(application.outcome),
            day(application.remote_created_at),
        ),
        empty="Nobody has applied for this job yet.",
        all_url=list_url(Application, job=job.pk),
    )
