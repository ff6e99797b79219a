"""Pages and buttons of one sync run, but for held deletions (`held.py`)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission
from integrations.admin.base.pagination import PER_PAGE
from integrations.admin.base.record_links import linked_record
from integrations.admin.base.urls import change_url
from integrations.admin.base.views import (
    Breadcrumb,
    RecordView,
    find_row,
    live_fragment,
    page_number,
)
from integrations.admin.runs.report import (
    are_exchanges_left_out,
    exchange_rows,
    live_context,
    run_urls,
)
from integrations.messages import translated
from integrations.models import QuarantinedRecord, SyncRun
from integrations.sync.quarantine_retry import RetryResult, retry
from integrations.sync.runs import SyncRefused, request_cancel


class LiveRunView(RecordView[SyncRun]):
    """The moving part of the page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        run = self.record
        context = {**live_context(run), **run_urls(run)}
        live = run.is_live or context["tags_go_on"]
        return live_fragment(request, "relais/_run_live.html", context, live=live, state=run.state)

    post = get


class CancelRunView(RecordView[SyncRun]):
    permission = Permission.SYNC

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.record.is_live:
            request_cancel(self.record.pk)
            messages.info(request, _("The sync stops as soon as the current step allows."))
        else:
            messages.info(request, _("The sync had already ended."))
        return HttpResponseRedirect(change_url(self.record))


class RetryRecordView(RecordView[SyncRun]):
    """Ask Flatchr once more for a record that was set aside, and report the result."""

    permission = Permission.DECIDE

    def post(self, request: HttpRequest) -> HttpResponse:
        item = find_row(self.record.quarantined.all(), request.POST.get("item", ""))
        if item is None:
            messages.info(request, _("This record is no longer set aside: nothing is left to do."))
            return HttpResponseRedirect(change_url(self.record))
        try:
            retried = retry(item)
        except SyncRefused as refused:
            messages.error(request, translated(refused))
        else:
            _report(request, item, retried)
        return HttpResponseRedirect(change_url(self.record))


def _report(request: HttpRequest, item: QuarantinedRecord, retried: RetryResult) -> None:
    """A message about a retry, with a link to the record once it is stored."""
    text = translated(retried.message)
    if not retried.worked:
        messages.warning(request, text)
        return
    linked = linked_record(item.model, retried.record_id)
    if linked is not None:
        text = format_html('{} <a class="rl-link" href="{}">{}</a>', text, linked.url, linked.name)
    messages.success(request, text)


class ExchangesView(RecordView[SyncRun]):
    """Every request of the run, page by page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        start = (page_number(request) - 1) * PER_PAGE
        rows = list(exchange_rows(self.record)[start : start + PER_PAGE + 1])
        return self.page(
            "relais/run_exchanges.html",
            self.record,
            Breadcrumb(_("Requests to Flatchr")),
            exchanges=rows[:PER_PAGE],
            page_number=start // PER_PAGE + 1,
            has_next=len(rows) > PER_PAGE,
            exchanges_left_out=are_exchanges_left_out(self.record),
        )

    post = get
