"""Keys of the HTTP API."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import display
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from integrations.accounts.api_keys import create_key, revoke
from integrations.accounts.permissions import Permission
from integrations.admin.base.access import PermissionAdmin
from integrations.admin.base.badges import badge
from integrations.admin.base.formatting import ago, date_time, plural
from integrations.admin.base.urls import change_url, list_url, record_url
from integrations.admin.base.views import Breadcrumb
from integrations.admin.system.forms import ApiKeyForm
from integrations.models import ApiKey
from integrations.models.access import KeyState

# So many tenants are named in the list; a key for more says how many.
NAMED = 3


class ApiKeyAdmin(PermissionAdmin):
    """Grants administrators to make and revoke API keys.

    A key is never edited or deleted, so that the list shows who has ever had access.
    """

    permission = Permission.MANAGE_KEYS
    list_display = ("named", "begins", "state_label", "opens", "rights", "used", "ends")
    search_fields = ("name", "prefix")
    search_placeholder = _lazy("Name or beginning of the key")
    ordering = ("-created_at", "-id")
    sortable_by = ()
    plural = _lazy("API keys")
    add_label = _lazy("Add API key")
    change_list_template = "relais/api_key_list.html"
    empty_text = _lazy("An application that reads from Relais needs a key. Add the first one.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        keys: QuerySet[Any] = super().get_queryset(request)
        return keys.prefetch_related("integrations")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    @display(description=_lazy("Name"))
    def named(self, key: ApiKey) -> str:
        return key.name

    @display(description=_lazy("Begins with"))
    def begins(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @display(description=_lazy("State"))
    def state_label(self, key: ApiKey) -> SafeString:
        return _state_badge(key)

    @display(description=_lazy("Opens"))
    def opens(self, key: ApiKey) -> str:
        names = _tenants(key)
        return ", ".join(names) if len(names) <= NAMED else plural(len(names), "tenant")

    @display(description=_lazy("Rights"))
    def rights(self, key: ApiKey) -> str:
        return _("Read only") if key.read_only else _("Read and write")

    @display(description=_lazy("Last used"))
    def used(self, key: ApiKey) -> SafeString | str:
        return ago(key.last_used_at) if key.last_used_at else _("Never")

    @display(description=_lazy("Expires"))
    def ends(self, key: ApiKey) -> SafeString | str:
        return date_time(key.expires_at) if key.expires_at else _("Never")

    # Pages

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<path:object_id>/revoke/",
            self.admin_site.admin_view(self.revoke_view),
            name="integrations_apikey_revoke",
        )
        return [own, *super().get_urls()]

    def add_page(self, request: HttpRequest) -> HttpResponse:
        form = ApiKeyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._made(request, form.cleaned_data)
        return self.page(
            request,
            "relais/api_key_form.html",
            None,
            Breadcrumb(_("Add API key")),
            form=form,
            title=_("Add API key"),
        )

    def _made(self, request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
        """The page with the new key. The key is in the response itself, so that it is stored
        nowhere, not even in a session; and browsers cache no page of the dashboard.
        """
        row, key = create_key(
            name=given["name"],
            integrations=given["integrations"],
            read_only=given["read_only"],
            passthrough_methods=given["passthrough_methods"],
            expires_at=given["expires_on"],
            user=request.user,
        )
        self.log_addition(request, row, [{"added": {}}])
        return self.page(
            request, "relais/api_key_made.html", row, key=key, list_url=list_url(ApiKey)
        )

    def change_page(self, request: HttpRequest, key: ApiKey) -> HttpResponse:
        return self.page(
            request,
            "relais/api_key.html",
            key,
            badges=[_state_badge(key)],
            cards=[
                {"title": _("Access"), "rows": _access(key)},
                {"title": _("Use"), "rows": _use(key)},
            ],
            revoke_url="" if key.state is KeyState.REVOKED else record_url(key, "revoke"),
        )

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks for confirmation, since a key cannot be restored, and revokes it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        key = self.get_object(request, unquote(object_id))
        if key is None:
            return self.unknown(request)
        if request.method == "POST":
            revoke(key)
            self.log_change(request, key, _("Revoked"))
            messages.success(
                request,
                _("The key “%(key)s” is revoked and no longer gives any access.") % {"key": key},
            )
            return HttpResponseRedirect(list_url(ApiKey))
        return self.page(
            request,
            "relais/api_key_revoke.html",
            key,
            Breadcrumb(_("Revoke")),
            key_url=change_url(key),
            used=self.used(key),
            tenants=_tenants(key),
        )


def _state_badge(key: ApiKey) -> SafeString:
    words = {
        KeyState.ACTIVE: pgettext_lazy("key", "Active"),
        KeyState.EXPIRED: _lazy("Expired"),
        KeyState.REVOKED: _lazy("Revoked"),
    }
    return badge(words[key.state], key.state.color)


def _tenants(key: ApiKey) -> list[str]:
    if key.every_tenant:
        return [_("Every tenant")]
    return [str(tenant) for tenant in key.integrations.all() if not tenant.deleted_at] or [
        _("None")
    ]


def _access(key: ApiKey) -> list[tuple[str, Any]]:
    methods = [method for method in key.passthrough_methods if key.may_pass(method)]
    return [
        (_("Begins with"), f"{key.prefix}…"),
        (_("Opens"), ", ".join(_tenants(key))),
        (_("Rights"), _("Read only") if key.read_only else _("Read and write")),
        (_("Passthrough to Flatchr"), ", ".join(methods) or _("None")),
        (_("Expires"), date_time(key.expires_at) if key.expires_at else _("Never")),
    ]


def _use(key: ApiKey) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [
        (_("Last used"), date_time(key.last_used_at) if key.last_used_at else _("Never")),
        (_("Made"), date_time(key.created_at)),
        (_("Made by"), str(key.created_by or _("No user: the command line"))),
    ]
    if key.revoked_at:
        rows.append((_("Revoked"), date_time(key.revoked_at)))
    return rows
