"""What callers of the API were refused: the pages that `log_url` of an error leads to."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.access import TenantScopedAdmin
from integrations.admin.base.badges import badge
from integrations.admin.base.cards import Card, filled
from integrations.admin.base.filters import TenantFilter
from integrations.admin.base.formatting import NOTHING, ago, date_time, link
from integrations.admin.console.response import tone_of
from integrations.models import FailedCall, Submission


class FailedCallAdmin(TenantScopedAdmin):
    """Grants members of a tenant to see what was refused about it; administrators, all of it."""

    list_display = ("request_line", "tenant", "by", "answered", "told", "when")
    list_filter = (TenantFilter,)
    list_select_related = ("integration", "api_key")
    sortable_by = ()
    ordering = ("-at", "-id")
    record_key = "<str:pk>"
    plural = _lazy("API errors")
    empty_text = _lazy("No application has been refused anything lately.")

    @display(description=_lazy("Call"))
    def request_line(self, call: FailedCall) -> SafeString:
        return format_html(
            '<code>{}</code> <span class="rl-call-path">/{}</span>', call.method, call.route
        )

    @display(description=_lazy("Tenant"))
    def tenant(self, record: Any) -> str:
        return str(record.integration or NOTHING)

    @display(description=_lazy("API key"))
    def by(self, call: FailedCall) -> str:
        return call.api_key.name

    @display(description=_lazy("Answer"))
    def answered(self, call: FailedCall) -> SafeString:
        return badge(call.status, tone_of(call.status))

    @display(description=_lazy("Message"))
    def told(self, call: FailedCall) -> str:
        return call.message[:200]

    @display(description=_lazy("When"))
    def when(self, call: FailedCall) -> SafeString | str:
        return ago(call.at)

    def detail(self, request: HttpRequest, record: FailedCall) -> dict[str, Any]:
        return {
            "title": f"{record.method} /{record.route}",
            "badges": [badge(record.status, tone_of(record.status))],
            "subtitle": _("An application was refused this."),
            "cards": [_card(record, _submission(request, record))],
        }


def _submission(request: HttpRequest, call: FailedCall) -> Submission | None:
    """What the call was about, if the reader may see it."""
    found: Any = Submission.objects.visible_to(request.user)
    submission: Submission | None = found.filter(pk=call.submission_id or None).first()
    return submission


def _card(call: FailedCall, submission: Submission | None) -> Card:
    rows = [
        (_("Tenant"), link(call.integration) if call.integration else None),
        (_("API key"), f"{call.api_key.name} ({call.api_key.prefix}…)"),
        (_("When"), date_time(call.at)),
        (_("Times in this minute"), call.times if call.times > 1 else None),
        (_("Code"), format_html("<code>{}</code>", call.code) if call.code else None),
        (_("Message"), call.message),
        (_("Submission"), link(submission) if submission else None),
    ]
    return Card(_("What was answered"), filled(rows))
