"""The console: a request to Flatchr is typed, shown before it changes anything, sent, answered."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts.permissions import Permission, may
from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.base.filters import tenants
from integrations.admin.base.formatting import list_url
from integrations.admin.base.permissions import require
from integrations.admin.console.form import (
    ConsoleForm,
    initial_of_asked,
    initial_of_call,
    initial_of_endpoint,
    is_whole,
)
from integrations.admin.console.response import MAX_SHOWN, Shown, shown
from integrations.admin.home.tenant_summary import tenant_url
from integrations.messages import translated
from integrations.models import FlatchrHost, Integration, PassthroughCall, PreparedCall
from integrations.passthrough import confirmation, sending
from integrations.passthrough.confirmation import NothingPrepared
from integrations.passthrough.curl import curl
from integrations.passthrough.endpoints import BY_KEY, Endpoint, grouped
from integrations.passthrough.history import Sender
from integrations.passthrough.permissions import user_may
from integrations.passthrough.request import Asked, outgoing
from integrations.passthrough.sending import NotConnected, Unanswered
from integrations.passthrough.templates import filled

TITLE = _lazy("Console")
LATEST = 5
_MAY_NOT = _lazy(
    "Only administrators may send what can change something at Flatchr. You may send GET, and the "
    "search for applicants."
)


def console_url() -> str:
    return reverse("admin:integrations_passthroughcall_console")


def console_view(admin: Any, request: HttpRequest) -> HttpResponse:
    """The form; a GET that is pressed is sent, anything else is shown once more first."""
    require(request, Permission.READ_THROUGH)
    if request.method != "POST":
        return _show(admin, request, _form(request, initial=_initial(request)))
    form = _form(request, request.POST, request.FILES)
    if not form.is_valid():
        return _show(admin, request, form)
    asked, tenant = form.asked, _tenant(request, form.cleaned_data["tenant"])
    if not user_may(request.user, asked.host, asked.method, asked.path):
        form.add_error("method", _MAY_NOT)
    elif not tenant.enabled:
        form.add_error("tenant", _disabled(tenant))
    if not form.is_valid():
        return _show(admin, request, form)
    if asked.method != "GET":
        prepared = confirmation.prepare(request.user, tenant, asked)
        return HttpResponseRedirect(_confirm_url(prepared))
    return _sent(admin, request, tenant, asked)


def confirm_view(admin: Any, request: HttpRequest, pk: str) -> HttpResponse:
    """What is about to be sent, and to which tenant; pressing the button sends just that, once."""
    require(request, Permission.READ_THROUGH)
    try:
        prepared = confirmation.prepared(request.user, pk)
        tenant, asked = prepared.integration, confirmation.asked_of(prepared)
        if tenant.pk not in _readable(request):
            raise NothingPrepared
        # Rights may have been taken away since it was shown.
        if not user_may(request.user, asked.host, asked.method, asked.path):
            raise PermissionDenied
        if request.method != "POST":
            return _confirm(admin, request, prepared, asked)
        if not tenant.enabled:
            messages.error(request, _disabled(tenant))
            return HttpResponseRedirect(console_url())
        return _sent(admin, request, tenant, confirmation.take(prepared))
    except NothingPrepared:
        messages.warning(
            request,
            _(
                "Nothing was sent just now: this call was sent before, or was not confirmed "
                "within ten minutes. The history shows what was sent."
            ),
        )
        return HttpResponseRedirect(console_url())


# Sending and showing


def _sent(admin: Any, request: HttpRequest, tenant: Integration, asked: Asked) -> HttpResponse:
    call = outgoing(asked)
    answer: Shown | None = None
    trouble: dict[str, str] = {}
    try:
        told = sending.send(tenant, call, Sender(user=request.user), max_bytes=MAX_SHOWN)
        answer = shown(call, told)
    except NotConnected:
        trouble = {
            "title": _("Nothing was sent."),
            "message": _("%(tenant)s has no Flatchr credentials yet. Enter them first.")
            % {"tenant": tenant},
            "url": tenant_url(tenant, "credentials"),
            "label": _("Enter the credentials"),
        }
    except Unanswered as unanswered:
        trouble = {"title": translated(unanswered.title), "message": translated(unanswered.message)}
        if unanswered.kind.is_auth:
            trouble |= {"url": tenant_url(tenant, "credentials"), "label": _("Open the connection")}
    form = _form(request, initial={**initial_of_asked(asked), "tenant": tenant.pk})
    return _show(
        admin,
        request,
        form,
        call=call,
        sent_to=tenant,
        answer=answer,
        trouble=trouble,
        curl=curl(tenant, asked),
    )


def _confirm(
    admin: Any, request: HttpRequest, prepared: PreparedCall, asked: Asked
) -> HttpResponse:
    call = outgoing(asked)
    return _page(
        admin,
        request,
        "relais/console_confirm.html",
        [Crumb(TITLE, console_url()), Crumb(_("Confirm"))],
        title=_("Send this %(method)s request?") % {"method": call.method},
        tenant=prepared.integration,
        credentials=getattr(prepared.integration, "credentials", None),
        call=call,
        host=FlatchrHost(call.host).label,
        file=asked_file(prepared),
        minutes=int(confirmation.LASTS.total_seconds() // 60),
        back_url=f"{console_url()}?prepared={prepared.pk}",
        curl=curl(prepared.integration, asked),
    )


def asked_file(prepared: PreparedCall) -> dict[str, Any] | None:
    """The name and size of the file that goes along."""
    file: dict[str, Any] | None = prepared.asked.get("file")
    return {**file, "size": len(prepared.file or b"")} if file else None


def _show(admin: Any, request: HttpRequest, form: ConsoleForm, **context: Any) -> HttpResponse:
    chosen = str(form["tenant"].value() or "")
    latest = PassthroughCall.objects.visible_to(request.user).filter(user=request.user)
    return _page(
        admin,
        request,
        "relais/console.html",
        [Crumb(TITLE)],
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


def _page(
    admin: Any, request: HttpRequest, template: str, crumbs: list[Crumb], **context: Any
) -> HttpResponse:
    """A page below the console, not below its history, which is the model's list."""
    page: TemplateResponse = admin.page(request, template, None, **context)
    page.context_data = {**(page.context_data or {}), "crumbs": crumbs}
    return page


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


