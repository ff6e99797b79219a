"""Connecting and reconnecting in the dashboard: the same flow as behind a connection link."""

from __future__ import annotations

from typing import Any

from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission
from integrations.admin.base.urls import change_url, record_url
from integrations.admin.base.views import AdminView, Breadcrumb, RecordView, live_fragment
from integrations.admin.tenants.forms import ConnectForm
from integrations.admin.tenants.views import key_context, tabs
from integrations.connecting import attempts
from integrations.connecting.connect import ConnectionRefused
from integrations.connecting.forms import KeysForm
from integrations.connecting.progress import progress_of
from integrations.models import FlatchrCredentials, Integration

STEPS = [(1, _lazy("Flatchr account")), (2, _lazy("First sync"))]
AGAIN = [(1, _lazy("New key")), (2, _lazy("Sync"))]


class ConnectView(AdminView):
    """Connect a tenant: Flatchr is asked before anything is saved."""

    def get(self, _request: HttpRequest) -> HttpResponseBase:
        return self._show(ConnectForm(None), {})

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = ConnectForm(request.POST)
        checks: dict[str, Any] = {}
        if form.is_valid():
            attempt = attempts.connect_tenant(form.entered(), user=request.user, **form.about())
            answer, checks = _tried(request, attempt)
            if answer is not None:
                return answer
        return self._show(form, checks)

    def _show(self, form: ConnectForm, checks: dict[str, Any]) -> HttpResponseBase:
        return self.page(
            "relais/tenant_connect.html",
            None,
            Breadcrumb(_("Connect a tenant")),
            form=form,
            checks=checks,
            steps=STEPS,
            step=1,
            title=_("Connect a tenant"),
        )


class CredentialsView(RecordView[Integration]):
    """The connection card and its form; saving asks Flatchr first."""

    permission = Permission.CONFIGURE

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self._show(request, self._form(), {})

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = self._form(request.POST)
        checks: dict[str, Any] = {}
        if form.is_valid():
            attempt = attempts.renew_credentials(self.record, form.entered(), user=request.user)
            answer, checks = _tried(request, attempt)
            if answer is not None:
                return answer
        return self._show(request, form, checks)

    def _form(self, data: QueryDict | None = None) -> KeysForm:
        stored = FlatchrCredentials.objects.filter(pk=self.record.pk).first()
        initial = {"company_key": stored.company_key, "slug": stored.slug} if stored else {}
        is_stored = stored is not None and stored.readable
        return KeysForm(data, initial=initial, key_is_stored=is_stored)

    def _show(
        self, request: HttpRequest, form: KeysForm, checks: dict[str, Any]
    ) -> HttpResponseBase:
        return self.page(
            "relais/tenant_credentials.html",
            self.record,
            Breadcrumb(_("Connection")),
            form=form,
            checks=checks,
            **key_context(self.record),
            tabs=tabs(request, self.record, "credentials"),
        )


def _tried(
    request: HttpRequest, attempt: attempts.Attempt
) -> tuple[HttpResponseBase | None, dict[str, Any]]:
    """The answer to an attempt to connect; None, with Flatchr's verdicts, when it was refused."""
    if attempts.CONTENT_TYPE in request.headers.get("Accept", ""):
        lines = attempts.stream_verdicts(
            attempt, language=translation.get_language() or "en", done=_watch_url
        )
        return StreamingHttpResponse(
            lines, content_type=attempts.CONTENT_TYPE, headers=attempts.UNBUFFERED
        ), {}
    try:
        while True:
            next(attempt)
    except StopIteration as end:
        return HttpResponseRedirect(_watch_url(end.value)), {}
    except ConnectionRefused as refused:
        return None, {check.name: check for check in refused.checks}


def _watch_url(tenant: Integration | None) -> str:
    # None is for links, which somebody else may have used.
    return record_url(tenant, "connected") if tenant else reverse("admin:index")


class ConnectedView(RecordView[Integration]):
    """The page after connecting, on which the first sync is followed."""

    def get(self, _request: HttpRequest) -> HttpResponseBase:
        tenant = self.record
        now = progress_of(tenant)
        first = now.run is None or not tenant.runs.filter(pk__lt=now.run.pk).exists()
        return self.page(
            "relais/tenant_connected.html",
            tenant,
            Breadcrumb(_("Connected")),
            progress=now,
            run_url=change_url(now.run) if now.run else "",
            credentials=FlatchrCredentials.objects.filter(pk=tenant.pk).first(),
            steps=STEPS if first else AGAIN,
            step=2,
            title=str(tenant),
        )

    post = get


class ProgressView(RecordView[Integration]):
    """The moving part of that page."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        now = progress_of(self.record)
        context = {"progress": now}
        return live_fragment(request, "relais/connect/_watch.html", context, live=now.is_live)

    post = get
