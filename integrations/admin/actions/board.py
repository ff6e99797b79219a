"""The board: the applications of one job, or of several of one tenant, by stage.

A column has its number and its first cards, and more of them as one scrolls. What a sync or
somebody else changes is asked for by the number of the tenant's last batch of changes, which costs
one look-up while nothing has changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, TemplatePermissions, may
from integrations.actions.kinds import stage_choices
from integrations.admin.actions.acting import shown_actions
from integrations.admin.base.formatting import job_detail
from integrations.admin.base.views import AdminView, Breadcrumb
from integrations.changes import batches
from integrations.enumerations import JobStatus, Outcome
from integrations.models import (
    LIVE_ACTIONS,
    Action,
    Application,
    ChangeBatch,
    Integration,
    Job,
)
from integrations.records import Model

# Cards of a column that are drawn at a time.
CARDS = 40
# Jobs on one board, and jobs offered for it.
MOST_JOBS, OFFERED = 20, 300
# Cards that one answer tells of; where more have changed, the page is loaded anew.
MOST_CHANGED = 200
OUTCOMES = (
    ("", _lazy("In progress and hired")),
    (Outcome.PENDING.value, _lazy("In progress")),
    (Outcome.HIRED.value, _lazy("Hired")),
    (Outcome.DECLINED.value, _lazy("Declined")),
    ("all", _lazy("All outcomes")),
)


@dataclass(slots=True)
class BoardColumn:
    """A stage and its first cards; `id` is blank for applications in none that is shown."""

    id: str
    label: str
    hired: bool = False
    count: int = 0
    cards: list[Application] = field(default_factory=list)

    @property
    def more(self) -> bool:
        return self.count > len(self.cards)


class Board:
    """What the address of a board selects, as its user may see it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        asked = [one for one in request.GET.getlist("job") if "\0" not in one][:MOST_JOBS]
        visible = Job.objects.visible_to(request.user).defer("remote_data", "description")
        jobs = list(visible.filter(pk__in=asked).select_related("integration"))
        jobs.sort(key=lambda job: asked.index(job.pk))
        # Stages are a company's own, so a board is of one.
        self.integration: Integration | None = jobs[0].integration if jobs else None
        self.jobs = [job for job in jobs if job.integration_id == jobs[0].integration_id]
        self.outcome = _given(request, "outcome")
        self.typed = _given(request, "q").strip()
        self.source = _given(request, "source")
        choices = stage_choices(self.integration) if self.integration else []
        self.stages = {one.id: one for one in choices}

    def applications(self) -> Any:
        rows = Application.objects.visible_to(self.request.user).live()
        rows = rows.filter(job__in=[job.pk for job in self.jobs])
        if self.outcome == "":
            rows = rows.exclude(outcome=Outcome.DECLINED)
        elif self.outcome != "all":
            rows = rows.filter(outcome=self.outcome)
        if self.source:
            rows = rows.filter(source=self.source)
        if self.typed:
            rows = rows.searched(self.typed, self.request.user)
        return rows

    def counts(self) -> dict[str, int]:
        """The number of applications in each column, by its id."""
        found: dict[str, int] = dict.fromkeys(self.stages, 0)
        rows = self.applications().order_by().values_list("current_stage").annotate(n=Count("pk"))
        for stage, number in rows:
            key = stage if stage in self.stages else ""
            found[key] = found.get(key, 0) + number
        return found

    def cards(self, column: str, start: int = 0) -> list[Application]:
        rows = self.applications()
        rows = (
            rows.filter(current_stage=column)
            if column
            else rows.exclude(current_stage__in=list(self.stages))
        )
        return self.drawn(rows.order_by("-remote_created_at", "-pk")[start : start + CARDS])

    def drawn(self, rows: Any) -> list[Application]:
        """With what a card shows, and without what it does not."""
        return list(
            rows.select_related("candidate", "job").defer(
                *("remote_data", "job__remote_data", "job__description"),
                *("job__custom_fields", "job__integration_fields"),
            )
        )

    def columns(self) -> list[BoardColumn]:
        counts = self.counts()
        columns = [BoardColumn(one.id, one.label, one.hired) for one in self.stages.values()]
        if counts.get(""):
            columns.insert(0, BoardColumn("", _("No stage")))
        for column in columns:
            column.count = counts.get(column.id, 0)
            column.cards = self.cards(column.id) if column.count else []
        return columns

    def number(self) -> int:
        return batches.last_number(self.integration.pk) if self.integration else 0

    def may_act(self) -> bool:
        return self.integration is not None and may(
            self.request.user, Permission.ACT, self.integration
        )


class BoardView(AdminView):
    """The page; without a job, the choice of one."""

    route = "board/"

    def get(self, request: HttpRequest) -> HttpResponse:
        board = Board(request)
        # Before the cards are read: what changes meanwhile is told of once more.
        number = board.number()
        offered = [(job, job_detail(job)) for job in _offered(request, board)]
        title = str(board.jobs[0]) if len(board.jobs) == 1 else _("Board")
        return self.page(
            "relais/board.html",
            None,
            Breadcrumb(_("Board")),
            title=title,
            subtitle=job_detail(board.jobs[0]) if len(board.jobs) == 1 else "",
            board=board,
            columns=board.columns() if board.jobs else [],
            number=number,
            several=len(board.jobs) > 1,
            offered=offered,
            outcomes=OUTCOMES,
            sources=_sources(board),
            chosen=[(job, _without(request, job)) for job in board.jobs],
            may_act=board.may_act(),
            query=request.GET.urlencode(),
            rights=TemplatePermissions(request.user, board.integration),
        )


