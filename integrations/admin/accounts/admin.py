"""Users: the list, the invitation, and the page of one of them. For administrators."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import display
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts import invitation_mail, lockout, members, second_factor, users
from integrations.accounts.permissions import Permission
from integrations.admin.accounts.forms import InvitationForm, MembershipForm, PersonForm
from integrations.admin.base.access import PermissionAdmin
from integrations.admin.base.badges import Tone, badge
from integrations.admin.base.formatting import NOTHING, ago
from integrations.admin.base.urls import change_url
from integrations.admin.base.views import Breadcrumb
from integrations.admin.tenants.members import change_member, what_roles_may
from integrations.models import AuthenticatorApp, Role


class UserAdmin(PermissionAdmin):
    """Grants administrators to invite users, switch them off, and make them members of tenants."""

    permission = Permission.MANAGE_USERS
    add_label = _lazy("Invite a user")
    list_display = ("login", "full_name", "mail", "role", "factor", "seen")
    search_fields = ("username", "first_name", "last_name", "email")
    search_placeholder = _lazy("Name or e-mail")
    ordering = ("username",)
    sortable_by = ("login", "seen")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        devices = AuthenticatorApp.objects.filter(user=OuterRef("pk"), confirmed=True)
        found: QuerySet[Any] = super().get_queryset(request)
        return found.annotate(has_factor=Exists(devices))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """A user is switched off instead, so that the history keeps its names."""
        return False

    @display(description=_lazy("User"), ordering="username")
    def login(self, user: User) -> str:
        return user.get_username()

    @display(description=_lazy("Name"))
    def full_name(self, user: User) -> str:
        return user.get_full_name() or NOTHING

    @display(description=_lazy("E-mail"))
    def mail(self, user: User) -> str:
        return user.email or NOTHING

    @display(description=_lazy("Role"))
    def role(self, user: User) -> SafeString:
        return role_badge(user)

    @display(description=_lazy("Second factor"))
    def factor(self, user: Any) -> SafeString | str:
        return badge(_("On"), Tone.SUCCESS) if user.has_factor else NOTHING

    @display(description=_lazy("Last sign-in"), ordering="last_login")
    def seen(self, user: User) -> SafeString | str:
        return ago(user.last_login)

    # Pages

    def add_page(self, request: HttpRequest) -> HttpResponse:
        form = InvitationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            by_email = bool(form.cleaned_data.get("by_email"))
            return self._link(request, _invited(form.cleaned_data), by_email=by_email)
        title = _("Invite a user")
        return self.page(
            request,
            "relais/user_invite.html",
            None,
            Breadcrumb(title),
            title=title,
            form=form,
            what_roles_may=what_roles_may(),
        )

    def _link(self, request: HttpRequest, user: User, *, by_email: bool = False) -> HttpResponse:
        """A page with the link, and whether it was sent. The link is in the response itself, so
        that it is stored nowhere.
        """
        address = reverse("admin:welcome", args=users.password_link(user))
        link = urljoin(settings.PUBLIC_URL, address)
        sent = by_email and invitation_mail.send_link(user, url=link, by=request.user)
        return self.page(
            request,
            "relais/user_link.html",
            user,
            Breadcrumb(_("Link")),
            link=request.build_absolute_uri(address),
            by_email=by_email,
            sent=sent,
            user_url=change_url(user),
            title=str(user),
        )

    def change_page(self, request: HttpRequest, user: User) -> HttpResponse:
        if request.method == "POST":
            answer = self._pressed(request, user)
            if answer is not None:
                return answer
        return self._show(request, user)

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Nothing: the audit trail has the history."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.unknown(request)

    def _show(
        self, request: HttpRequest, user: User, person: Any = None, adding: Any = None
    ) -> HttpResponse:
        return self.page(
            request,
            "relais/user.html",
            user,
            title=user.get_username(),
            badges=[role_badge(user)],
            person=person or PersonForm(instance=user),
            adding=adding or MembershipForm(user=user),
            memberships=user.tenant_memberships.filter(integration__deleted_at=None)
            .select_related("integration")
            .order_by("integration__organization"),
            roles=Role.of_members(),
            has_factor=second_factor.is_enrolled(user),
            codes_left=second_factor.recovery_codes_left(user),
            locked_until=lockout.locked_anywhere_until(user),
            has_password=user.has_usable_password(),
            myself=user.pk == request.user.pk,
            opened=users.opened_by(user),
            can_mail=settings.EMAIL_ENABLED and bool(user.email),
        )

    def _pressed(self, request: HttpRequest, user: User) -> HttpResponse | None:
        """Do what a button of the page says; None: show the page again."""
        action = request.POST.get("do", "")
        if action in ("link", "mail") and user.is_active:
            return self._link(request, user, by_email=action == "mail")
        if action == "person":
            form = PersonForm(request.POST, instance=User.objects.get(pk=user.pk))
            if not form.is_valid():
                return self._show(request, user, person=form)
            _save_person(request, user, form)
        elif action == "add":
            adding = MembershipForm(request.POST, user=user)
            if not adding.is_valid():
                return self._show(request, user, adding=adding)
            _add(request, user, adding.cleaned_data)
        elif action in ("role", "") and ("member" in request.POST or "remove" in request.POST):
            change_member(
                request,
                user.tenant_memberships.select_related("user", "integration"),
            )
        else:
            _protect(request, user, action)
        return HttpResponseRedirect(change_url(user))


def role_badge(user: User) -> SafeString:
    if not user.is_active:
        return badge(_("Switched off"), Tone.DANGER)
    if user.is_superuser:
        return badge(_("Administrator"), Tone.INFO)
    return badge(_("Member")) if user.is_staff else badge(_("No access to the dashboard"))


def _invited(given: dict[str, Any]) -> User:
    with transaction.atomic():
        user: User = users.invite(
            username=given["username"],
            administrator=given["is_superuser"],
            first_name=given["first_name"],
            last_name=given["last_name"],
            email=given["email"],
        )
        for tenant in () if user.is_superuser else given["tenant"]:
            members.add(tenant, user, given["role"] or Role.VIEWER)
    return user


def _save_person(request: HttpRequest, user: User, form: PersonForm) -> None:
    given = dict(form.cleaned_data)
    if user.pk == request.user.pk and not given["is_superuser"]:
        messages.error(
            request,
            _("You cannot take your own rights away. Ask another administrator to do it."),
        )
        return
    users.change(user, **given)
    messages.success(request, _("Saved."))


def _add(request: HttpRequest, user: User, given: dict[str, Any]) -> None:
    for tenant in given["tenant"]:
        try:
            added = members.add(tenant, user, given["role"])
        except members.MembershipError as refused:
            messages.error(request, str(refused))
            return
        messages.success(
            request,
            _("%(user)s is a member of %(tenant)s now.")
            % {"user": user, "tenant": added.integration},
        )


def _protect(request: HttpRequest, user: User, action: str) -> None:
    """Switch off or on, unlock, or reset the second factor of another user, never one's own."""
    if user.pk == request.user.pk:
        messages.error(
            request, _("You cannot do this to yourself. Ask another administrator to do it.")
        )
    elif action == "off":
        users.change(user, is_active=False)
        messages.success(
            request, _("%(user)s is switched off, and signed out everywhere.") % {"user": user}
        )
    elif action == "on":
        users.change(user, is_active=True)
        messages.success(request, _("%(user)s can sign in again.") % {"user": user})
    elif action == "unlock":
        lockout.unlock(user)
        messages.success(request, _("%(user)s can try again at once.") % {"user": user})
    elif action == "reset":
        second_factor.disable(user, by=request.user)
        messages.success(
            request,
            _("The second factor of %(user)s is gone. They are signed out everywhere.")
            % {"user": user},
        )
