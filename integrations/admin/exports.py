"""Exports: who took which data away, and when."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from integrations.admin.base import ReadOnlyMirrorAdmin, display
from integrations.admin.details import Card
from integrations.admin.display import NOTHING, Tone, badge, date_time, duration, link, number
from integrations.admin.filters import TenantFilter
from integrations.models import Export


class ExportAdmin(ReadOnlyMirrorAdmin):
    list_display = ("what", "tenant", "who", "when", "rows_sent", "state")
    list_filter = (TenantFilter,)
    list_select_related = ("integration", "user")
    sortable_by = ()
    ordering = ("-id",)
    empty_text = "No data has been downloaded yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The user's tenants' exports; one that spans several tenants is its author's alone."""
        if request.user.is_superuser:
            return super().get_queryset(request)
        own = Q(integration=None, user=request.user)
        mine = Q(pk__in=Export.objects.visible_to(request.user).values("pk"))
        return Export.objects.filter(own | mine).order_by(*self.ordering)

    @display(description="Export")
    def what(self, export: Export) -> str:
        return f"Candidates, {export.format.upper()}"

    @display(description="Tenant")
    def tenant(self, export: Export) -> str:
        return str(export.integration) if export.integration else "Several tenants"

    @display(description="By")
    def who(self, export: Export) -> str:
        return str(export.user) if export.user else "Command line"

    @display(description="When")
    def when(self, export: Export) -> SafeString | str:
        return date_time(export.started_at)

    @display(description="Rows")
    def rows_sent(self, export: Export) -> str:
        return number(export.rows)

    @display(description="Outcome")
    def state(self, export: Export) -> SafeString:
        return _state(export)

    def detail(self, _request: HttpRequest, record: Export) -> dict[str, Any]:
        lasted = NOTHING
        if record.ended_at:
            lasted = duration((record.ended_at - record.started_at).total_seconds())
        return {
            "title": self.what(record),
            "badges": [_state(record)],
            "subtitle": "Download of candidates",
            "cards": [
                Card(
                    "Export",
                    [
                        ("Tenant", link(record.integration) if record.integration else "Several"),
                        ("By", self.who(record)),
                        ("Started", date_time(record.started_at)),
                        ("Took", lasted),
                        ("Rows", number(record.rows)),
                        ("Filters", record.filters or "No filters"),
                    ],
                )
            ],
        }


def _state(export: Export) -> SafeString:
    if export.rows is None:
        return badge("Not finished", Tone.WARNING)
    return badge("Complete", Tone.SUCCESS)
