"""The console: type a request to Flatchr, confirm it if it changes something, see the answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.filters import tenants
from integrations.admin.base.urls import list_url, record_url
from integrations.admin.base.views import AdminView, Breadcrumb, find_row
from integrations.admin.console.forms import (
    ConsoleForm,
    initial_of_asked,
    initial_of_call,
    initial_of_endpoint,
    is_whole,
)
from integrations.admin.console.response import MAX_SHOWN, ShownAnswer, shown
from integrations.messages import translated
from integrations.models import FlatchrHost, Integration, PassthroughCall, PreparedCall
from integrations.passthrough import confirmation, sending
from integrations.passthrough.confirmation import NothingPrepared
from integrations.passthrough.endpoints import BY_KEY, Endpoint, filled, grouped
from integrations.passthrough.history import Sender
from integrations.passthrough.request import PassthroughRequest, check_request, curl, user_may
from integrations.passthrough.sending import NoResponse, NotConnected

TITLE = _lazy("Console")
LATEST = 5
_MAY_NOT = _lazy(
    "Only administrators may send what can change something at Flatchr. You may send GET, and the "
    "search for applicants."
)


def console_url() -> str:
    return reverse("admin:integrations_passthroughcall_console")


class ConsolePage(AdminView):
    """Sends a call, and shows the form with its answer."""

    permission = Permission.READ_THROUGH

    def send(self, tenant: Integration, asked: PassthroughRequest) -> HttpResponse:
        request = self.request
        call = check_request(asked)
        answer: ShownAnswer | None = None
        problem: dict[str, str] = {}
        try:
            sent = sending.send(tenant, call, Sender(user=request.user), max_bytes=MAX_SHOWN)
            answer = shown(call, sent)
        except NotConnected:
            problem = {
                "title": _("Nothing was sent."),
                "message": _("%(tenant)s has no Flatchr credentials yet. Enter them first.")
                % {"tenant": tenant},
                "url": record_url(tenant, "credentials"),
                "label": _("Enter the credentials"),
            }
        except NoResponse as unanswered:
            problem = {
                "title": translated(unanswered.title),
                "message": translated(unanswered.message),
            }
            if unanswered.kind.is_auth:
                url = record_url(tenant, "credentials")
                problem |= {"url": url, "label": _("Open the connection")}
        form = _form(request, initial={**initial_of_asked(asked), "tenant": tenant.pk})
        return self.show(
            form,
            call=call,
            sent_to=tenant,
            answer=answer,
            trouble=problem,
            curl=curl(tenant, asked),
        )

    def show(self, form: ConsoleForm, **context: Any) -> HttpResponse:
        request = self.request
        chosen = str(form["tenant"].value() or "")
        latest = PassthroughCall.objects.visible_to(request.user).filter(user=request.user)
        return self.console_page(
            "relais/console.html",
            [Breadcrumb(TITLE)],
            form=form,
            groups=_groups(request),
            chosen=chosen if chosen in _readable(request) else "",
            begun=BY_KEY.get(request.GET.get("template", "")),
            several_tenants=len(_readable(request)) > 1,
            has_tenants=bool(_readable(request)),
            may_change=may(request.user, Permission.WRITE_THROUGH),
            latest=latest.order_by("-id")[:LATEST],
            console_url=console_url(),
            history_url=list_url(PassthroughCall),
            title=TITLE,
            **context,
        )

    def console_page(self, template: str, crumbs: list[Breadcrumb], **context: Any) -> HttpResponse:
        """A page below the console, not below its history, which is the model's list."""
        page = self.page(template, None, **context)
        page.context_data = {**(page.context_data or {}), "breadcrumbs": crumbs}
        return page


class ConsoleView(ConsolePage):
    """The form. A GET is sent at once, anything else is shown for confirmation first."""

    route = "console/"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(_form(request, initial=_initial(request)))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = _form(request, request.POST, request.FILES)
        if not form.is_valid():
            return self.show(form)
        asked, tenant = form.asked, _tenant(request, form.cleaned_data["tenant"])
        if not user_may(request.user, asked.host, asked.method, asked.path):
            form.add_error("method", _MAY_NOT)
        elif not tenant.enabled:
            form.add_error("tenant", _disabled(tenant))
        if not form.is_valid():
            return self.show(form)
        if asked.method != "GET":
            prepared = confirmation.prepare(request.user, tenant, asked)
            return HttpResponseRedirect(_confirm_url(prepared))
        return self.send(tenant, asked)


