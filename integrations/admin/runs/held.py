"""The deletions that a run held: what would go, and the two answers to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.base.formatting import change_url
from integrations.admin.base.pagination import PER_PAGE
from integrations.admin.runs.findings import NAMES, PAGES, Linked, named
from integrations.messages import translated
from integrations.models import Application, HeldDeletion, HoldDecision, SyncRun
from integrations.records import Model
from integrations.sync.held_deletions import confirm_deletions, keep_records, later_read
from integrations.sync.runs import SyncRefused

# So many of each model are named on the run's own page.
FIRST = 12

_SEARCHED = {
    Model.JOBS: ("name", "remote_id"),
    Model.APPLICATION_STAGES: ("name", "remote_id"),
    Model.TAGS: ("name", "remote_id"),
    Model.APPLICATIONS: (
        "candidate__first_name",
        "candidate__last_name",
        "person_key",
        "job__name",
        "remote_id",
    ),
}


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """What is held of one model: how many, and the first of them."""

    model: str
    name: str
    total: int
    records: list[Linked] = field(default_factory=list)


def held_context(run: SyncRun) -> dict[str, Any]:
    """What the run's page says of held deletions, and of what was decided on them."""
    groups = [
        HeldGroup(
            group.model,
            group.name,
            group.total,
            _linked(group.model, held_records(run, group.model)[:FIRST]),
        )
        for group in held_groups(run)
    ]
    decision = HoldDecision.objects.filter(run=run).select_related("decided_by").first()
    return {
        **_answers(run),
        "held": groups,
        "held_total": sum(group.total for group in groups),
        "decision": decision,
        "held_url": reverse("admin:integrations_syncrun_held", args=[run.pk]),
    }


def held_groups(run: SyncRun) -> list[HeldGroup]:
    counts = HeldDeletion.objects.filter(run=run).order_by("model").values("model")
    found = {row["model"]: row["n"] for row in counts.annotate(n=Count("pk"))}
    return [HeldGroup(model, str(NAMES[model]), found[model]) for model in Model if model in found]


def held_records(run: SyncRun, model: str, search: str = "") -> QuerySet[Any]:
    """The records held of one model, those that match each word of `search`."""
    held = HeldDeletion.objects.filter(run=run, model=model).values("record_id")
    manager: Any = PAGES[model].objects
    records: QuerySet[Any] = manager.filter(pk__in=held)
    for word in search.split():
        matches = Q()
        for name in _SEARCHED[Model(model)]:
            matches |= Q(**{f"{name}__icontains": word})
        records = records.filter(matches)
    return records.order_by("pk")


def _linked(model: str, records: Any) -> list[Linked]:
    return [linked for _remote_id, linked in named(PAGES[model], records)]


def held_view(admin: Any, request: HttpRequest, run: SyncRun) -> HttpResponse:
    """All that would go, model by model, page by page, with a search."""
    groups = held_groups(run)
    known = [group.model for group in groups]
    asked = request.GET.get("model", "")
    model = asked if asked in known else next(iter(known), "")
    search = request.GET.get("q", "").replace("\0", "").strip()[:100]
    number = request.GET.get("p", "1")
    page = max(1, int(number)) if number.isdigit() and len(number) < 7 else 1
    rows: list[Any] = []
    if model:
        start = (page - 1) * PER_PAGE
        found = held_records(run, model, search)
        if model == Model.APPLICATIONS:
            found = found.select_related("job")
        rows = list(_rows(model, found[start : start + PER_PAGE + 1]))
    answer: HttpResponse = admin.page(
        request,
        "relais/run_held.html",
        run,
        Crumb(_("Held for review")),
        **_answers(run),
        groups=groups,
        model=model,
        search=search,
        rows=rows[:PER_PAGE],
        page_number=page,
        has_next=len(rows) > PER_PAGE,
        held_total=sum(group.total for group in groups),
    )
    return answer


def _rows(model: str, records: Any) -> list[tuple[Linked, str, str]]:
    """Each record's link, its Flatchr id, and for an application the job."""
    page = PAGES[model]
    found = list(records.select_related("candidate") if page is Application else records)
    return [
        (
            Linked(str(record.candidate if page is Application else record), change_url(record)),
            record.remote_id,
            str(record.job or "") if page is Application else "",
        )
        for record in found
    ]


def _answers(run: SyncRun) -> dict[str, str]:
    later = later_read(run)
    return {
        "later_url": change_url(later) if later else "",
        **{
            f"{name}_url": reverse(f"admin:integrations_syncrun_{name}", args=[run.pk])
            for name in ("confirm", "keep")
        },
    }


def confirm_view(request: HttpRequest, run: SyncRun) -> HttpResponse:
    """Delete what the guard held."""

    def confirmed(count: int) -> str:
        return ngettext(
            "%(count)s record is marked as deleted.",
            "%(count)s records are marked as deleted.",
            count,
        ) % {"count": f"{count:,}"}

    return _decide(request, run, confirm_deletions, confirmed)


def keep_view(request: HttpRequest, run: SyncRun) -> HttpResponse:
    """Let it stay, until the next full sync."""

    def kept(count: int) -> str:
        return ngettext(
            "%(count)s record stays. The next full sync looks for it again.",
            "%(count)s records stay. The next full sync looks for them again.",
            count,
        ) % {"count": f"{count:,}"}

    return _decide(request, run, keep_records, kept)


def _decide(
    request: HttpRequest,
    run: SyncRun,
    decide: Callable[..., int],
    told: Callable[[int], str],
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        count = decide(run.pk, user=request.user)
    except SyncRefused as refused:
        messages.error(request, translated(refused))
    else:
        if count:
            messages.success(request, told(count))
        else:
            messages.info(request, _("Nothing is held any more: somebody has decided already."))
    return HttpResponseRedirect(change_url(run))
