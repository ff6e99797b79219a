"""Bulk actions: their list, and the page of one with its progress and a result for each row."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import display
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.actions import bulk
from integrations.actions.inputs import ActionNotPossible, Actor
from integrations.admin.actions.acting import ShownAction, action_words, shown_actions
from integrations.admin.base.access import TenantScopedAdmin
from integrations.admin.base.badges import badge
from integrations.admin.base.filters import TenantFilter
from integrations.admin.base.formatting import date_time, number
from integrations.admin.base.pagination import cut
from integrations.admin.base.urls import change_url, record_urls
from integrations.admin.base.views import RecordView, live_fragment, page_number
from integrations.messages import translated
from integrations.models import (
    LIVE_ACTIONS,
    Action,
    ActionGroup,
    ActionState,
    ApplicationStage,
)

ROWS = 100
# What a person has to do something about comes first.
ORDER = (
    *(ActionState.NOT_DONE, ActionState.ABANDONED, ActionState.UNCERTAIN),
    *(ActionState.SENDING, ActionState.WAITING, ActionState.DONE),
)


class LiveGroupView(RecordView[ActionGroup]):
    """The moving part of the page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = group_context(self.record, page_number(request))
        return live_fragment(request, "relais/_action_group.html", context, live=context["live"])


class StopGroupView(RecordView[ActionGroup]):
    """What has not been sent is not done."""

    permission = Permission.ACT

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            stopped = bulk.stop(self.record, by=Actor(user=request.user))
        except ActionNotPossible as error:
            messages.warning(request, translated(error))
        else:
            messages.info(
                request, _("Stopped: %(number)s were not sent.") % {"number": number(stopped)}
            )
        return HttpResponseRedirect(change_url(self.record))


class RetryGroupView(RecordView[ActionGroup]):
    """What was not done is tried again."""

    permission = Permission.ACT

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            count = bulk.retry_failed(self.record, by=Actor(user=request.user))
        except ActionNotPossible as error:
            messages.warning(request, translated(error))
        else:
            if not count:
                messages.info(request, _("There is nothing to try again."))
        return HttpResponseRedirect(change_url(self.record))


class ActionGroupAdmin(TenantScopedAdmin):
    """Grants members to see what was done to many at once, and Operators to stop and repeat it."""

    record_key = "<str:pk>"
    record_related = ("integration", "user")
    list_display = ("what", "tenant", "who", "when", "count", "state")
    list_filter = (TenantFilter,)
    list_select_related = ("integration", "user")
    sortable_by = ()
    ordering = ("-created_at", "-id")
    plural = _lazy("Bulk actions")
    detail_template = "relais/action_group.html"
    empty_text = _lazy("Tick applications or candidates in their lists, and choose what to do.")
    record_views = {"live": LiveGroupView, "stop": StopGroupView, "retry": RetryGroupView}

    @display(description=_lazy("What"))
    def what(self, group: ActionGroup) -> str:
        return group_words(group)

    @display(description=_lazy("Who"))
    def who(self, group: ActionGroup) -> str:
        return str(group.user or group.key or "–")

    @display(description=_lazy("When"))
    def when(self, group: ActionGroup) -> SafeString | str:
        return date_time(group.created_at)

    @display(description=_lazy("Applications"))
    def count(self, group: ActionGroup) -> str:
        return number(group.actions.count())

    @display(description=_lazy("State"))
    def state(self, group: ActionGroup) -> SafeString:
        return state_badge(group)

    def detail(self, request: HttpRequest, record: ActionGroup) -> dict[str, Any]:
        context = group_context(record, page_number(request))
        return {
            "title": group_words(record),
            "badges": [] if context["live"] else [state_badge(record)],
            "group": record,
            "urls": record_urls(record, "live", "stop", "retry"),
            **context,
        }


def group_words(group: ActionGroup) -> str:
    """What is done to each."""
    stage = group.parameters.get("stage")
    titles = dict(ApplicationStage.objects.filter(pk=stage or "").values_list("pk", "name"))
    return action_words(Action(kind=group.kind, parameters=group.parameters), titles)


def state_badge(group: ActionGroup) -> SafeString:
    counts = group.counts()
    if any(counts[state] for state in LIVE_ACTIONS):
        return badge(_("Under way"), "info")
    if group.stopped_at:
        return badge(_("Stopped"), "warning")
    if counts[ActionState.NOT_DONE] or counts[ActionState.ABANDONED]:
        return badge(_("Done in part"), "warning")
    return badge(_("All done"), "success")


def group_context(group: ActionGroup, page: int) -> dict[str, Any]:
    counts = group.counts()
    total = sum(counts.values())
    waiting = sum(counts[state] for state in LIVE_ACTIONS)
    found = cut(_rows(group), (page - 1) * ROWS, ROWS)
    shown: list[ShownAction] = list(shown_actions(found.rows, may_act=False))
    return {
        "group": group,
        "live": bool(waiting),
        "total": total,
        "over": total - waiting,
        "waiting": counts[ActionState.WAITING],
        "failed": counts[ActionState.NOT_DONE],
        "figures": [
            (state.label, counts[state], state.color)
            for state in ORDER
            if counts[state] or state in (ActionState.DONE, ActionState.NOT_DONE)
        ],
        "rows": shown,
        "page": page,
        "more": found.more,
    }


def _rows(group: ActionGroup) -> Any:
    place = Case(
        *(When(state=state, then=Value(at)) for at, state in enumerate(ORDER)),
        output_field=IntegerField(),
    )
    rows = Action.objects.filter(group=group).select_related(
        "application__candidate", "application__job"
    )
    return rows.defer(
        "application__remote_data", "application__job__remote_data", "application__job__description"
    ).order_by(place, "-ended_at", "pk")
