"""Bulk uploads: the list, and the addresses of one upload's pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.admin import BoundedChangeList, ReadOnlyMirrorAdmin, display
from integrations.admin.base.filters import FieldFilter, TenantFilter
from integrations.admin.base.formatting import NOTHING, ago, badge, number
from integrations.admin.base.record_views import RecordPage
from integrations.admin.submissions import bulk_views
from integrations.admin.submissions.bulk_report import report_context, summary
from integrations.models import BulkState, BulkUpload
from integrations.submissions.bulk.result import counts_of

Page = Callable[[Any, HttpRequest, BulkUpload], HttpResponseBase]


class BulkStateFilter(FieldFilter):
    title = _lazy("state")
    parameter_name = field = "state"
    any_label = _lazy("Any state")
    choices_ = [(state.value, str(state.label)) for state in BulkState]


class BulkChangeList(BoundedChangeList):
    """Adds what became of the rows to the uploads of the page, for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        counts = counts_of([upload.pk for upload in self.result_list])
        for upload in self.result_list:
            upload.counts = counts[upload.pk]


class BulkUploadAdmin(ReadOnlyMirrorAdmin):
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
    empty_text = _lazy("Upload a sheet to submit many candidates at once.")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:  # noqa: ARG002
        return BulkChangeList

    @display(description=_lazy("Sheet"))
    def name(self, upload: BulkUpload) -> str:
        return str(upload)

    @display(description=_lazy("Tenant"))
    def tenant(self, upload: BulkUpload) -> str:
        return str(upload.integration)

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
        """The form offers those tenants alone to which the user may submit."""
        return self.admin_site.has_permission(request) and may(request.user, Permission.SUBMIT)

    def record_pages(self) -> Mapping[str, RecordPage]:
        pages: dict[str, tuple[Permission, str, Page]] = {
            "live": (Permission.SEE, "GET", bulk_views.live_view),
            "start": (Permission.SUBMIT, "POST", bulk_views.start_view),
            "cancel": (Permission.SUBMIT, "POST", bulk_views.cancel_view),
            "discard": (Permission.SUBMIT, "POST", bulk_views.discard_view),
            "result": (Permission.SUBMIT, "POST", bulk_views.result_view),
        }
        return {
            name: RecordPage(partial(view, self), permission, method)
            for name, (permission, method, view) in pages.items()
        }

    def get_urls(self) -> list[URLPattern]:
        template = path(
            "template/<str:kind>/",
            self.admin_site.admin_view(bulk_views.template_view),
            name="integrations_bulkupload_template",
        )
        return [template, *super().get_urls()]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return bulk_views.upload_view(self, request)

    def detail(self, request: HttpRequest, record: BulkUpload) -> dict[str, Any]:
        return report_context(request, record)
