"""Connection links: the list of those that were made, and inviting a customer to connect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext, pgettext_lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.access import TenantScopedAdmin
from integrations.admin.base.admin import NextStep
from integrations.admin.base.cards import Card, filled
from integrations.admin.base.filters import ListFilter
from integrations.admin.base.formatting import ago, date_time, link
from integrations.admin.base.urls import change_url, list_url, record_url
from integrations.admin.base.views import Breadcrumb, RecordView, require
from integrations.admin.tenants.forms import InviteForm
from integrations.admin.tenants.links import MEANINGS, STATES, maker, show_link, state_badge
from integrations.connecting import links
from integrations.models import ConnectionLink, CustomField, LinkKind, LinkState


class LinkStateFilter(ListFilter):
    title = _lazy("state")
    parameter_name = "state"
    any_label = _lazy("Any state")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return [(state.value, str(label)) for state, (label, _tone) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        now = timezone.now()
        if self.value() == LinkState.USED:
            return queryset.exclude(used_at=None)
        if self.value() == LinkState.OPEN:
            return queryset.filter(used_at=None, expires_at__gt=now)
        if self.value() == LinkState.EXPIRED:
            return queryset.filter(used_at=None, expires_at__lte=now)
        return queryset


class WithdrawView(RecordView[ConnectionLink]):
    """End the link at once; goes back to where its button was."""

    # Who may depends on the kind of link.
    permission = None

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if not links.may_withdraw(request.user, self.record):
            raise PermissionDenied
        try:
            links.withdraw(self.record)
        except links.LinkClosed:
            messages.info(
                request, _("There is nothing to withdraw: the link was used, or has ended.")
            )
        else:
            messages.success(
                request,
                _("The link is withdrawn. Whoever opens it now is told to ask you for a new one."),
            )
        tenant = self.record.integration
        if tenant is not None and request.POST.get("back") == "tenant":
            return HttpResponseRedirect(record_url(tenant, "link"))
        return HttpResponseRedirect(change_url(self.record))


class ConnectionLinkAdmin(TenantScopedAdmin):
    """Grants whoever may connect tenants to see the links that they may see, and to invite."""

    list_display = ("company", "asks", "state", "made_by", "made", "ends")
    list_filter = (LinkStateFilter,)
    list_select_related = ("created_by", "created_by_key")
    record_related = ("integration", "created_by", "created_by_key")
    search_fields = ("organization", "contact_email", "origin_id")
    search_placeholder = _lazy("Company, e-mail or your own ID")
    sortable_by = ()
    ordering = ("-created_at", "-id")
    record_views = {"withdraw": WithdrawView}
    plural = _lazy("Connection links")
    change_list_template = "relais/link_list.html"
    detail_template = "relais/link.html"
    empty_text = _lazy(
        "A connection link lets a customer enter the keys of Flatchr themselves, without an "
        "account here."
    )

    next_step = NextStep(_lazy("Invite a customer to connect"), "integrations_connectionlink_add")

    def empty_step(self, request: HttpRequest) -> NextStep:  # noqa: ARG002
        # Offered before there is any tenant, too.
        return self.next_step

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return links.visible_to(request.user).order_by(*self.ordering)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request) and may(request.user, Permission.CONNECT)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request) and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    @display(description=_lazy("Company"))
    def company(self, made: ConnectionLink) -> str:
        return made.organization

    @display(description=_lazy("Asks the customer to"))
    def asks(self, made: ConnectionLink) -> str:
        return str(MEANINGS[LinkKind(made.kind)])

    @display(description=_lazy("State"))
    def state(self, made: ConnectionLink) -> SafeString:
        return state_badge(made)

    @display(description=pgettext_lazy("link", "Made by"))
    def made_by(self, made: ConnectionLink) -> str:
        return maker(made)

    @display(description=pgettext_lazy("link", "Made"))
    def made(self, made: ConnectionLink) -> SafeString | str:
        return ago(made.created_at)

    @display(description=_lazy("Ends"))
    def ends(self, made: ConnectionLink) -> SafeString | str:
        return date_time(made.expires_at)

    # Pages

    def find_record(self, request: HttpRequest, key: str | int) -> Any:
        require(request, Permission.CONNECT)
        return super().find_record(request, key)

    def add_page(self, request: HttpRequest) -> HttpResponseBase:
        """Invite a customer to connect. The link is in the answer itself, and nowhere else."""
        form = InviteForm(request.POST or None, asks_fields=CustomField.objects.exists())
        made: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            about: dict[str, Any] = form.about()
            token = links.new_link(
                **about,
                scopes=form.scopes(),
                language=form.cleaned_data["language"],
                maps_fields=form.cleaned_data.get("maps_fields", False),
                lasts=links.FROM_DASHBOARD,
                user=request.user,
            )
            made = show_link(request, token)
        return self.page(
            request,
            "relais/link_invite.html",
            None,
            Breadcrumb(_("Invite a customer")),
            title=_("Invite a customer to connect"),
            form=form,
            days=links.FROM_DASHBOARD.days,
            list_url=list_url(ConnectionLink),
            **made,
        )

    def detail(self, request: HttpRequest, record: ConnectionLink) -> dict[str, Any]:
        language = dict(settings.LANGUAGES).get(record.language)
        rows = filled(
            [
                (_("Asks the customer to"), self.asks(record)),
                (_("Tenant"), link(record.integration) if record.integration else ""),
                (_("Contact e-mail"), record.contact_email),
                (_("Your own ID"), record.origin_id),
                ("Flatchr", record.get_environment_display()),
                (_("Language of the page"), language or _("The customer's browser decides")),
                (pgettext("link", "Made by"), maker(record)),
                (pgettext("link", "Made"), date_time(record.created_at)),
                (_("Used"), date_time(record.used_at) if record.used_at else ""),
                (_("Ends") if _is_open(record) else _("Ended"), date_time(record.expires_at)),
            ]
        )
        return {
            "title": record.organization,
            "badges": [state_badge(record)],
            "cards": [Card(_("Connection link"), rows)],
            "open": _is_open(record),
            "may_withdraw": links.may_withdraw(request.user, record),
        }

    def unknown(self, request: HttpRequest) -> HttpResponseRedirect:
        messages.warning(request, _("There is no such connection link."))
        return HttpResponseRedirect(reverse("admin:index"))


def _is_open(record: ConnectionLink) -> bool:
    return record.state_at(timezone.now()) is LinkState.OPEN
