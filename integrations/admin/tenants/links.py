"""Connection links for the customer of one tenant, and the words for links of any kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.badges import Tone, badge
from integrations.admin.base.urls import record_url
from integrations.admin.base.views import Breadcrumb, RecordView
from integrations.admin.tenants.forms import LinkForm
from integrations.admin.tenants.views import tabs
from integrations.connecting import attempts, links
from integrations.models import ConnectionLink, Integration, LinkKind, LinkState

# A tenant's page names so many; the list of links has the rest.
MOST = 20
MEANINGS = {
    LinkKind.CONNECT: _lazy("Connect their Flatchr account"),
    LinkKind.RELINK: _lazy("Renew the API key"),
    LinkKind.SETUP: _lazy("Answer what is left open"),
}
STATES = {
    LinkState.OPEN: (pgettext_lazy("link", "Open"), Tone.INFO),
    LinkState.USED: (_lazy("Used"), Tone.SUCCESS),
    LinkState.EXPIRED: (_lazy("Ended"), Tone.NEUTRAL),
}


def state_badge(link: ConnectionLink) -> SafeString:
    label, tone = STATES[link.state_at(timezone.now())]
    return badge(label, tone)


def maker(link: ConnectionLink) -> str:
    """The user, or the key with which an application asked for the link."""
    if link.created_by is not None:
        return str(link.created_by)
    if link.created_by_key is not None:
        return _("API key “%(key)s”") % {"key": link.created_by_key.name}
    return _("Somebody who no longer has an account")


def show_link(request: HttpRequest, token: str) -> dict[str, Any]:
    """The context of `_link_made.html`: a new link, which can be shown this once only."""
    messages.success(request, _("The link is ready. It is shown this once."))
    made = links.find(token)
    return {"made": made, "link": links.address(token), "kind": made.kind if made else ""}


class LinkView(RecordView[Integration]):
    """Make a link with which the customer enters a new key without an account here.

    The link is in the response itself, so that it is stored nowhere.
    """

    permission = Permission.CONFIGURE

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self._show(request, self._form(), {})

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = self._form(request.POST)
        if not form.is_valid():
            return self._show(request, form, {})
        token = links.link_for(
            self.record,
            form.kind(),
            language=form.cleaned_data["language"],
            lasts=links.FROM_DASHBOARD,
            user=request.user,
        )
        return self._show(request, form, show_link(request, token))

    def _form(self, data: QueryDict | None = None) -> LinkForm:
        kinds = [(kind.value, MEANINGS[kind]) for kind in attempts.kinds_for(self.record)]
        return LinkForm(data, kinds=kinds)

    def _show(self, request: HttpRequest, form: LinkForm, made: dict[str, Any]) -> HttpResponseBase:
        return self.page(
            "relais/tenant_link.html",
            self.record,
            Breadcrumb(_("Connection link")),
            form=form,
            days=links.FROM_DASHBOARD.days,
            open_links=_open_links(request, self.record),
            tabs=tabs(request, self.record, "credentials"),
            **made,
        )


@dataclass(frozen=True, slots=True)
class OpenLink:
    """One row of a tenant's page."""

    asks: object
    maker: str
    ends: datetime
    withdraw_url: str


def _open_links(request: HttpRequest, tenant: Integration) -> list[OpenLink]:
    found = links.visible_to(request.user).filter(
        integration=tenant, used_at=None, expires_at__gt=timezone.now()
    )
    newest = found.select_related("created_by", "created_by_key").order_by("-created_at", "-pk")
    return [
        OpenLink(
            asks=MEANINGS[LinkKind(link.kind)],
            maker=maker(link),
            ends=link.expires_at,
            withdraw_url=record_url(link, "withdraw"),
        )
        for link in newest[:MOST]
    ]
