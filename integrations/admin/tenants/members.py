"""The members of a tenant and their roles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts import members
from integrations.accounts.permissions import Permission
from integrations.admin.base.urls import record_url
from integrations.admin.base.views import Breadcrumb, RecordView, find_row
from integrations.admin.tenants.views import tabs
from integrations.models import Integration, Membership, Role


class MemberForm(forms.Form):
    """Names a user instead of offering a list: Managers may not see who else has an account."""

    user = forms.CharField(
        label=_lazy("User name or e-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=_lazy("Role"), choices=Role.of_members(), initial=Role.VIEWER)


class MembersView(RecordView[Integration]):
    """Who may see the tenant, and what they may do; added, changed and removed here."""

    permission = Permission.MANAGE_MEMBERS

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, MemberForm(None))

    def post(self, request: HttpRequest) -> HttpResponse:
        tenant = self.record
        if "withdraw" in request.POST:
            self._withdraw(request)
            return HttpResponseRedirect(record_url(tenant, "members"))
        if "add" not in request.POST:
            change_member(request, tenant.memberships.select_related("user", "integration"))
            return HttpResponseRedirect(record_url(tenant, "members"))
        form = MemberForm(request.POST)
        if form.is_valid():
            try:
                messages.success(request, self._add(request, **form.cleaned_data))
            except members.MembershipError as refused:
                form.add_error("user", str(refused))
            else:
                return HttpResponseRedirect(record_url(tenant, "members"))
        return self._show(request, form)

    def _add(self, request: HttpRequest, user: str, role: str) -> str:
        """Add the user, as an administrator, or invite them; what has happened. For a Manager it is
        the same whether there is such a user. Raises `MembershipError`.
        """
        if request.user.is_superuser:
            added = members.add(self.record, members.find_user(user), role)
            return _("%(user)s is a member now.") % {"user": added.user}
        members.invite(self.record, user, role, by=request.user)
        return _(
            "%(name)s is invited. Whoever has this user name or e-mail here can accept within 14 "
            "days, and is a member from then on."
        ) % {"name": user.strip()}

    def _withdraw(self, request: HttpRequest) -> None:
        invitation = find_row(self.record.invitations.all(), request.POST["withdraw"])
        if invitation is not None:
            members.end_invitation(invitation)
            messages.success(request, _("The invitation is withdrawn."))

    def _show(self, request: HttpRequest, form: MemberForm) -> HttpResponse:
        users = get_user_model()._default_manager
        return self.page(
            "relais/tenant_members.html",
            self.record,
            Breadcrumb(_("Members")),
            form=form,
            members=self.record.memberships.select_related("user").order_by("user__username"),
            invitations=self.record.invitations.filter(expires_at__gt=timezone.now()).order_by(
                "name"
            ),
            adds_at_once=request.user.is_superuser,
            roles=Role.of_members(),
            what_roles_may=what_roles_may(),
            superusers=users.filter(is_superuser=True, is_active=True).order_by("username"),
            tabs=tabs(request, self.record, "members"),
        )


def change_member(request: HttpRequest, among: Any) -> None:
    """Give the membership of a table's row another role, or remove it, as POST says."""
    asked = request.POST.get("remove") or request.POST.get("member", "")
    member: Membership | None = find_row(among, asked)
    if member is None:
        messages.error(request, _("This membership is gone: somebody has removed it already."))
    elif member.user_id == request.user.pk:
        messages.error(
            request, _("You cannot change your own role. Ask another Manager or administrator.")
        )
    elif request.POST.get("remove"):
        members.remove(member)
        messages.success(
            request,
            _("%(user)s is no longer a member of %(tenant)s.")
            % {"user": member.user, "tenant": member.integration},
        )
    elif request.POST.get("role") in dict(Role.of_members()):
        members.change(member, request.POST["role"])
        messages.success(
            request,
            _("The role of %(user)s in %(tenant)s is saved.")
            % {"user": member.user, "tenant": member.integration},
        )


def what_roles_may() -> list[tuple[str, list[str]]]:
    """Each role of members with the permissions that it adds to the one before."""
    return [
        (str(label), [one.words for one in Permission if one.least == role])
        for role, label in Role.of_members()
    ]
