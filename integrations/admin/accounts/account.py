"""A user's own pages: the password, and the second factor, set up and switched off."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login as otp_login

from integrations.accounts import check_limits, members, second_factor, sessions, users
from integrations.admin.accounts.forms import (
    ChangePasswordForm,
    OwnFactorForm,
    OwnPersonForm,
    SecondFactorSetUpForm,
)
from integrations.admin.accounts.login import too_soon, unreadable_key, wrong_code
from integrations.admin.base.formatting import ago, date_time
from integrations.admin.base.theme import AdminSite
from integrations.audit import trail
from integrations.encryption.credentials import CredentialsKeysMissing
from integrations.models import Event


def account_view(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """What the user's account is: the person, signing in, and the tenants with their roles."""
    user: Any = request.user
    form = OwnPersonForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        users.change(user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("admin:account"))
    return _page(
        site,
        request,
        "relais/account.html",
        title=_("My account"),
        form=form,
        memberships=user.tenant_memberships.filter(integration__deleted_at=None)
        .select_related("integration")
        .order_by("integration__organization"),
        invitations=members.invitations_of(user),
        has_factor=second_factor.is_enrolled(user),
        codes_left=second_factor.recovery_codes_left(user),
        open_sessions=len(sessions.open_sessions(user)),
        can_mail=settings.EMAIL_ENABLED,
    )


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
    try:
        device = second_factor.begin_enrolment(request.user)
    except CredentialsKeysMissing:
        messages.error(
            request,
            _(
                "The second factor cannot be set up, as this installation has lost its "
                "CREDENTIALS_KEYS. Tell an administrator."
            ),
        )
        return HttpResponseRedirect(reverse("admin:account"))
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
    form = OwnFactorForm(request.POST or None, user=user)
    required = second_factor.is_required(user)
    if request.method == "POST" and form.is_valid() and _has_factor(request, form):
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


def _has_factor(request: HttpRequest, form: OwnFactorForm) -> bool:
    """Whether the code is right; if not, the form says why."""
    try:
        check = check_limits.begin_check(request, request.user)
        device = second_factor.verify(request.user, form.cleaned_data["code"])
    except (second_factor.CodeThrottled, check_limits.TooManyChecks) as wait:
        form.add_error("code", too_soon(wait))
        return False
    except second_factor.AppKeyUnreadable:
        form.add_error("code", unreadable_key())
        return False
    if device is None:
        form.add_error("code", wrong_code())
        return False
    check.was_right()
    return True


def _verified(request: HttpRequest) -> None:
    """Mark this session as verified by the second factor."""
    otp_login(request, second_factor.app_of(request.user))


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
        if not users.set_password(user, form.cleaned_data["first"]):
            # Changed elsewhere in this moment, which has ended this session.
            return HttpResponseRedirect(reverse("admin:login"))
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


def sessions_view(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """Where the user is signed in; each session can be ended, and all but this one at once."""
    user: Any = request.user
    this = request.session.session_key
    if request.method == "POST":
        if request.POST.get("do") == "others":
            ended = sessions.end_sessions(user, but=this)
        else:
            ended = int(sessions.end_session(user, request.POST.get("end", "")))
        if ended:
            trail.record(Event.SESSIONS_ENDED, about=user, name=user.get_username(), sessions=ended)
            messages.success(request, _("Signed out there."))
        return HttpResponseRedirect(reverse("admin:sessions"))
    return _page(
        site,
        request,
        "relais/sessions.html",
        title=_("Sessions"),
        sessions=[
            (one, browser_name(one.browser), date_time(one.begun_at), ago(one.seen_at))
            for one in sessions.open_sessions(user, this=this)
        ],
        hours=settings.SESSION_COOKIE_AGE // 3600,
        days=number_format(settings.SESSION_MAX_SECONDS / 86_400, 1)
        .removesuffix(".0")
        .removesuffix(",0"),
    )


def invitations_view(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """The tenants that the user is invited to; accepted or declined here."""
    user: Any = request.user
    mine = members.invitations_of(user)
    if request.method == "POST":
        asked = {str(one.pk): one for one in mine}
        if accepted := asked.get(request.POST.get("accept", "")):
            members.accept(accepted, user)
            messages.success(
                request, _("You are a member of %(tenant)s now.") % {"tenant": accepted.integration}
            )
        elif declined := asked.get(request.POST.get("decline", "")):
            members.end_invitation(declined)
            messages.success(request, _("The invitation is declined."))
        else:
            messages.warning(request, _("This invitation is over, or was withdrawn."))
        return HttpResponseRedirect(reverse("admin:index"))
    return _page(site, request, "relais/invitations.html", title=_("Invitations"), invitations=mine)


def browser_name(agent: str) -> str:
    """The browser and system that a header names, as far as they are common ones."""
    browsers = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"))
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
    browser = next((name for sign, name in (*browsers, ("Safari/", "Safari")) if sign in agent), "")
    system = next((name for name in systems if name in agent), "")
    return ", ".join(filter(None, (browser, system))) or agent[:40] or _("Unknown browser")


def _page(site: AdminSite, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    request.current_app = site.name
    title = context.pop("title", _("Second factor"))
    return TemplateResponse(
        request, template, {**site.each_context(request), "title": title, **context}
    )
