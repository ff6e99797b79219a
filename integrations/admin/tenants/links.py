"""A link for the customer of one tenant, and what the pages say of links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.base.formatting import Tone, badge
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
    return _("Somebody who is no longer here")


def show(request: HttpRequest, token: str) -> dict[str, Any]:
    """Say that the link is there; what `_link_made.html` shows, the only time that it can be."""
    messages.success(request, _("The link is ready. It is shown this once."))
    made = links.find(token)
    return {"made": made, "link": links.address(token), "kind": made.kind if made else ""}


def link_view(admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponseBase:
    """Make a link with which the customer enters a new key without an account here.

    The link is in the answer itself, so that it is stored nowhere on the way.
    """
    kinds = [(kind.value, MEANINGS[kind]) for kind in attempts.kinds_for(tenant)]
    form = LinkForm(request.POST or None, kinds=kinds)
    made: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        token = links.link_for(
            tenant,
            form.kind(),
            language=form.cleaned_data["language"],
            lasts=links.FROM_DASHBOARD,
            user=request.user,
        )
        made = show(request, token)
    return admin.page(
        request,
        "relais/tenant_link.html",
        tenant,
        Crumb(_("Connection link")),
        form=form,
        days=links.FROM_DASHBOARD.days,
        open_links=_open_links(request, tenant),
        tabs=tabs(request, tenant, "credentials"),
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
            withdraw_url=reverse("admin:integrations_connectionlink_withdraw", args=[link.pk]),
        )
        for link in newest[:MOST]
    ]
