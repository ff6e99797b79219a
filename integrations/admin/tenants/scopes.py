"""The page of a tenant on which is chosen what is read of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.home.tenant_summary import tenant_url
from integrations.admin.tenants.views import sync_view, tabs
from integrations.connecting.scope_forms import ScopesForm
from integrations.models import Integration
from integrations.tenants import scopes


def scopes_view(admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponse:
    """What is chosen holds from the next sync on, which a second button starts at once."""
    form = ScopesForm(request.POST or None, scopes=scopes.scopes_of(tenant.pk))
    if request.method == "POST" and form.is_valid():
        changed = scopes.choose(tenant, form.scopes(), user=request.user)
        if "type" in request.POST and may(request.user, Permission.SYNC, tenant):
            return sync_view(admin, request, tenant)
        if changed:
            messages.success(
                request, _("Saved. The next sync is a full one, and does what you have chosen.")
            )
        else:
            messages.info(request, _("Nothing was changed."))
        return HttpResponseRedirect(tenant_url(tenant, "scopes"))
    return admin.page(
        request,
        "relais/tenant_scopes.html",
        tenant,
        Crumb(_("What is read")),
        form=form,
        tabs=tabs(request, tenant, "scopes"),
    )
