"""Sync runs: the list, the page of one run, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.admin import ReadOnlyMirrorAdmin, display
from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.base.filters import RunStateFilter, RunTypeFilter, TenantFilter
from integrations.admin.base.formatting import NOTHING, ago, change_url, duration, run_badge
from integrations.admin.base.pagination import PER_PAGE, CappedPaginator
from integrations.admin.base.record_views import RecordPage
from integrations.admin.runs import held
from integrations.admin.runs.findings import linked_record
from integrations.admin.runs.report import exchange_rows, live_context, report_context
from integrations.messages import translated
from integrations.models import QuarantinedRecord, SyncRun
from integrations.sync.quarantine_retry import RetryResult, retry
from integrations.sync.runs import SyncRefused, request_cancel


class SyncRunAdmin(ReadOnlyMirrorAdmin):
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
    empty_text = _lazy("Nothing has been synchronised yet.")

    @display(description=_lazy("Run"))
    def number(self, run: SyncRun) -> str:
        return f"#{run.pk}"

    @display(description=_lazy("Tenant"))
    def tenant(self, run: SyncRun) -> str:
        return str(run.integration)

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

    def record_pages(self) -> Mapping[str, RecordPage]:
        see, sync, decide = Permission.SEE, Permission.SYNC, Permission.DECIDE
        return {
            "live": RecordPage(self.live_view, see),
            "cancel": RecordPage(self.cancel_view, sync, "POST"),
            "held": RecordPage(partial(held.held_view, self), see),
            "confirm": RecordPage(held.confirm_view, decide),
            "keep": RecordPage(held.keep_view, decide),
            "retry": RecordPage(self.retry_view, decide, "POST"),
            "exchanges": RecordPage(self.exchanges_view, see),
        }

    def detail(self, _request: HttpRequest, record: SyncRun) -> dict[str, Any]:
        return {**report_context(record), **self._addresses(record)}

    def _addresses(self, run: SyncRun) -> dict[str, str]:
        return {
            f"{name}_url": reverse(f"admin:integrations_syncrun_{name}", args=[run.pk])
            for name in ("live", "cancel", "retry", "exchanges")
        }

    def live_view(self, request: HttpRequest, run: SyncRun) -> HttpResponse:
        """The moving part of the page, as a fragment; says whether to ask again."""
        response = render(
            request,
            "relais/_run_live.html",
            {**live_context(run), **self._addresses(run)},
        )
        response["X-Run-Live"] = "yes" if run.is_live else "no"
        return response

    def cancel_view(self, request: HttpRequest, run: SyncRun) -> HttpResponse:
        if run.is_live:
            request_cancel(run.pk)
            messages.info(request, _("The sync stops as soon as the current step allows."))
        else:
            messages.info(request, _("The sync had already ended."))
        return HttpResponseRedirect(change_url(run))

    def retry_view(self, request: HttpRequest, run: SyncRun) -> HttpResponse:
        """Ask Flatchr once more for a record that was set aside; says at once what came of it."""
        asked = request.POST.get("item", "")
        item = run.quarantined.filter(pk=asked).first() if asked.isdigit() else None
        if item is None:
            messages.info(request, _("This record is no longer set aside: nothing is left to do."))
            return HttpResponseRedirect(change_url(run))
        try:
            retried = retry(item)
        except SyncRefused as refused:
            messages.error(request, translated(refused))
        else:
            _tell(request, item, retried)
        return HttpResponseRedirect(change_url(run))

    def exchanges_view(self, request: HttpRequest, run: SyncRun) -> HttpResponse:
        """Every request of the run, page by page."""
        paginator = CappedPaginator(exchange_rows(run), PER_PAGE)
        number = request.GET.get("p", "1")
        start = (max(1, int(number) if number.isdigit() else 1) - 1) * PER_PAGE
        rows = list(paginator.object_list[start : start + PER_PAGE + 1])
        return self.page(
            request,
            "relais/run_exchanges.html",
            run,
            Crumb(_("Requests to Flatchr")),
            exchanges=rows[:PER_PAGE],
            page_number=start // PER_PAGE + 1,
            has_next=len(rows) > PER_PAGE,
        )


def _tell(request: HttpRequest, item: QuarantinedRecord, retried: RetryResult) -> None:
    """What came of a retry, with a link to the record once it is stored."""
    told = translated(retried.message)
    if not retried.worked:
        messages.warning(request, told)
        return
    linked = linked_record(item.model, retried.record_id)
    if linked is not None:
        told = format_html('{} <a class="rl-link" href="{}">{}</a>', told, linked.url, linked.name)
    messages.success(request, told)