# What the form begins with


def _form(request: HttpRequest, *data: Any, **options: Any) -> ConsoleForm:
    return ConsoleForm(
        *data,
        tenants=_readable(request),
        may_change=may(request.user, Permission.WRITE_THROUGH),
        **options,
    )


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What the address asks for: a template, a call of the history, or one not confirmed."""
    asked = request.GET
    if pk := asked.get("again"):
        return _again(request, pk)
    if pk := asked.get("prepared"):
        try:
            prepared = confirmation.prepared(request.user, pk)
        except NothingPrepared:
            return {}
        values = initial_of_asked(confirmation.asked_of(prepared))
        return {**values, "tenant": prepared.integration_id}
    chosen = _chosen_tenant(request)
    given = {"tenant": chosen.pk} if chosen else {}
    endpoint = BY_KEY.get(asked.get("template", ""))
    if endpoint is None or not _may_template(request.user, endpoint):
        return given
    return {**given, **initial_of_endpoint(filled(endpoint, chosen) if chosen else endpoint)}


def _again(request: HttpRequest, pk: str) -> dict[str, Any]:
    mine = PassthroughCall.objects.visible_to(request.user)
    call = mine.filter(pk=pk).first() if pk.isdecimal() else None
    if call is None:
        messages.warning(request, _("This call is no longer in the history."))
        return {}
    if not is_whole(call):
        messages.info(
            request,
            _(
                "The history does not keep files, secrets and long bodies: look at what is missing "
                "before you send it again."
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
