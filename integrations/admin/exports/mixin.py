"""The way from a list to a file: what `CandidateAdmin` and its like add to their lists."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.filters import chosen_tenant
from integrations.admin.base.permissions import require
from integrations.admin.exports.views import export_page
from integrations.models import RecordQuerySet


class ExportingMixin:
    """For an admin class of mirrored records: a button above the list, and the page behind it."""

    def get_search_results(
        self, request: HttpRequest, queryset: RecordQuerySet, search_term: str
    ) -> tuple[RecordQuerySet, bool]:
        return queryset.searched(search_term, request.user), False

    def get_urls(self: Any) -> list[URLPattern]:
        name = self.opts.model_name
        view = self.admin_site.admin_view(self.export_view)
        return [
            path("export/", view, name=f"integrations_{name}_export"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def changelist_view(
        self: Any, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        query = request.GET.copy()
        query.pop("p", None)
        allowed = may(request.user, Permission.EXPORT, chosen_tenant(request))
        context = {"export_url": self.export_url(query.urlencode()) if allowed else ""}
        return super().changelist_view(  # type: ignore[misc]
            request, {**context, **(extra_context or {})}
        )

    def export_url(self: Any, filters: str = "") -> str:
        address = reverse(f"admin:integrations_{self.opts.model_name}_export")
        return f"{address}?{filters}" if filters else address

    def export_view(self: Any, request: HttpRequest) -> HttpResponseBase:
        """Take away the records that the list would show, on all its pages."""
        require(request, Permission.EXPORT)
        try:
            return export_page(self, request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self.export_url())
