"""Deciding on the deletions that a run held for review: the list, both decisions, and the undo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.accounts.permissions import Permission
from integrations.admin.base.formatting import number
from integrations.admin.base.pagination import PER_PAGE
from integrations.admin.base.urls import change_url, record_url, record_urls
from integrations.admin.base.views import Breadcrumb, RecordView, find_row, page_number
from integrations.admin.runs.held_rows import (
    HeldGroup,
    coming_back,
    consequences,
    held_groups,
    held_links,
    held_records,
    held_rows,
)
from integrations.messages import translated
from integrations.models import HeldDeletion, HoldDecision, SyncRun
from integrations.sync.held_deletions import confirm_deletions, keep_records, later_read
from integrations.sync.review.deletion_undo import UNDO_WITHIN, can_undo, undo_confirmation
from integrations.sync.runs import SyncRefused

# Records of each model that the run's own page names.
FIRST = 12
# Decisions that the run's page lists.
MOST_DECISIONS = 20


@dataclass(frozen=True, slots=True)
class ShownDecision:
    """A decision, and until when it can be undone; None if it cannot."""

    decision: HoldDecision
    undo_until: datetime | None


def held_context(run: SyncRun) -> dict[str, Any]:
    """The held deletions of a run and the decisions on them, for the run's page."""
    groups = [
        HeldGroup(
            group.model,
            group.name,
            group.total,
            held_links(group.model, held_records(run, group.model)[:FIRST]),
        )
        for group in held_groups(run)
    ]
    return {
        **_answers(run),
        "held": groups,
        "held_total": sum(group.total for group in groups),
        "decisions": _decisions(run),
        "held_url": record_url(run, "held"),
    }


def _decisions(run: SyncRun) -> list[ShownDecision]:
    newest = run.hold_decisions.select_related("decided_by", "undone_by").order_by("-pk")
    return [
        ShownDecision(
            decision,
            decision.deleted_at + UNDO_WITHIN
            if decision.deleted_at and can_undo(decision)
            else None,
        )
        for decision in newest[:MOST_DECISIONS]
    ]


def _answers(run: SyncRun) -> dict[str, str]:
    """The later run that has read everything since, if any, and the addresses of the buttons."""
    later = later_read(run)
    return {
        "later_url": change_url(later) if later else "",
        **{f"{name}_url": url for name, url in record_urls(run, "confirm", "keep", "undo").items()},
    }


class HeldView(RecordView[SyncRun]):
    """All records that would be deleted, model by model, page by page, with a search."""

    def get(self, request: HttpRequest) -> HttpResponse:
        run = self.record
        groups = held_groups(run)
        models = [group.model for group in groups]
        asked = request.GET.get("model", "")
        model = asked if asked in models else next(iter(models), "")
        search = _search(request.GET.get("q", ""))
        page = page_number(request)
        rows: list[Any] = []
        listed = 0
        if model:
            start = (page - 1) * PER_PAGE
            found = held_records(run, model, search)
            rows = held_rows(run, model, found[start : start + PER_PAGE + 1])
            listed = found.count()
        return self.page(
            "relais/run_held.html",
            run,
            Breadcrumb(_("Held for review")),
            **_answers(run),
            groups=groups,
            model=model,
            search=search,
            rows=rows[:PER_PAGE],
            listed=listed,
            page_number=page,
            has_next=len(rows) > PER_PAGE,
            held_total=sum(group.total for group in groups),
            decisions=_decisions(run),
        )

    post = get


def _search(text: str) -> str:
    return text.replace("\0", "").strip()[:100]


@dataclass(frozen=True, slots=True)
class HeldSelection:
    """The held rows that a button is about, and the fields that say so once more."""

    rows: QuerySet[HeldDeletion]
    fields: list[tuple[str, str]]

    @classmethod
    def of(cls, run: SyncRun, request: HttpRequest) -> HeldSelection:
        """Those that are ticked, all of the list as it is searched, or all that the run holds."""
        held = HeldDeletion.objects.filter(run=run)
        which, model = request.POST.get("which", "all"), request.POST.get("model", "")
        if which == "all":
            return cls(held, [("which", "all")])
        if request.POST.get("listed") and model in {group.model for group in held_groups(run)}:
            search = _search(request.POST.get("q", ""))
            found = held_records(run, model, search).order_by().values("pk")
            fields = [("which", which), ("listed", "1"), ("model", model), ("q", search)]
            return cls(held.filter(model=model, record_id__in=found), fields)
        ticked = [
            text
            for text in request.POST.getlist("held")[:PER_PAGE]
            if text.isascii() and text.isdigit() and len(text) < 19
        ]
        fields = [("which", which), *(("held", text) for text in ticked)]
        return cls(held.filter(pk__in=map(int, ticked)), fields)