class ConfirmCallView(ConsolePage):
    """What is about to be sent, and to which tenant; the button sends exactly that, once."""

    route = "console/<str:pk>/"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except NothingPrepared:
            messages.warning(
                request,
                _(
                    "Nothing was sent just now: this call was sent before, or was not confirmed "
                    "within ten minutes. The history shows what was sent."
                ),
            )
            return HttpResponseRedirect(console_url())

    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        prepared, asked = self._prepared(request, pk)
        call = check_request(asked)
        return self.console_page(
            "relais/console_confirm.html",
            [Breadcrumb(TITLE, console_url()), Breadcrumb(_("Confirm"))],
            title=_("Send this %(method)s request?") % {"method": call.method},
            tenant=prepared.integration,
            credentials=getattr(prepared.integration, "credentials", None),
            call=call,
            host=FlatchrHost(call.host).label,
            file=_asked_file(prepared),
            minutes=int(confirmation.LIFETIME.total_seconds() // 60),
            back_url=f"{console_url()}?prepared={prepared.pk}",
            curl=curl(prepared.integration, asked),
        )

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        prepared, _asked = self._prepared(request, pk)
        tenant = prepared.integration
        if not tenant.enabled:
            messages.error(request, _disabled(tenant))
            return HttpResponseRedirect(console_url())
        return self.send(tenant, confirmation.take(prepared))

    def _prepared(self, request: HttpRequest, pk: str) -> tuple[PreparedCall, PassthroughRequest]:
        """The call that waits for confirmation; raises NothingPrepared, and PermissionDenied if
        the user may no longer send it.
        """
        prepared = confirmation.prepared(request.user, pk)
        asked = confirmation.kept_request(prepared)
        if prepared.integration.pk not in _readable(request):
            raise NothingPrepared
        if not user_may(request.user, asked.host, asked.method, asked.path):
            raise PermissionDenied
        return prepared, asked


def _asked_file(prepared: PreparedCall) -> dict[str, Any] | None:
    """The name and size of the file that is sent along; None without one."""
    file: dict[str, Any] | None = prepared.asked.get("file")
    return {**file, "size": len(prepared.file or b"")} if file else None


def _groups(request: HttpRequest) -> list[tuple[str, list[Endpoint]]]:
    """The templates that this user may send."""
    mine = [
        (group, [one for one in endpoints if _may_template(request.user, one)])
        for group, endpoints in grouped()
    ]
    return [(group, endpoints) for group, endpoints in mine if endpoints]


def _may_template(user: Any, endpoint: Endpoint) -> bool:
    path = endpoint.path.replace("{company}", "company")
    return user_may(user, endpoint.host, endpoint.method, path)


# What the form starts with


def _form(request: HttpRequest, *data: Any, **options: Any) -> ConsoleForm:
    return ConsoleForm(
        *data,
        tenants=_readable(request),
        may_change=may(request.user, Permission.WRITE_THROUGH),
        **options,
    )


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What the address names: a template, a call of the history, or one not confirmed yet."""
    asked = request.GET
    if pk := asked.get("again"):
        return _again(request, pk)
    if pk := asked.get("prepared"):
        try:
            prepared = confirmation.prepared(request.user, pk)
        except NothingPrepared:
            return {}
        values = initial_of_asked(confirmation.kept_request(prepared))
        return {**values, "tenant": prepared.integration_id}
    chosen = _chosen_tenant(request)
    given = {"tenant": chosen.pk} if chosen else {}
    endpoint = BY_KEY.get(asked.get("template", ""))
    if endpoint is None or not _may_template(request.user, endpoint):
        return given
    return {**given, **initial_of_endpoint(filled(endpoint, chosen) if chosen else endpoint)}


def _again(request: HttpRequest, pk: str) -> dict[str, Any]:
    mine = PassthroughCall.objects.visible_to(request.user)
    call = find_row(mine, pk)
    if call is None:
        messages.warning(request, _("This call is no longer in the history."))
        return {}
    if not is_whole(call):
        messages.info(
            request,
            _(
                "The history does not keep files, secrets, values of unusual headers and long "
                "bodies: look at what is missing before you send it again."
            ),
        )
    return {**initial_of_call(call), "tenant": call.integration_id}


def _chosen_tenant(request: HttpRequest) -> Integration | None:
    visible = _readable(request)
    pk = next(iter(visible)) if len(visible) == 1 else request.GET.get("tenant")
    return _tenant(request, pk) if pk in visible else None


def _readable(request: HttpRequest) -> dict[str, str]:
    """The tenants whose Flatchr this user may read from here."""
    return tenants(request, Permission.READ_THROUGH)


def _tenant(request: HttpRequest, pk: str) -> Integration:
    found: Integration = Integration.objects.visible_to(request.user).get(pk=pk)
    return found


def _disabled(tenant: Integration) -> str:
    return _("%(tenant)s is disabled, so nothing was sent. Enable it first.") % {"tenant": tenant}


def _confirm_url(prepared: PreparedCall) -> str:
    return reverse("admin:integrations_passthroughcall_confirm", args=[prepared.pk])
