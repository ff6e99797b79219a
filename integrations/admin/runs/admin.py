"""Sync runs: the list, and which class answers each of a run's pages."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.access import TenantScopedAdmin
from integrations.admin.base.admin import READ_FROM_FLATCHR
from integrations.admin.base.badges import run_badge
from integrations.admin.base.filters import FieldFilter, TenantFilter
from integrations.admin.base.formatting import NOTHING, ago, duration
from integrations.admin.runs import held, views
from integrations.admin.runs.report import report_context, run_urls
from integrations.models import RunState, SyncRun, SyncType


class RunStateFilter(FieldFilter):
    title = _lazy("outcome")
    parameter_name = field = "state"
    any_label = _lazy("Any outcome")
    choices_ = RunState.choices


class RunTypeFilter(FieldFilter):
    title = _lazy("type")
    parameter_name = field = "type"
    any_label = _lazy("Full and delta")
    choices_ = SyncType.choices


class SyncRunAdmin(TenantScopedAdmin):
    """Grants members to see sync runs; cancelling and deciding are pages with permissions."""

    record_key = "<int:run_id>"
    list_display = ("number", "tenant", "state_label", "kind", "started_by", "queued", "lasted")
    list_filter = (TenantFilter, RunStateFilter, RunTypeFilter)
    list_select_related = ("integration", "requested_by")
    list_defer = ("error_detail",)
    search_fields = ("integration__organization",)
    search_placeholder = _lazy("Company")
    sortable_by = ()
    ordering = ("-id",)
    detail_template = "relais/run.html"
    next_step = READ_FROM_FLATCHR
    record_views = {
        "live": views.LiveRunView,
        "cancel": views.CancelRunView,
        "held": held.HeldView,
        "confirm": held.ConfirmView,
        "keep": held.KeepView,
        "undo": held.UndoView,
        "retry": views.RetryRecordView,
        "exchanges": views.ExchangesView,
    }
    empty_text = _lazy("Nothing has been synchronised yet.")

    @display(description=_lazy("Run"))
    def number(self, run: SyncRun) -> str:
        return f"#{run.pk}"

    @display(description=_lazy("Outcome"))
    def state_label(self, run: SyncRun) -> SafeString:
        return run_badge(run.state)

    @display(description=_lazy("Type"))
    def kind(self, run: SyncRun) -> str:
        return str(run.get_type_display())

    @display(description=_lazy("Started by"))
    def started_by(self, run: SyncRun) -> str:
        return str(run.requested_by) if run.requested_by else str(run.get_trigger_display())

    @display(description=_lazy("When"))
    def queued(self, run: SyncRun) -> SafeString | str:
        return ago(run.queued_at)

    @display(description=_lazy("Duration"))
    def lasted(self, run: SyncRun) -> str:
        if not run.started_at or not run.ended_at:
            return NOTHING
        return duration((run.ended_at - run.started_at).total_seconds())

    # One run

    def detail(self, _request: HttpRequest, record: SyncRun) -> dict[str, Any]:
        return {**report_context(record), **run_urls(record)}
