"""A user's own pages: the password, and the second factor, set up and switched off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login as otp_login

from integrations.accounts import second_factor, users
from integrations.admin.accounts.forms import (
    ChangePasswordForm,
    OwnPasswordForm,
    SecondFactorSetUpForm,
)
from integrations.admin.accounts.login import too_soon, wrong_code
from integrations.admin.base.theme import AdminSite


def second_factor_view(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """Set the second factor up; once there is one, renew its recovery codes or switch it off."""
    if second_factor.is_enrolled(request.user):
        return _manage(site, request)
    form = SecondFactorSetUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = second_factor.confirm_enrolment(request, form.cleaned_data["code"])
        except second_factor.CodeThrottled as wait:
            form.add_error("code", too_soon(wait))
        else:
            if codes is not None:
                _verified(request)
                return _codes(site, request, codes)
            form.add_error("code", wrong_code())
    device = second_factor.begin_enrolment(request.user)
    return _page(
        site,
        request,
        "relais/second_factor_set_up.html",
        form=form,
        # Drawn by the library from an address of our own.
        picture=mark_safe(second_factor.qr_code(device)),  # noqa: S308
        key=second_factor.setup_key(device),
        required=second_factor.is_required(request.user),
    )


def _manage(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    form = OwnPasswordForm(request.POST or None, user=user)
    required = second_factor.is_required(user)
    if request.method == "POST" and form.is_valid():
        if request.POST.get("do") == "codes":
            return _codes(site, request, second_factor.new_recovery_codes(user))
        if not required:
            second_factor.disable(user)
            messages.success(request, _("Signing in needs your password alone from now on."))
            return HttpResponseRedirect(reverse("admin:second_factor"))
    return _page(
        site,
        request,
        "relais/second_factor.html",
        form=form,
        left=second_factor.recovery_codes_left(user),
        required=required,
    )


def _verified(request: HttpRequest) -> None:
    """Mark this session as verified by the second factor."""
    device = request.user.totpdevice_set.filter(confirmed=True).first()  # type: ignore[union-attr]
    otp_login(request, device)


def _codes(site: AdminSite, request: HttpRequest, codes: list[str]) -> HttpResponseBase:
    """The recovery codes are in the response itself, so that they are stored nowhere."""
    return _page(
        site,
        request,
        "relais/second_factor_codes.html",
        codes=codes,
        title=_("Your recovery codes"),
    )


@sensitive_post_parameters()
def password_view(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """Change the user's own password: this session continues, all others end."""
    user: Any = request.user
    form = ChangePasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        users.set_password(user, form.cleaned_data["first"])
        update_session_auth_hash(request, user)
        messages.success(
            request, _("Your password is changed. You are signed out everywhere else.")
        )
        return HttpResponseRedirect(reverse("admin:password_change"))
    return _page(
        site,
        request,
        "relais/password.html",
        form=form,
        title=_("Change your password"),
        rules=password_validators_help_texts(),
    )


def _page(site: AdminSite, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    request.current_app = site.name
    title = context.pop("title", _("Second factor"))
    return TemplateResponse(
        request, template, {**site.each_context(request), "title": title, **context}
    )
