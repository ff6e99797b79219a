"""Exports: who took which data away, what is being written, and the files that are ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.admin import ReadOnlyMirrorAdmin, display
from integrations.admin.base.filters import FieldFilter, TenantFilter
from integrations.admin.base.formatting import Tone, badge, change_url, date_time, list_url, number
from integrations.admin.base.record_views import RecordPage
from integrations.admin.exports.report import progress_context, report_context
from integrations.audit.trail import record
from integrations.exports import files, schedules, service
from integrations.exports.formats import FORMATS
from integrations.exports.selection import may_fetch
from integrations.exports.working import is_fetchable
from integrations.models import LIVE_EXPORTS, Event, Export, ExportKind, ExportState

# Of those that are being written, so many are followed on the list.
MOST_LIVE = 20


class KindFilter(FieldFilter):
    title = _lazy("what")
    parameter_name = field = "kind"
    any_label = _lazy("Any records")
    choices_ = [(kind.value, str(kind.label)) for kind in ExportKind]


class ExportAdmin(ReadOnlyMirrorAdmin):
    record_related = ("integration", "user")
    list_display = ("what", "tenant", "who", "when", "rows_sent", "state_label")
    list_filter = (TenantFilter, KindFilter)
    list_select_related = ("integration", "user")
    list_defer = ("columns", "tenants", "error")
    sortable_by = ()
    ordering = ("-id",)
    change_list_template = "relais/export_list.html"
    detail_template = "relais/export.html"
    empty_text = _lazy("No data has been taken away yet. Press Export above a list of records.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The user's tenants' exports; one that spans several tenants is its author's alone."""
        if request.user.is_superuser:
            return super().get_queryset(request)
        own = Q(integration=None, user=request.user)
        mine = Q(pk__in=Export.objects.visible_to(request.user).values("pk"))
        return Export.objects.filter(own | mine).order_by(*self.ordering)

    @display(description=_lazy("Export"))
    def what(self, export: Export) -> str:
        return f"{export.get_kind_display()}, {export.get_format_display()}"

    @display(description=_lazy("Tenant"))
    def tenant(self, export: Export) -> str:
        return str(export.integration) if export.integration else _("Several tenants")

    @display(description=_lazy("By"))
    def who(self, export: Export) -> str:
        return str(export.user) if export.user else _("Command line")

    @display(description=_lazy("When"))
    def when(self, export: Export) -> SafeString | str:
        return date_time(export.started_at)

    @display(description=_lazy("Rows"))
    def rows_sent(self, export: Export) -> str:
        return number(export.rows)

    @display(description=_lazy("State"))
    def state_label(self, export: Export) -> SafeString:
        return state_badge(export)

    # Pages

    def record_pages(self) -> Mapping[str, RecordPage]:
        return {
            # How far one's own export is may be seen by who has lost the tenant meanwhile.
            "live": RecordPage(live_view, None, "GET"),
            "file": RecordPage(file_view, Permission.EXPORT, "POST"),
            "cancel": RecordPage(cancel_view, Permission.EXPORT, "POST"),
        }

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("live/", wrap(self.all_live_view), name="integrations_export_all_live"),
            path(
                "schedules/<int:pk>/end/",
                wrap(end_schedule_view),
                name="integrations_export_end_schedule",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        mine = schedules.schedules_of(request.user)
        planned = [
            (one, reverse("admin:integrations_export_end_schedule", args=[one.pk])) for one in mine
        ]
        context = {"planned": planned, **self._under_way(request)}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def _under_way(self, request: HttpRequest) -> dict[str, Any]:
        """The exports that are being written, and by what the page knows that one has ended."""
        live = self.get_queryset(request).filter(state__in=LIVE_EXPORTS)
        running = list(live.select_related("integration")[:MOST_LIVE])
        return {
            "running": [(one, change_url(one)) for one in running],
            "running_state": " ".join(str(one.pk) for one in running),
            "running_url": reverse("admin:integrations_export_all_live"),
        }

    def all_live_view(self, request: HttpRequest) -> HttpResponseBase:
        """What moves on the list, as a fragment; with what its script asks for."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        context = self._under_way(request)
        response = render(request, "relais/_exports_live.html", context)
        response["X-Run-Live"] = "yes" if context["running"] else "no"
        response["X-Run-State"] = context["running_state"]
        add_never_cache_headers(response)
        return response

    def detail(self, request: HttpRequest, record: Export) -> dict[str, Any]:
        return {
            "title": self.what(record),
            "badges": [] if record.is_live else [state_badge(record)],
            **report_context(request, record),
        }


def state_badge(export: Export) -> SafeString:
    state = ExportState(export.state)
    if state == ExportState.STREAMED:
        if export.rows is None:
            return badge(_("Not finished"), Tone.WARNING)
        return badge(_("Complete"), Tone.SUCCESS)
    if state == ExportState.DONE and not is_fetchable(export):
        return badge(_("Expired"), Tone.NEUTRAL)
    return badge(state.label, state.color)


def live_view(request: HttpRequest, export: Export) -> HttpResponse:
    """The moving part of the page, as a fragment; says whether to ask again."""
    response = render(request, "relais/_export_live.html", progress_context(export))
    response["X-Run-Live"] = "yes" if export.is_live else "no"
    add_never_cache_headers(response)
    return response


def file_view(request: HttpRequest, export: Export) -> HttpResponseBase:
    """The file, for whoever asked for it, as long as they see all tenants that are in it."""
    if not is_fetchable(export):
        messages.error(request, _("This file has expired. Export the data again."))
        return HttpResponseRedirect(change_url(export))
    if not may_fetch(export, request.user):
        raise Http404
    try:
        content = files.opened(export)
    except FileNotFoundError:
        messages.error(request, _("This file is gone from the disk. Export the data again."))
        return HttpResponseRedirect(change_url(export))
    record(Event.EXPORT_FETCHED, tenant=export.integration, about=export, kind=export.kind)
    return FileResponse(
        content,
        as_attachment=True,
        filename=service.filename(export),
        content_type=FORMATS[export.format].content_type,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )


def cancel_view(request: HttpRequest, export: Export) -> HttpResponseBase:
    if export.user_id != request.user.pk and not request.user.is_superuser:
        raise Http404
    if service.cancel(export):
        messages.info(request, _("The export was cancelled. Nothing of it is kept."))
    else:
        messages.info(request, _("The export had ended already."))
    return HttpResponseRedirect(change_url(export))


def end_schedule_view(request: HttpRequest, pk: int) -> HttpResponseBase:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    planned = schedules.schedules_of(request.user).filter(pk=pk).first()
    if planned is None:
        raise Http404
    schedules.end(planned)
    messages.success(request, _("The scheduled export was ended. Files made so far stay."))
    return HttpResponseRedirect(list_url(Export))
