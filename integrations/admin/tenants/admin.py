"""Tenants: the list, and the addresses of one tenant's pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.admin import BoundedChangeList, ReadOnlyMirrorAdmin, display
from integrations.admin.base.filters import FieldFilter
from integrations.admin.base.formatting import NOTHING, ago, badge, list_url
from integrations.admin.base.record_views import RecordPage
from integrations.admin.home.tenant_summary import TenantView, tenant_views
from integrations.admin.records.candidates import CandidateAdmin
from integrations.admin.tenants import (
    connect,
    field_mapping,
    lifecycle,
    links,
    members,
    scopes,
    value_maps,
)
from integrations.admin.tenants import views as tenant_pages
from integrations.messages import translated
from integrations.models import Candidate, ConnectionLink, Environment, Integration, LinkState

Page = Callable[[Any, HttpRequest, Integration], HttpResponseBase]


class EnvironmentFilter(FieldFilter):
    title = _lazy("Flatchr environment")
    parameter_name = field = "environment"
    any_label = _lazy("Any environment")
    choices_ = [(str(value), str(label)) for value, label in Environment.choices]


class TenantChangeList(BoundedChangeList):
    """Adds each tenant's state to the rows of the page, for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        views = tenant_views(self.result_list)
        for tenant, view in zip(self.result_list, views, strict=True):
            tenant.view = view


class TenantAdmin(ReadOnlyMirrorAdmin):
    record_key = "<path:object_id>"
    list_display = ("name", "state", "reason", "environment_name", "last_sync", "next_sync")
    list_filter = (EnvironmentFilter,)
    search_fields = ("organization", "origin_id")
    search_placeholder = _lazy("Company or your own ID")
    sortable_by = ("name",)
    ordering = ("organization", "id")
    change_list_template = "relais/tenant_list.html"
    detail_template = "relais/tenant.html"
    empty_text = _lazy("Connect your first tenant to see its jobs and candidates here.")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:  # noqa: ARG002
        return TenantChangeList

    @display(description=_lazy("Tenant"), ordering="organization")
    def name(self, tenant: Integration) -> str:
        return str(tenant)

    @display(description=_lazy("State"))
    def state(self, tenant: Integration) -> SafeString:
        health = _view(tenant).health
        return badge(health.condition.label, health.condition.color)

    @display(description=_lazy("Why"))
    def reason(self, tenant: Integration) -> SafeString:
        return format_html(
            '<span class="rl-reason">{}</span>', translated(_view(tenant).health.reason)
        )

    @display(description=_lazy("Flatchr"))
    def environment_name(self, tenant: Integration) -> str:
        return str(Environment(tenant.environment).label)

    @display(description=_lazy("Last sync"))
    def last_sync(self, tenant: Integration) -> SafeString | str:
        last = _view(tenant).last
        return ago(last.ended_at) if last else NOTHING

    @display(description=_lazy("Next sync"))
    def next_sync(self, tenant: Integration) -> SafeString | str:
        return ago(_view(tenant).next_at)

    # Pages

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever connects a tenant becomes its Manager."""
        return self.admin_site.has_permission(request) and may(request.user, Permission.CONNECT)

    def record_pages(self) -> Mapping[str, RecordPage]:
        pages: dict[str, tuple[Permission, Page]] = {
            "sync": (Permission.SYNC, tenant_pages.sync_view),
            "credentials": (Permission.CONFIGURE, connect.credentials_view),
            "connected": (Permission.SEE, connect.connected_view),
            "progress": (Permission.SEE, connect.progress_view),
            "link": (Permission.CONFIGURE, links.link_view),
            "settings": (Permission.CONFIGURE, tenant_pages.settings_view),
            "scopes": (Permission.CONFIGURE, scopes.scopes_view),
            "fields": (Permission.DECIDE, field_mapping.fields_view),
            "values": (Permission.DECIDE, value_maps.values_view),
            "members": (Permission.MANAGE_MEMBERS, members.members_view),
            "enabled": (Permission.CONFIGURE, lifecycle.enabled_view),
            "remove": (Permission.DELETE_TENANT, lifecycle.remove_view),
            "export": (Permission.EXPORT, _export),
        }
        return {
            name: RecordPage(partial(view, self), permission)
            for name, (permission, view) in pages.items()
        }

    def find_record(self, request: HttpRequest, key: str | int) -> Integration | None:
        found: Integration | None = self.get_object(request, unquote(str(key)))
        return found

    def no_record(self, request: HttpRequest, key: str | int) -> HttpResponseBase:
        return self.unknown(request, str(key))

    def get_urls(self) -> list[URLPattern]:
        deleted = path(
            "deleted/",
            self.admin_site.admin_view(self.deleted_view),
            name="integrations_integration_deleted",
        )
        return [deleted, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = (
            may(request.user, Permission.DELETE_TENANT) and Integration.objects.deleted().exists()
        )
        context = {
            "deleted_url": lifecycle.deleted_url() if shown else "",
            "links_url": list_url(ConnectionLink, state=LinkState.OPEN.value),
            "invite_url": reverse("admin:integrations_connectionlink_add"),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def deleted_view(self, request: HttpRequest) -> HttpResponse:
        return lifecycle.deleted_view(self, request)

    def add_page(self, request: HttpRequest) -> HttpResponseBase:
        return connect.connect_view(self, request)

    def detail(self, request: HttpRequest, record: Integration) -> dict[str, Any]:
        return tenant_pages.hub_context(request, record)


def _export(admin: Any, _request: HttpRequest, tenant: Integration) -> HttpResponseBase:
    """The page on which the tenant's candidates are taken away."""
    candidates = CandidateAdmin(Candidate, admin.admin_site)
    return HttpResponseRedirect(candidates.export_url(urlencode({"tenant": tenant.pk})))


def _view(tenant: Any) -> TenantView:
    view: TenantView = tenant.view
    return view
