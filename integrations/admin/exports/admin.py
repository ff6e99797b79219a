"""The list of exports, and the base class of the lists that can be exported."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.access import MirrorAdmin, TenantScopedAdmin
from integrations.admin.base.admin import NextStep
from integrations.admin.base.badges import Tone, badge
from integrations.admin.base.filters import FieldFilter, TenantFilter, chosen_tenant
from integrations.admin.base.formatting import date_time, number
from integrations.admin.base.urls import change_url, export_url
from integrations.admin.base.views import AdminView, live_fragment
from integrations.admin.exports.report import report_context, schedule_words
from integrations.admin.exports.views import (
    CancelExportView,
    EndScheduleView,
    ExportView,
    FileView,
    LiveExportView,
)
from integrations.exports import schedules
from integrations.exports.working import is_fetchable
from integrations.models import LIVE_EXPORTS, Export, ExportKind, ExportState, RecordQuerySet

# The list follows at most so many exports that are being written.
MOST_LIVE = 20


class ExportKindFilter(FieldFilter):
    title = _lazy("what")
    parameter_name = field = "kind"
    any_label = _lazy("Any records")
    choices_ = [(kind.value, str(kind.label)) for kind in ExportKind]


class RunningExportsView(AdminView):
    """The moving part of the list."""

    admin: ExportAdmin
    route = "live/"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        context = self.admin.running(request)
        return live_fragment(
            request,
            "relais/_exports_live.html",
            context,
            live=bool(context["running"]),
            state=context["running_state"],
        )


class ExportAdmin(TenantScopedAdmin):
    """Grants members to see their tenant's exports, and authors those of several tenants."""

    record_related = ("integration", "user")
    list_display = ("what", "tenant", "who", "when", "rows_sent", "state_label")
    list_filter = (TenantFilter, ExportKindFilter)
    list_select_related = ("integration", "user")
    list_defer = ("columns", "tenants", "error")
    sortable_by = ()
    ordering = ("-id",)
    change_list_template = "relais/export_list.html"
    detail_template = "relais/export.html"
    next_step = NextStep(
        _lazy("Export candidates"), "integrations_candidate_export", Permission.EXPORT
    )
    list_views = {"all_live": RunningExportsView, "end_schedule": EndScheduleView}
    record_views = {"live": LiveExportView, "file": FileView, "cancel": CancelExportView}
    empty_text = _lazy("No data has been exported yet. Press Export above a list of records.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The exports of the user's tenants; those of several tenants for their author only."""
        if request.user.is_superuser:
            return super().get_queryset(request)
        own = Q(integration=None, user=request.user)
        mine = Q(pk__in=Export.objects.visible_to(request.user).values("pk"))
        return Export.objects.filter(own | mine).order_by(*self.ordering)

    @display(description=pgettext_lazy("noun", "Export"))
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

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        mine = schedules.schedules_of(request.user)
        planned = [
            (
                one,
                schedule_words(one),
                reverse("admin:integrations_export_end_schedule", args=[one.pk]),
            )
            for one in mine
        ]
        context = {"planned": planned, **self.running(request)}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def running(self, request: HttpRequest) -> dict[str, Any]:
        """The exports that are being written, and a state that changes when one of them ends."""
        live = self.get_queryset(request).filter(state__in=LIVE_EXPORTS)
        running = list(live.select_related("integration")[:MOST_LIVE])
        return {
            "running": [(one, change_url(one)) for one in running],
            "running_state": " ".join(str(one.pk) for one in running),
            "running_url": reverse("admin:integrations_export_all_live"),
        }

    def detail(self, request: HttpRequest, record: Export) -> dict[str, Any]:
        return {
            "title": self.what(record),
            "badges": [] if record.is_live else [state_badge(record)],
            **report_context(request, record, self.admin_site),
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


class ExportableAdmin(MirrorAdmin):
    """A list of mirrored records with an export form behind a button above it."""

    list_views = {"export": ExportView}

    def own_parameters(self) -> set[str]:
        """Those of the filters, and those that links of other pages set."""
        records: RecordQuerySet = self.model._default_manager.all()
        return super().own_parameters() | records.list_filters.keys()

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        return queryset.searched(search_term, request.user), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        query = request.GET.copy()
        query.pop("p", None)
        address = ""
        if may(request.user, Permission.EXPORT, chosen_tenant(request)):
            address = export_url(self.model) + (f"?{query.urlencode()}" if query else "")
        context = {"export_url": address, **(extra_context or {})}
        return super().changelist_view(request, context)
