"""Connecting and reconnecting in the dashboard: the same flow as behind a connection link."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.base.formatting import change_url
from integrations.admin.home.tenant_summary import tenant_url
from integrations.admin.tenants.forms import ConnectForm
from integrations.admin.tenants.views import key_context, tabs
from integrations.connecting import attempts
from integrations.connecting.connect import ConnectionRefused
from integrations.connecting.forms import KeysForm
from integrations.connecting.progress import progress_of
from integrations.models import FlatchrCredentials, Integration

STEPS = [(1, _lazy("Flatchr account")), (2, _lazy("First sync"))]
AGAIN = [(1, _lazy("New key")), (2, _lazy("Sync"))]


def connect_view(admin: Any, request: HttpRequest) -> HttpResponseBase:
    """Connect a tenant: Flatchr is asked before anything is saved."""
    form = ConnectForm(request.POST or None)
    checks: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        attempt = attempts.connect_tenant(form.entered(), user=request.user, **form.about())
        answer, checks = _tried(request, attempt)
        if answer is not None:
            return answer
    return admin.page(
        request,
        "relais/tenant_connect.html",
        None,
        Crumb(_("Connect a tenant")),
        form=form,
        checks=checks,
        steps=STEPS,
        step=1,
        title=_("Connect a tenant"),
    )


def credentials_view(admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponseBase:
    """The connection card and its form; saving asks Flatchr first."""
    stored = FlatchrCredentials.objects.filter(pk=tenant.pk).first()
    initial = {"company_key": stored.company_key, "slug": stored.slug} if stored else {}
    form = KeysForm(
        request.POST or None,
        initial=initial,
        key_is_stored=stored is not None and stored.readable,
    )
    checks: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        answer, checks = _tried(
            request, attempts.renew_credentials(tenant, form.entered(), user=request.user)
        )
        if answer is not None:
            return answer
    return admin.page(
        request,
        "relais/tenant_credentials.html",
        tenant,
        Crumb(_("Connection")),
        form=form,
        checks=checks,
        **key_context(tenant),
        tabs=tabs(request, tenant, "credentials"),
    )


def _tried(
    request: HttpRequest, attempt: attempts.Attempt
) -> tuple[HttpResponseBase | None, dict[str, Any]]:
    """Where an attempt leads, or None with the verdicts when it was refused."""
    if attempts.CONTENT_TYPE in request.headers.get("Accept", ""):
        lines = attempts.stream_verdicts(
            attempt, language=translation.get_language() or "en", done=_watch_url
        )
        return StreamingHttpResponse(lines, content_type=attempts.CONTENT_TYPE), {}
    try:
        while True:
            next(attempt)
    except StopIteration as end:
        return HttpResponseRedirect(_watch_url(end.value)), {}
    except ConnectionRefused as refused:
        return None, {check.name: check for check in refused.checks}


def _watch_url(tenant: Integration | None) -> str:
    # None is for links, which somebody else may have used.
    return tenant_url(tenant, "connected") if tenant else reverse("admin:index")


def connected_view(admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponseBase:
    """Connected: the first sync is watched here, and what may be done meanwhile."""
    credentials = FlatchrCredentials.objects.filter(pk=tenant.pk).first()
    now = progress_of(tenant)
    first = now.run is None or not tenant.runs.filter(pk__lt=now.run.pk).exists()
    return admin.page(
        request,
        "relais/tenant_connected.html",
        tenant,
        Crumb(_("Connected")),
        progress=now,
        run_url=change_url(now.run) if now.run else "",
        credentials=credentials,
        steps=STEPS if first else AGAIN,
        step=2,
        title=str(tenant),
    )


def progress_view(_admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponseBase:
    """The moving part of that page; says whether to ask again."""
    now = progress_of(tenant)
    response = render(request, "relais/connect/_watch.html", {"progress": now})
    response["X-Run-Live"] = "yes" if now.is_live else "no"
    return response
