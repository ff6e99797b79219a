"""The deletions that a run held for review, and the two decisions on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.accounts.permissions import Permission
from integrations.admin.base.formatting import number
from integrations.admin.base.pagination import PER_PAGE
from integrations.admin.base.urls import change_url, record_url, record_urls
from integrations.admin.base.views import Breadcrumb, RecordView, page_number
from integrations.admin.runs.findings import NAMES, PAGES, RecordLink, named
from integrations.messages import translated
from integrations.models import Application, HeldDeletion, HoldDecision, SyncRun
from integrations.records import Model
from integrations.sync.held_deletions import confirm_deletions, keep_records, later_read
from integrations.sync.runs import SyncRefused

# Records of each model that the run's own page names.
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
    """The held records of one model: their number, and the first of them."""

    model: str
    name: str
    total: int
    records: list[RecordLink] = field(default_factory=list)


def held_context(run: SyncRun) -> dict[str, Any]:
    """The held deletions of a run and the decision on them, for the run's page."""
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
        "held_url": record_url(run, "held"),
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


def _linked(model: str, records: Any) -> list[RecordLink]:
    return [linked for _remote_id, linked in named(PAGES[model], records)]


class HeldView(RecordView[SyncRun]):
    """All records that would be deleted, model by model, page by page, with a search."""

    def get(self, request: HttpRequest) -> HttpResponse:
        run = self.record
        groups = held_groups(run)
        models = [group.model for group in groups]
        asked = request.GET.get("model", "")
        model = asked if asked in models else next(iter(models), "")
        search = request.GET.get("q", "").replace("\0", "").strip()[:100]
        page = page_number(request)
        rows: list[Any] = []
        if model:
            start = (page - 1) * PER_PAGE
            found = held_records(run, model, search)
            if model == Model.APPLICATIONS:
                found = found.select_related("job")
            rows = list(_rows(model, found[start : start + PER_PAGE + 1]))
        return self.page(
            "relais/run_held.html",
            run,
            Breadcrumb(_("Held for review")),
            **_answers(run),
            groups=groups,
            model=model,
            search=search,
            rows=rows[:PER_PAGE],
            page_number=page,
            has_next=len(rows) > PER_PAGE,
            held_total=sum(group.total for group in groups),
        )

    post = get


def _rows(model: str, records: Any) -> list[tuple[RecordLink, str, str]]:
    """Each record's link, its Flatchr id, and for an application the job."""
    page = PAGES[model]
    found = list(records.select_related("candidate") if page is Application else records)
    return [
        (
            RecordLink(
                str(record.candidate if page is Application else record), change_url(record)
            ),
            record.remote_id,
            str(record.job or "") if page is Application else "",
        )
        for record in found
    ]


def _answers(run: SyncRun) -> dict[str, str]:
    """The later run that has read everything since, if any, and the addresses of the buttons."""
    later = later_read(run)
    return {
        "later_url": change_url(later) if later else "",
        **{f"{name}_url": url for name, url in record_urls(run, "confirm", "keep").items()},
    }


class HoldDecisionView(RecordView[SyncRun]):
    """A decision on what the guard held: a subclass says which, and how it is reported."""

    permission = Permission.DECIDE

    def decide(self, user: Any) -> int:
        """Carry the decision out; return the number of records."""
        raise NotImplementedError

    def report(self, count: int) -> str:
        raise NotImplementedError

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            count = self.decide(request.user)
        except SyncRefused as refused:
            messages.error(request, translated(refused))
        else:
            if count:
                messages.success(request, self.report(count) % {"count": number(count)})
            else:
                messages.info(request, _("Nothing is held any more: somebody has decided already."))
        return HttpResponseRedirect(change_url(self.record))


class ConfirmView(HoldDecisionView):
    """Delete what the guard held."""

    def decide(self, user: Any) -> int:
        return confirm_deletions(self.record.pk, user=user)

    def report(self, count: int) -> str:
        return ngettext(
            "%(count)s record is marked as deleted.",
            "%(count)s records are marked as deleted.",
            count,
        )


class KeepView(HoldDecisionView):
    """Keep what the guard held, until the next full sync."""

    def decide(self, user: Any) -> int:
        return keep_records(self.record.pk, user=user)

    def report(self, count: int) -> str:
        return ngettext(
            "%(count)s record stays. The next full sync looks for it again.",
            "%(count)s records stay. The next full sync looks for them again.",
            count,
        )
