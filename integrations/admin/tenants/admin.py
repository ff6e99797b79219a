"""Tenants: the list, and which class answers each of a tenant's pages."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.access import TenantScopedAdmin
from integrations.admin.base.admin import CappedChangeList, NextStep, first_tenant_step
from integrations.admin.base.badges import badge
from integrations.admin.base.filters import FieldFilter, ListFilter
from integrations.admin.base.formatting import NOTHING, ago
from integrations.admin.base.urls import list_url
from integrations.admin.home.tenant_summary import TenantView, tenant_views
from integrations.admin.tenants import (
    connect,
    events,
    field_mapping,
    lifecycle,
    links,
    members,
    people,
    value_maps,
    views,
)
from integrations.messages import translated
from integrations.models import ConnectionLink, Environment, Integration, LinkState
from integrations.tenants.health import Condition
from integrations.tenants.states import condition_of, rank


class EnvironmentFilter(FieldFilter):
    title = _lazy("Flatchr environment")
    parameter_name = field = "environment"
    any_label = _lazy("Any environment")
    choices_ = [(str(value), str(label)) for value, label in Environment.choices]


class StateFilter(ListFilter):
    """The state as it was last stored (`tenants/states.py`); the rows show the present one."""

    title = _lazy("state")
    parameter_name = "state"
    any_label = _lazy("Any state")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(condition.slug, condition.label) for condition in Condition]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        chosen = condition_of(self.value() or "")
        return queryset if chosen is None else queryset.filter(stored_state__rank=rank(chosen))


class TenantChangeList(CappedChangeList):
    """Adds each tenant's state to the rows of the page, for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        shown = tenant_views(self.result_list)
        for tenant, view in zip(self.result_list, shown, strict=True):
            tenant.view = view


class TenantAdmin(TenantScopedAdmin):
    """Grants the members of a tenant to see it; each further page needs a permission there."""

    record_key = "<path:object_id>"
    list_display = ("name", "state", "reason", "environment_name", "last_sync", "next_sync")
    list_filter = (StateFilter, EnvironmentFilter)
    search_fields = ("organization", "origin_id")
    search_placeholder = _lazy("Company or your own ID")
    sortable_by = ("name",)
    ordering = ("organization", "id")
    change_list_template = "relais/tenant_list.html"
    detail_template = "relais/tenant.html"
    add_label = _lazy("Connect a tenant")
    list_views = {"deleted": lifecycle.DeletedTenantsView}
    record_views = {
        "sync": views.SyncView,
        "credentials": connect.CredentialsView,
        "connected": connect.ConnectedView,
        "progress": connect.ProgressView,
        "link": links.LinkView,
        "settings": views.SettingsView,
        "scopes": views.ScopesView,
        "events": events.EventsView,
        "fields": field_mapping.FieldsView,
        "values": value_maps.ValuesView,
        "members": members.MembersView,
        "people": people.KeepPeopleView,
        "enabled": lifecycle.EnabledView,
        "remove": lifecycle.RemoveView,
        "export": views.ExportCandidatesView,
    }
    empty_text = _lazy("Connect your first tenant to see its jobs and candidates here.")

    def empty_step(self, request: HttpRequest) -> NextStep:
        return first_tenant_step(request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CappedChangeList]:  # noqa: ARG002
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

    def find_record(self, request: HttpRequest, key: str | int) -> Integration | None:
        found: Integration | None = self.get_object(request, unquote(str(key)))
        return found

    def no_record(self, request: HttpRequest) -> HttpResponseBase:
        return self.unknown(request)

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

    def add_page(self, request: HttpRequest) -> HttpResponseBase:
        return connect.ConnectView.as_view(admin=self)(request)

    def detail(self, request: HttpRequest, record: Integration) -> dict[str, Any]:
        return views.hub_context(request, record)


def _view(tenant: Any) -> TenantView:
    view: TenantView = tenant.view
    return view
