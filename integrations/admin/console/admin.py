"""The console's history: calls passed through to Flatchr, from the console and the API."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.access import TenantScopedAdmin
from integrations.admin.base.admin import NextStep
from integrations.admin.base.badges import Tone, badge
from integrations.admin.base.cards import Card, filled
from integrations.admin.base.filters import FieldFilter, ListFilter, TenantFilter
from integrations.admin.base.formatting import NOTHING, ago, date_time, duration, link
from integrations.admin.base.views import Breadcrumb
from integrations.admin.console import views
from integrations.admin.console.response import tone_of
from integrations.admin.console.views import console_url
from integrations.messages import translated
from integrations.models import PASSTHROUGH_METHODS, FlatchrHost, PassthroughCall


class CallSourceFilter(ListFilter):
    title = _lazy("from")
    parameter_name = "from"
    any_label = _lazy("From anywhere")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("dashboard", _("The dashboard")), ("api", _("The HTTP API"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        if self.value() not in ("dashboard", "api"):
            return queryset
        return queryset.filter(api_key__isnull=self.value() == "dashboard")


class MethodFilter(FieldFilter):
    title = _lazy("method")
    parameter_name = field = "method"
    any_label = _lazy("Any method")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """As HTTP has them: "DELETE" is no word to be translated."""
        return [(method, method) for method in PASSTHROUGH_METHODS]


class PassthroughCallAdmin(TenantScopedAdmin):
    """Grants members to see the calls to Flatchr; the console itself needs a permission."""

    list_display = ("request_line", "tenant", "by", "answered", "took", "when")
    list_filter = (TenantFilter, CallSourceFilter, MethodFilter)
    list_select_related = ("integration", "user", "api_key")
    list_defer = ("headers", "params", "body")
    sortable_by = ()
    ordering = ("-id",)
    plural = _lazy("Console history")
    change_list_template = "relais/console_history.html"
    detail_template = "relais/console_call.html"
    next_step = NextStep(
        _lazy("Open the console"),
        "integrations_passthroughcall_console",
        Permission.READ_THROUGH,
    )
    list_views = {"console": views.ConsoleView, "confirm": views.ConfirmCallView}
    empty_text = _lazy("Nothing has been sent to Flatchr from the console or through the API yet.")

    @display(description=_lazy("Call"))
    def request_line(self, call: PassthroughCall) -> SafeString:
        return format_html(
            '<code>{}</code> <span class="rl-call-path">{}</span>', call.method, call.path
        )

    @display(description=_lazy("By"))
    def by(self, call: PassthroughCall) -> str:
        return _sender(call)

    @display(description=_lazy("Answer"))
    def answered(self, call: PassthroughCall) -> SafeString:
        return _answer(call)

    @display(description=_lazy("Took"))
    def took(self, call: PassthroughCall) -> str:
        return duration(call.duration)

    @display(description=_lazy("When"))
    def when(self, call: PassthroughCall) -> SafeString | str:
        return ago(call.started_at)

    # Pages

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        crumbs = [Breadcrumb(views.TITLE, console_url()), Breadcrumb(_("History"))]
        context = {"console_url": console_url(), "breadcrumbs": crumbs}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def detail(self, _request: HttpRequest, record: PassthroughCall) -> dict[str, Any]:
        return {
            "title": f"{record.method} {record.path}"[:200],
            "badges": [_answer(record)],
            "subtitle": _("Sent to Flatchr for %(integration)s")
            % {"integration": record.integration},
            "cards": [_request_card(record), _answer_card(record)],
            "again_url": f"{console_url()}?again={record.pk}",
        }


def _sender(call: PassthroughCall) -> str:
    if call.api_key:
        return f"{call.api_key.name} ({call.api_key.prefix}…)"
    return str(call.user) if call.user else _("A user who was removed")


def _answer(call: PassthroughCall) -> SafeString:
    if call.error:
        return badge(_("No answer"), Tone.DANGER)
    if call.status is None:
        return badge(_("Not known"), Tone.WARNING)
    return badge(call.status, tone_of(call.status))


def _request_card(call: PassthroughCall) -> Card:
    params = "\n".join(f"{name}={value}" for name, value in call.params.items())
    headers = "\n".join(f"{name}: {value}" for name, value in call.headers.items())
    rows = [
        (_("Tenant"), link(call.integration)),
        (_("Sent by"), _sender(call)),
        (_("When"), date_time(call.started_at)),
        (_("Sent to"), FlatchrHost(call.host).label),
        (_("Method"), call.method),
        (_("Path"), format_html("<code>{}</code>", call.path)),
        (_("Query parameters"), _block(params)),
        (_("Headers"), _block(headers)),
    ]
    return Card(_("Request"), filled(rows))


def _answer_card(call: PassthroughCall) -> Card:
    problem = translated(call.error)
    if not problem and call.duration is None:
        problem = _(
            "Relais was stopped while it waited, so it is not known whether Flatchr did it. Look "
            "there before you send it again."
        )
    rows = [
        (_("Status"), _answer(call)),
        (_("Took"), duration(call.duration)),
        (_("Size"), filesizeformat(call.bytes_received) if call.status else NOTHING),
        (_("What happened"), problem),
        (_("Content"), _("Not kept: it may hold personal data.") if call.status else NOTHING),
    ]
    return Card(_("Answer"), filled(rows))


def _block(text: str) -> SafeString | str:
    return format_html('<span class="rl-pre-wrap">{}</span>', text) if text else NOTHING
