"""The audit trail: the list, one entry, and the file of what the list selects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.admin import display
from django.db.models import QuerySet, TextChoices
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may, tenants_where
from integrations.admin.base.access import TenantScopedAdmin
from integrations.admin.base.cards import Card
from integrations.admin.base.filters import ListFilter, TenantFilter, chosen_tenant
from integrations.admin.base.formatting import NOTHING, date_time, label, plain
from integrations.admin.base.urls import export_url
from integrations.admin.base.views import AdminView
from integrations.audit import queries
from integrations.audit.queries import as_csv
from integrations.audit.trail import record
from integrations.models import (
    AuditEntry,
    Event,
    Every,
    ExportFormat,
    ExportKind,
    Integration,
)

GROUPS: dict[str, tuple[Any, tuple[Event, ...]]] = {
    "signing_in": (_lazy("Signing in"), queries.SIGN_IN_EVENTS),
    "people": (
        _lazy("Users and roles"),
        (
            Event.USER_INVITED,
            Event.USER_CHANGED,
            Event.MEMBER_INVITED,
            Event.INVITATION_ENDED,
            Event.MEMBER_ADDED,
            Event.MEMBER_CHANGED,
            Event.MEMBER_REMOVED,
        ),
    ),
    "settings": (
        _lazy("Connection and settings"),
        (
            Event.TENANT_CONNECTED,
            Event.CREDENTIALS_CHANGED,
            Event.LINK_MADE,
            Event.LINK_WITHDRAWN,
            Event.SETTINGS_CHANGED,
            Event.DECIDED,
            Event.TENANT_ENABLED,
            Event.TENANT_DISABLED,
        ),
    ),
    "deletions": (
        _lazy("Deletions"),
        (
            Event.TENANT_DELETED,
            Event.TENANT_RESTORED,
            Event.TENANT_EMPTIED,
            Event.DELETIONS_CONFIRMED,
            Event.DELETIONS_DISMISSED,
            Event.DELETIONS_UNDONE,
            Event.RECORD_RETRIED,
        ),
    ),
    "syncs": (_lazy("Syncs"), (Event.SYNC_STARTED, Event.SYNC_CANCELLED)),
    "submissions": (
        _lazy("Submissions"),
        (
            Event.SUBMITTED,
            Event.SUBMISSION_CANCELLED,
            Event.BULK_STARTED,
            Event.BULK_CANCELLED,
        ),
    ),
    "exports": (
        _lazy("Exports"),
        (
            Event.EXPORTED,
            Event.EXPORT_FETCHED,
            Event.EXPORT_CANCELLED,
            Event.EXPORT_SCHEDULED,
            Event.CV_SHOWN,
            Event.CV_DOWNLOADED,
            Event.CV_LINKED,
            Event.BULK_FETCHED,
            Event.AUDIT_EXPORTED,
        ),
    ),
    "keys": (
        _lazy("API keys and requests to Flatchr"),
        (
            Event.KEY_MADE,
            Event.KEY_REVOKED,
            Event.KEY_USED,
            Event.CONSOLE_READ,
            Event.PASSTHROUGH_WRITE,
        ),
    ),
    "webhooks": (
        _lazy("Webhooks"),
        (
            Event.WEBHOOK_MADE,
            Event.WEBHOOK_CHANGED,
            Event.WEBHOOK_DELETED,
            Event.WEBHOOK_SWITCHED_OFF,
            Event.WEBHOOK_SECRET_ROTATED,
            Event.WEBHOOK_REPLAYED,
        ),
    ),
}


# What the details of an export's entry are called, and the words for their values.
EXPORT_DETAILS: dict[str, tuple[Any, type[TextChoices]]] = {
    "kind": (_lazy("Records"), ExportKind),
    "format": (_lazy("Format"), ExportFormat),
    "every": (_lazy("How often"), Every),
}


class EventGroupFilter(ListFilter):
    title = _lazy("what")
    parameter_name = "group"
    any_label = _lazy("Everything")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return [(key, str(label)) for key, (label, _events) in GROUPS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        chosen = GROUPS.get(self.value() or "")
        return queryset.filter(what__in=chosen[1]) if chosen else queryset


class ExportTrailView(AdminView):
    """The entries that the list selects, as CSV. The export is an entry itself."""

    permission = Permission.AUDIT

    def post(self, request: HttpRequest) -> HttpResponseBase:
        selected = self.admin.selection(request)
        limited = Integration.objects.filter(pk=chosen_tenant(request)).first()
        record(Event.AUDIT_EXPORTED, tenant=limited)
        name = f"audit-{timezone.localdate():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            as_csv(selected),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )


class AuditAdmin(TenantScopedAdmin):
    """Grants those who may read the audit trail to see the entries of their tenants."""

    list_display = ("what_label", "by", "tenant_name", "about", "address", "moment")
    list_filter = (TenantFilter, EventGroupFilter)
    search_fields = ("who", "object_name", "object_id")
    search_placeholder = _lazy("User, or name of what was changed")
    sortable_by = ()
    ordering = ("-id",)
    plural = _lazy("Audit trail")
    change_list_template = "relais/audit_list.html"
    list_views = {"export": ExportTrailView}
    empty_text = _lazy("Nothing has been recorded yet.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        tenants = tenants_where(request.user, Permission.AUDIT)
        return queries.visible_to(request.user, tenants=tenants).order_by(*self.ordering)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request) and may(request.user, Permission.AUDIT)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request) and super().has_view_permission(request, obj)

    @display(description=_lazy("What"))
    def what_label(self, entry: AuditEntry) -> str:
        return queries.label(entry.what)

    @display(description=_lazy("Who"))
    def by(self, entry: AuditEntry) -> str:
        return queries.actor(entry)

    @display(description=_lazy("Tenant"))
    def tenant_name(self, entry: AuditEntry) -> str:
        return entry.tenant or NOTHING

    @display(description=_lazy("About"))
    def about(self, entry: AuditEntry) -> str:
        """Its name, else its kind and number: candidates' names are not in the trail."""
        if entry.object_name or not entry.object_id:
            return entry.object_name or NOTHING
        return _("%(kind)s no. %(number)s") % {
            "kind": _kind(entry.object_kind),
            "number": entry.object_id,
        }

    @display(description=_lazy("IP address"))
    def address(self, entry: AuditEntry) -> str:
        return entry.ip or NOTHING

    @display(description=_lazy("When"))
    def moment(self, entry: AuditEntry) -> SafeString | str:
        return date_time(entry.at)

    # Pages

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        query = request.GET.copy()
        query.pop("p", None)
        address = f"{export_url(AuditEntry)}?{query.urlencode()}"
        context = {"trail_export_url": address}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def detail(self, _request: HttpRequest, record: AuditEntry) -> dict[str, Any]:
        rows = [
            (_("When"), date_time(record.at)),
            (_("What"), queries.label(record.what)),
            (_("Who"), queries.actor(record)),
            (_("IP address"), record.ip or NOTHING),
            (_("Tenant"), record.tenant or NOTHING),
            (_("About"), self.about(record)),
            (_("Kind"), _kind(record.object_kind) or NOTHING),
        ]
        details = [_detail(record, name, value) for name, value in record.details.items()]
        cards = [Card(_("Entry"), rows)]
        if details:
            cards.append(Card(_("Details"), details))
        return {"title": queries.label(record.what), "cards": cards}


def _kind(name: str) -> str:
    """A model in words, as it is called in the dashboard; as it was recorded if it is gone."""
    for app in ("integrations", "auth"):
        if name in apps.all_models[app]:
            return capfirst(label(apps.get_model(app, name)._meta.verbose_name))
    return name


def _detail(entry: AuditEntry, name: str, value: Any) -> tuple[str, str]:
    """Name and value of a detail: those of exports and sign-ins in words, others as recorded."""
    if name == "step":
        return _("Step"), _("second factor") if value == "second_factor" else plain(value)
    if entry.what not in GROUPS["exports"][1] or name not in EXPORT_DETAILS:
        return name, plain(value)
    label, values = EXPORT_DETAILS[name]
    return str(label), str(dict(values.choices).get(value, value))
