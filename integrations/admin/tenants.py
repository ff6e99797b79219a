"""Tenants: the list, and the addresses of one tenant's pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.admin import tenant_pages
from integrations.admin.base import BoundedChangeList, ReadOnlyMirrorAdmin, display
from integrations.admin.display import NOTHING, ago, badge
from integrations.admin.downloads import download_candidates
from integrations.admin.filters import FieldFilter
from integrations.admin.overview import TenantView, tenant_views
from integrations.admin.people import CandidateAdmin
from integrations.models import Candidate, Environment, Integration

Page = Callable[[Any, HttpRequest, Integration], HttpResponseBase]


class EnvironmentFilter(FieldFilter):
    title = "Flatchr environment"
    parameter_name = field = "environment"
    any_label = "Any environment"
    choices_ = [(str(value), str(label)) for value, label in Environment.choices]


class TenantChangeList(BoundedChangeList):
    """Adds each tenant's state to the rows of the page, for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        views = tenant_views(self.result_list)
        for tenant, view in zip(self.result_list, views, strict=True):
            tenant.view = view


class TenantAdmin(ReadOnlyMirrorAdmin):
    list_display = ("name", "state", "reason", "environment_name", "last_sync", "next_sync")
    list_filter = (EnvironmentFilter,)
    search_fields = ("organization", "origin_id")
    search_placeholder = "Company or your own ID"
    sortable_by = ("name",)
    ordering = ("organization", "id")
    detail_template = "relais/tenant.html"
    empty_text = "Connect your first tenant to see its jobs and candidates here."

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:  # noqa: ARG002
        return TenantChangeList

    @display(description="Tenant", ordering="organization")
    def name(self, tenant: Integration) -> str:
        return str(tenant)

    @display(description="State")
    def state(self, tenant: Integration) -> SafeString:
        health = _view(tenant).health
        return badge(health.condition, health.condition.color)

    @display(description="Why")
    def reason(self, tenant: Integration) -> SafeString:
        return format_html('<span class="rl-reason">{}</span>', _view(tenant).health.reason)

    @display(description="Flatchr")
    def environment_name(self, tenant: Integration) -> str:
        return str(Environment(tenant.environment).label)

    @display(description="Last sync")
    def last_sync(self, tenant: Integration) -> SafeString | str:
        last = _view(tenant).last
        return ago(last.ended_at) if last else NOTHING

    @display(description="Next sync")
    def next_sync(self, tenant: Integration) -> SafeString | str:
        return ago(_view(tenant).next_at)

    # Pages

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever may sign in may connect a tenant, and becomes a member of it."""
        return self.admin_site.has_permission(request)

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, Page] = {
            "sync": tenant_pages.sync_view,
            "credentials": tenant_pages.credentials_view,
            "settings": tenant_pages.settings_view,
            "members": tenant_pages.members_view,
            "export": self.export_view,
        }
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(self._of_tenant(view)),
                name=f"integrations_integration_{name}",
            )
            for name, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def _of_tenant(self, view: Page) -> Callable[..., HttpResponseBase]:
        """`view` with the tenant looked up among the user's own."""

        def of_tenant(request: HttpRequest, object_id: str) -> HttpResponseBase:
            tenant = self.get_object(request, unquote(object_id))
            if tenant is None:
                return self.unknown(request, object_id)
            return view(self, request, tenant)

        return update_wrapper(of_tenant, view)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return tenant_pages.connect_view(self, request)

    def detail(self, request: HttpRequest, record: Integration) -> dict[str, Any]:
        return tenant_pages.hub_context(request, record)

    def export_view(
        self,
        _admin: Any,
        request: HttpRequest,
        tenant: Integration,
    ) -> HttpResponseBase:
        """The tenant's candidates, as the list of candidates would show them."""
        query = request.GET.copy()
        query["tenant"] = tenant.pk
        request.GET = query  # type: ignore[assignment]
        candidates = CandidateAdmin(Candidate, self.admin_site)
        return download_candidates(request, candidates, tenant)


def _view(tenant: Any) -> TenantView:
    view: TenantView = tenant.view
    return view