class HoldDecisionView(RecordView[SyncRun]):
    """A decision on what the guard held: a subclass says which, and how it is reported."""

    permission = Permission.DECIDE

    def decide(self, selection: HeldSelection, user: Any) -> int:
        """Carry the decision out; return the number of records."""
        raise NotImplementedError

    def report(self, count: int) -> str:
        raise NotImplementedError

    def post(self, request: HttpRequest) -> HttpResponse:
        selection = HeldSelection.of(self.record, request)
        if not selection.rows.exists() and HeldDeletion.objects.filter(run=self.record).exists():
            messages.warning(request, _("Tick the records that it is about, then choose."))
            return HttpResponseRedirect(record_url(self.record, "held"))
        try:
            count = self.decide(selection, request.user)
        except SyncRefused as refused:
            messages.error(request, translated(refused))
        else:
            if count:
                messages.success(request, self.report(count) % {"count": number(count)})
            else:
                messages.info(request, _("Nothing is held any more: somebody has decided already."))
        return HttpResponseRedirect(change_url(self.record))


class ConfirmView(HoldDecisionView):
    """Delete what the guard held, after a page that says how much it is."""

    def post(self, request: HttpRequest) -> HttpResponse:
        selection = HeldSelection.of(self.record, request)
        total = selection.rows.count()
        # The number that the page has shown; without it nothing has been looked at yet.
        expected = request.POST.get("expected", "")
        if total and expected != str(total) and not later_read(self.record):
            if expected:
                messages.warning(request, _("The list has changed meanwhile. Look once more."))
            return self.page(
                "relais/run_held_confirm.html",
                self.record,
                Breadcrumb(_("Held for review"), record_url(self.record, "held")),
                Breadcrumb(_("Confirm")),
                total=total,
                fields=[*selection.fields, ("expected", str(total))],
                consequences=consequences(selection.rows),
                days=UNDO_WITHIN.days,
                **_answers(self.record),
                held_url=record_url(self.record, "held"),
            )
        return super().post(request)

    def decide(self, selection: HeldSelection, user: Any) -> int:
        return confirm_deletions(self.record.pk, chosen=selection.rows, user=user)

    def report(self, count: int) -> str:
        return ngettext(
            "%(count)s record is marked as deleted.",
            "%(count)s records are marked as deleted.",
            count,
        )


class KeepView(HoldDecisionView):
    """Keep what the guard held: a full sync that does not find it asks again."""

    def decide(self, selection: HeldSelection, user: Any) -> int:
        return keep_records(self.record.pk, chosen=selection.rows, user=user)

    def report(self, count: int) -> str:
        return ngettext(
            "%(count)s record stays. The next full sync looks for it again.",
            "%(count)s records stay. The next full sync looks for them again.",
            count,
        )


class UndoView(RecordView[SyncRun]):
    """Restore what a decision has deleted, after a page that says how much it is."""

    permission = Permission.DECIDE

    def post(self, request: HttpRequest) -> HttpResponse:
        back = HttpResponseRedirect(change_url(self.record))
        decision = find_row(self.record.hold_decisions.all(), request.POST.get("decision", ""))
        if decision is None or decision.undone_at is not None:
            messages.info(request, _("That has been undone already."))
            return back
        coming = coming_back(decision)
        total = sum(count for _name, count in coming)
        if request.POST.get("expected") != str(total) and can_undo(decision):
            return self.page(
                "relais/run_held_undo.html",
                self.record,
                Breadcrumb(_("Undo")),
                decision=decision,
                coming=coming,
                total=total,
                undo_url=record_url(self.record, "undo"),
                run_url=change_url(self.record),
            )
        try:
            count = undo_confirmation(decision.pk, user=request.user)
        except SyncRefused as refused:
            messages.error(request, translated(refused))
        else:
            text = ngettext(
                "%(count)s record is back, as it was.",
                "%(count)s records are back, as they were.",
                count,
            )
            messages.success(request, text % {"count": number(count)})
        return back
