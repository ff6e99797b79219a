"""Bulk uploads: the list, and which class answers each of an upload's pages."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.http import HttpRequest, HttpResponseBase
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.access import TenantScopedAdmin
from integrations.admin.base.admin import CappedChangeList, NextStep
from integrations.admin.base.badges import badge
from integrations.admin.base.filters import FieldFilter, TenantFilter
from integrations.admin.base.formatting import NOTHING, ago, number
from integrations.admin.submissions import bulk_views
from integrations.admin.submissions.bulk_report import report_context, summary
from integrations.models import BulkState, BulkUpload
from integrations.submissions.bulk.result import counts_of


class BulkStateFilter(FieldFilter):
    title = _lazy("state")
    parameter_name = field = "state"
    any_label = _lazy("Any state")
    choices_ = [(state.value, str(state.label)) for state in BulkState]


class BulkChangeList(CappedChangeList):
    """Adds the outcome of the rows to the uploads of the page, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        counts = counts_of([upload.pk for upload in self.result_list])
        for upload in self.result_list:
            upload.counts = counts[upload.pk]


class BulkUploadAdmin(TenantScopedAdmin):
    """Grants members to see bulk uploads, and those who may submit to make and send them."""

    record_key = "<str:pk>"
    record_related = ("integration", "created_by")
    list_display = ("name", "tenant", "state_label", "rows", "outcome", "by", "when")
    list_filter = (TenantFilter, BulkStateFilter)
    list_select_related = ("integration", "created_by")
    list_defer = ("notes", "refusal")
    search_fields = ("sheet_name",)
    search_placeholder = _lazy("File name")
    sortable_by = ()
    ordering = ("-created_at", "-id")
    change_list_template = "relais/bulk_list.html"
    detail_template = "relais/bulk.html"
    next_step = NextStep(_lazy("Upload a sheet"), "integrations_bulkupload_add", Permission.SUBMIT)
    list_views = {"template": bulk_views.TemplateView}
    record_views = {
        "live": bulk_views.LiveUploadView,
        "start": bulk_views.StartView,
        "cancel": bulk_views.CancelUploadView,
        "discard": bulk_views.DiscardView,
        "result": bulk_views.ResultView,
    }
    empty_text = _lazy("Upload a sheet to submit many candidates at once.")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CappedChangeList]:  # noqa: ARG002
        return BulkChangeList

    @display(description=_lazy("Sheet"))
    def name(self, upload: BulkUpload) -> str:
        return str(upload)

    @display(description=_lazy("State"))
    def state_label(self, upload: BulkUpload) -> SafeString:
        state = BulkState(upload.state)
        return badge(state.label, state.color)

    @display(description=_lazy("Rows"))
    def rows(self, upload: BulkUpload) -> str:
        return number(upload.total) if upload.total else NOTHING

    @display(description=_lazy("Outcome"))
    def outcome(self, upload: Any) -> str:
        return summary(upload, upload.counts) or NOTHING

    @display(description=_lazy("By"))
    def by(self, upload: BulkUpload) -> str:
        return str(upload.created_by) if upload.created_by else NOTHING

    @display(description=_lazy("When"))
    def when(self, upload: BulkUpload) -> SafeString | str:
        return ago(upload.created_at)

    # Pages

    def has_add_permission(self, request: HttpRequest) -> bool:
        """In any tenant; the form offers only those to which the user may submit."""
        return self.admin_site.has_permission(request) and may(request.user, Permission.SUBMIT)

    def add_page(self, request: HttpRequest) -> HttpResponseBase:
        return bulk_views.UploadView.as_view(admin=self)(request)

    def detail(self, request: HttpRequest, record: BulkUpload) -> dict[str, Any]:
        return report_context(request, record)
