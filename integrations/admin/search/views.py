"""The page of search results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.badges import enum_badge, gone_badge, stage_badge
from integrations.admin.base.filters import tenants
from integrations.admin.base.formatting import NOTHING, capped, day
from integrations.admin.base.urls import change_url
from integrations.admin.base.views import Breadcrumb
from integrations.models import Application, Candidate, Job
from integrations.search.finding import CAP, SHOWN, Found, find
from integrations.search.folding import items
from integrations.search.terms import LONGEST, Match, Search, matches, parse

STATES = (
    ("", _lazy("With deleted")),
    ("no", _lazy("In Flatchr")),
    ("only", _lazy("Deleted")),
)


@dataclass(frozen=True, slots=True)
class Hit:
    url: str
    title: str
    tenant: str
    badges: list[object]
    facts: list[object]
    matched: list[Match]


@dataclass(frozen=True, slots=True)
class HitGroup:
    title: str
    count: str
    hits: list[Hit]
    # A hint where there are more hits than are shown; else blank.
    advice: str


def search_view(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    """Show what `q` finds; `frame` is the context that every page of the dashboard has."""
    search = parse(request.GET.get("q", ""))
    deleted = request.GET.get("deleted", "")
    visible = tenants(request)
    tenant = request.GET.get("tenant", "")
    results = find(
        search,
        request.user,
        deleted=deleted if deleted in dict(STATES) else "",
        tenant=tenant if tenant in visible else None,
    )
    groups = [
        _group(_("Candidates"), results.candidates, search, _candidate),
        _group(_("Jobs"), results.jobs, search, _job),
        _group(_("Applications"), results.applications, search, _application),
    ]
    title = _("Search")
    context = {
        **frame,
        "title": title,
        "breadcrumbs": [Breadcrumb(title)],
        "search": search,
        "longest": LONGEST,
        "groups": [group for group in groups if group.hits],
        "states": STATES,
        "chosen_state": deleted,
        "tenants": visible if len(visible) > 1 else {},
        "chosen_tenant": tenant,
    }
    return TemplateResponse(request, "relais/search.html", context)


def _group(title: str, found: Found, search: Search, hit: Callable[[Any, Search], Hit]) -> HitGroup:
    more = ""
    if found.total > SHOWN:
        more = _("These are the best %(shown)s matches. Add a word to narrow the search.") % {
            "shown": SHOWN
        }
    count = capped(found.total) if found.total <= CAP else capped(CAP + 1)
    return HitGroup(title, count, [hit(record, search) for record in found.records], more)


def _candidate(candidate: Candidate, search: Search) -> Hit:
    return _hit(candidate, str(candidate), search, _person(candidate), [])


def _person(candidate: Candidate) -> list[tuple[str, str]]:
    return [
        (_("Name"), str(candidate)),
        *((_("E-mail"), email) for email in items(candidate.email_addresses, "email_address")),
        *((_("Phone"), phone) for phone in items(candidate.phone_numbers, "phone_number")),
    ]


def _job(job: Job, search: Search) -> Hit:
    values = [
        (_("Title"), job.name),
        (_("Department"), job.department),
        (_("Category"), job.category),
        (_("City"), (job.location or {}).get("city")),
        (_("Vacancy number"), str(job.vacancy_id or "")),
        (_("Career site"), job.slug),
    ]
    facts: list[object] = [job.department or ""]
    given = [(label, value) for label, value in values if value]
    return _hit(job, str(job), search, given, facts, enum_badge(job.status))


def _application(application: Application, search: Search) -> Hit:
    title = str(application.candidate)
    if application.job:
        title = _("%(candidate)s for %(job)s") % {"candidate": title, "job": application.job}
    return _hit(
        application,
        title,
        search,
        _person(application.candidate),
        [format_html(_("Received {day}"), day=day(application.remote_created_at))]
        if application.remote_created_at
        else [],
        enum_badge(application.outcome),
        stage_badge(application.current_stage),
    )


def _hit(
    record: Any,
    title: str,
    search: Search,
    values: Iterable[tuple[str, str]],
    facts: list[object],
    *badges: object,
) -> Hit:
    ids = [(_("Flatchr ID"), record.remote_id), (_("Relais ID"), record.pk)]
    given = (*badges, gone_badge(record.remote_deleted_at))
    return Hit(
        url=change_url(record),
        title=title,
        tenant=str(record.integration),
        badges=[one for one in given if one and one != NOTHING],
        facts=[fact for fact in facts if fact],
        matched=matches(search, [*values, *ids]),
    )
