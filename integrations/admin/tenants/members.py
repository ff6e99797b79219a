"""The page of a tenant's members, and what each may do there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.accounts import members
from integrations.accounts.permissions import Permission
from integrations.admin.base.breadcrumbs import Crumb
from integrations.admin.home.tenant_summary import tenant_url
from integrations.admin.tenants.views import tabs
from integrations.models import Integration, Membership, Role


class MemberForm(forms.Form):
    """By name, not out of a list: a Manager is not told who else uses this installation."""

    user = forms.CharField(
        label=_lazy("User name or e-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=_lazy("Role"), choices=Role.of_members(), initial=Role.OPERATOR)


def members_view(admin: Any, request: HttpRequest, tenant: Integration) -> HttpResponse:
    """Who may see the tenant, and what they may do; added, changed and removed here."""
    form = MemberForm(request.POST if "add" in request.POST else None)
    if request.method == "POST" and "add" in request.POST and form.is_valid():
        try:
            added = members.add(
                tenant, members.find_user(form.cleaned_data["user"]), form.cleaned_data["role"]
            )
        except members.NotAMember as refused:
            form.add_error("user", str(refused))
        else:
            messages.success(request, _("%(user)s is a member now.") % {"user": added.user})
            return HttpResponseRedirect(tenant_url(tenant, "members"))
    elif request.method == "POST" and "add" not in request.POST:
        _change(request, tenant)
        return HttpResponseRedirect(tenant_url(tenant, "members"))
    users = get_user_model()._default_manager
    answer: HttpResponse = admin.page(
        request,
        "relais/tenant_members.html",
        tenant,
        Crumb(_("Members")),
        form=form,
        members=tenant.memberships.select_related("user").order_by("user__username"),
        roles=Role.of_members(),
        what_roles_may=what_roles_may(),
        superusers=users.filter(is_superuser=True, is_active=True).order_by("username"),
        tabs=tabs(request, tenant, "members"),
    )
    return answer


def _change(request: HttpRequest, tenant: Integration) -> None:
    change_member(request, tenant.memberships.select_related("user", "integration"))


def change_member(request: HttpRequest, among: Any) -> None:
    """What a row of a table of memberships asks for: another role, or to be removed."""
    asked = request.POST.get("remove") or request.POST.get("member", "")
    member: Membership | None = among.filter(pk=int(asked)).first() if _is_id(asked) else None
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


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def what_roles_may() -> list[tuple[str, list[str]]]:
    """Each role of members with what it adds to the one before."""
    return [
        (str(label), [one.words for one in Permission if one.least == role])
        for role, label in Role.of_members()
    ]
