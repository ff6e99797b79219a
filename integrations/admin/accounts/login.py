"""Signing in: the password, then the code of users who have a second factor; invitations."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import auth
from django.contrib.auth.password_validation import password_validators_help_texts
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from integrations.accounts import check_limits, lockout, password_places, second_factor, users
from integrations.admin.accounts.forms import CodeForm, NewPasswordForm
from integrations.admin.base.theme import AdminSite, AuthenticationForm
from integrations.audit.trail import record
from integrations.models import Event

# Seconds that may pass between the password and the code.
CODE_TIMEOUT = 600
PENDING = "second_factor_pending"


class SignInView(LoginView):
    """The first step, on the theme's page."""

    template_name = "admin/login.html"
    authentication_form = AuthenticationForm
    check: check_limits.CountedCheck

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with password_places.place():
                return self._checked(request, *args, **kwargs)
        except password_places.TooManyAtOnce:
            return _busy(request)

    def _checked(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = request.POST.get("username", "").replace("\0", "")
        until = lockout.locked_until(request, name)
        if until is not None:
            return _locked(request, until)
        user = auth.get_user_model()._default_manager.filter(username=name[:150]).first()
        try:
            self.check = check_limits.begin_check(request, user)
        except check_limits.TooManyChecks as wait:
            return _locked(request, wait.until)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        onward = self.get_success_url()
        enrolled = second_factor.is_enrolled(user)
        # The password alone, known to somebody, does not undo what was counted of codes.
        self.check.was_right(forget=not enrolled)
        if enrolled:
            self.request.session[PENDING] = {
                "user": user.pk,
                "backend": user.backend,
                "password": user.get_session_auth_hash(),
                "at": int(time.time()),
                "next": onward,
            }
            return HttpResponseRedirect(reverse("admin:login_code"))
        _complete(self.request, user)
        return HttpResponseRedirect(onward)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Record the failure for existing users only: what else was typed may be a password."""
        name = str(form.data.get("username", ""))
        user = auth.get_user_model()._default_manager.filter(username=name).first()
        if user is not None:
            record(Event.SIGN_IN_FAILED, about=user, name=name)
            if lockout.locked_until(self.request, name):
                record(Event.SIGN_IN_LOCKED, about=user, name=name)
        return super().form_invalid(form)


def _complete(request: HttpRequest, user: Any, device: Any = None) -> None:
    with transaction.atomic():
        user.otp_device = device
        auth.login(request, user)
        record(Event.SIGNED_IN, user=user, about=user, name=user.get_username())


def locked_answer(request: HttpRequest, _response: Any = None, credentials: Any = None) -> Any:
    """The response to a locked sign-in; called by django-axes."""
    name = (credentials or {}).get("username") or request.POST.get("username", "")
    return _locked(request, lockout.locked_until(request, name))


def _busy(request: HttpRequest) -> HttpResponse:
    context = {"busy": True, "title": ""}
    answer = render(request, "relais/signing_in_locked.html", context, status=429)
    answer["Retry-After"] = "2"
    return answer


def _locked(request: HttpRequest, until: Any) -> HttpResponse:
    at = formats.time_format(timezone.localtime(until), "H:i") if until else ""
    answer = render(request, "relais/signing_in_locked.html", {"at": at, "title": ""}, status=429)
    if until:
        answer["Retry-After"] = str(max(1, round((until - timezone.now()).total_seconds())))
    return answer


# The second step


@never_cache
@csrf_protect
@sensitive_post_parameters("code")
def code_view(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """The code of a user whose password was right a moment ago."""
    pending = request.session.get(PENDING) or {}
    user = _pending_user(pending)
    if user is None:
        request.session.pop(PENDING, None)
        return HttpResponseRedirect(reverse("admin:login"))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            check = check_limits.begin_check(request, user)
            device = second_factor.verify(user, form.cleaned_data["code"])
        except (second_factor.CodeThrottled, check_limits.TooManyChecks) as wait:
            form.add_error("code", too_soon(wait))
        except second_factor.AppKeyUnreadable:
            form.add_error("code", unreadable_key())
        else:
            if device is not None:
                check.was_right()
                del request.session[PENDING]
                user.backend = pending["backend"]
                _complete(request, user, device)
                return HttpResponseRedirect(_safe(request, pending["next"]))
            record(
                Event.SIGN_IN_FAILED,
                about=user,
                name=user.get_username(),
                step="second_factor",
            )
            form.add_error("code", wrong_code())
    context = {**site.each_context(request), "form": form, "title": _("Enter your code")}
    return render(request, "relais/signing_in_code.html", context)


def _pending_user(pending: dict[str, Any]) -> Any:
    if pending.get("at", 0) < time.time() - CODE_TIMEOUT:
        return None
    users_ = auth.get_user_model()._default_manager.filter(is_active=True)
    user = users_.filter(pk=pending["user"]).first()
    # If the password was changed meanwhile, the new one has not been entered.
    same = user is not None and user.get_session_auth_hash() == pending["password"]
    return user if same else None


def _safe(request: HttpRequest, address: str) -> str:
    if url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()):
        return address
    return reverse("admin:index")


def too_soon(wait: second_factor.CodeThrottled | check_limits.TooManyChecks) -> str:
    at = formats.time_format(timezone.localtime(wait.until), "H:i:s") if wait.until else ""
    return _(
        "Too many wrong codes. Wait until %(time)s, then enter the code that is shown then."
    ) % {"time": at}


def wrong_code() -> str:
    return _(
        "This code is not right, or was used already. Wait for the next one, and see that the "
        "phone's clock is right."
    )


def unreadable_key() -> str:
    return _(
        "The key of your app cannot be decrypted: this installation's CREDENTIALS_KEYS are not "
        "those it was stored with. Use a recovery code, or ask an administrator."
    )


# An invitation


@never_cache
@csrf_protect
@sensitive_post_parameters("first", "second")
def welcome_view(request: HttpRequest, uid: str, token: str, site: AdminSite) -> HttpResponseBase:
    """The page behind an invitation: its user sets a password, once."""
    user = users.invited(uid, token)
    if user is None:
        return render(request, "relais/welcome_over.html", {}, status=404)
    form = NewPasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        if not users.set_password(user, form.cleaned_data["first"]):
            return render(request, "relais/welcome_over.html", {}, status=404)
        context = {**site.each_context(request), "title": _("Your password is set"), "who": user}
        return render(request, "relais/welcome_done.html", context)
    context = {
        **site.each_context(request),
        "title": _("Welcome to Relais"),
        "form": form,
        "who": user,
        "rules": password_validators_help_texts(),
    }
    return render(request, "relais/welcome.html", context)
