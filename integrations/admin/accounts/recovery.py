"""The pages of a forgotten password: asking for a link, and choosing another password with it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from integrations import client_address
from integrations.accounts import recovery, users
from integrations.accounts.sessions import end_sessions
from integrations.admin.accounts.forms import ForgottenForm, NewPasswordForm
from integrations.admin.base.theme import AdminSite


@never_cache
@csrf_protect
def forgotten_view(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """Ask for a link. The answer is the same whether anybody has that name or address."""
    form = ForgottenForm(request.POST or None)
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Forgotten password"),
        "form": form,
        "can_mail": settings.EMAIL_ENABLED,
    }
    status = 200
    if request.method == "POST" and settings.EMAIL_ENABLED and form.is_valid():
        try:
            recovery.ask(form.cleaned_data["name"], address=client_address.client_ip(request))
        except recovery.AskedTooOften as wait:
            at = formats.time_format(timezone.localtime(wait.until), "H:i")
            form.add_error("name", _("Too many tries. Try again after %(time)s.") % {"time": at})
            status = 429
        else:
            context["asked"] = True
    return render(request, "relais/forgotten.html", context, status=status)


@never_cache
@csrf_protect
@sensitive_post_parameters("first", "second")
def reset_view(request: HttpRequest, token: str, site: AdminSite) -> HttpResponseBase:
    """Choose another password with a link, once. Every session of the user ends."""
    user = recovery.user_of(token)
    if user is None:
        return render(request, "relais/password_reset_over.html", {}, status=404)
    form = NewPasswordForm(request.POST or None, user=user)
    context = {**site.each_context(request), "form": form, "who": user}
    if request.method == "POST" and form.is_valid():
        if not users.set_password(user, form.cleaned_data["first"]):
            return render(request, "relais/password_reset_over.html", {}, status=404)
        end_sessions(user)
        context["title"] = _("Your password is set")
        return render(request, "relais/welcome_done.html", context)
    context |= {"title": _("Choose a new password"), "rules": password_validators_help_texts()}
    return render(request, "relais/password_reset.html", context)