class BoardCardsView(AdminView):
    """Further cards of one column."""

    route = "board/cards/"

    def get(self, request: HttpRequest) -> HttpResponse:
        board = Board(request)
        start = request.GET.get("start", "0")
        at = int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 0
        cards = board.cards(_given(request, "stage"), at) if board.jobs else []
        return HttpResponse(_cards(request, board, cards))


class BoardChangesView(AdminView):
    """What has changed since `number`, and how far the moves of the cards in `cards` are."""

    route = "board/changes/"

    def get(self, request: HttpRequest) -> HttpResponse:
        board = Board(request)
        if not board.jobs or board.integration is None:
            return JsonResponse({"reload": True})
        cards = request.GET.get("cards", "").replace("\0", "")
        asked = [one for one in cards.split(",") if one][:MOST_CHANGED]
        since = request.GET.get("number", "0")
        number = board.number()
        before = int(since) if since.isascii() and since.isdigit() and len(since) < 19 else 0
        if number == before and not asked:
            return JsonResponse({"number": number})
        changed = _changed(board, before) if number != before else []
        if changed is None:
            return JsonResponse({"reload": True})
        keys = list(dict.fromkeys([*changed, *asked]))
        return JsonResponse(
            {"number": number, "counts": board.counts(), "cards": _told(board, keys)}
        )


def _given(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "")[:200]


def _changed(board: Board, number: int) -> list[str] | None:
    """The applications of the board's jobs that have changed since; None if they are too many."""
    stamps = ChangeBatch.objects.filter(
        integration=board.integration, number__gt=number, model=Model.APPLICATIONS
    ).values_list("changed_at", flat=True)
    moments = list(stamps[: MOST_CHANGED + 1])
    if len(moments) > MOST_CHANGED:
        return None
    rows = Application.objects.filter(
        integration=board.integration,
        job__in=[job.pk for job in board.jobs],
        changed_at__in=moments,
    )
    keys = list(rows.order_by().values_list("pk", flat=True)[: MOST_CHANGED + 1])
    return keys if len(keys) <= MOST_CHANGED else None


def _told(board: Board, keys: list[str]) -> list[dict[str, Any]]:
    """Of each card its column, or None where it is not on the board, and its last move."""
    shown = {one.pk: one for one in board.drawn(board.applications().filter(pk__in=keys))}
    last: dict[str, Action] = {}
    rows = Action.objects.filter(application__in=keys, integration=board.integration)
    for row in rows.select_related("user").order_by("created_at", "pk"):
        last[str(row.application_id)] = row
    words = {one.action.pk: one for one in shown_actions(last.values(), may_act=False)}
    told = []
    for key in keys:
        card, action = shown.get(key), last.get(key)
        one = words[action.pk] if action else None
        told.append(
            {
                "id": key,
                "stage": (
                    None
                    if card is None
                    else card.current_stage_id
                    if card.current_stage_id in board.stages
                    else ""
                ),
                "html": _cards(board.request, board, [card]) if card else "",
                "live": bool(action and action.state in LIVE_ACTIONS),
                "state": one.label if one else "",
                "tone": one.tone if one else "",
                "message": one.message if one else "",
            }
        )
    return told


def _cards(request: HttpRequest, board: Board, cards: Iterable[Application]) -> str:
    context = {
        "cards": cards,
        "several": len(board.jobs) > 1,
        "may_act": board.may_act(),
    }
    return render_to_string("relais/_board_cards.html", context, request)


def _offered(request: HttpRequest, board: Board) -> list[Job]:
    """Jobs that can be added to the board: open ones, of its tenant once there is one."""
    jobs = Job.objects.visible_to(request.user).live().filter(status=JobStatus.OPEN)
    jobs = jobs.exclude(pk__in=[job.pk for job in board.jobs])
    if board.integration is not None:
        jobs = jobs.filter(integration=board.integration)
    elif tenant := _given(request, "tenant"):
        jobs = jobs.filter(integration=tenant)
    return list(
        jobs.select_related("integration")
        .defer("remote_data", "description", "custom_fields", "integration_fields")
        .order_by("name", "pk")[:OFFERED]
    )


def _sources(board: Board) -> list[str]:
    if not board.jobs:
        return []
    jobs = [job.pk for job in board.jobs]
    rows = Application.objects.live().filter(job__in=jobs).exclude(source=None)
    return sorted(set(rows.order_by().values_list("source", flat=True).distinct()[:100]))


def _without(request: HttpRequest, job: Job) -> str:
    """The address without that job."""
    query = request.GET.copy()
    query.setlist("job", [pk for pk in query.getlist("job") if pk != job.pk])
    return f"?{query.urlencode()}"
