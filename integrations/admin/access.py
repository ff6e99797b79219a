"""Users, groups and memberships: for superusers only."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.admin.base import (
    AdminPasswordChangeForm,
    SuperuserAdmin,
    UserChangeForm,
    UserCreationForm,
    display,
)
from integrations.admin.display import NOTHING, Tone, ago, badge, date_time, link
from integrations.models import Integration, Membership

# Django's own words for these are about "staff" and "admin sites".
PLAIN = {
    "username": ("User name", "For signing in."),
    "email": ("E-mail", ""),
    "is_active": ("Active", "Switch off instead of deleting, so that the history keeps its names."),
    "is_staff": ("May sign in here", "Sees the tenants of which the user is a member."),
    "is_superuser": ("Administrator", "Sees every tenant and manages users."),
    "groups": ("Groups", "For your own order: access is given by memberships."),
}


class UserAdmin(SuperuserAdmin, DjangoUserAdmin):  # type: ignore[misc]
    """Who may sign in. What they see is decided by their memberships, so Django's permissions on
    single tables are not offered."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("login", "full_name", "email", "role", "seen")
    list_filter = ()
    search_fields = ("username", "first_name", "last_name", "email")
    search_placeholder = "Name or e-mail"
    ordering = ("username",)
    sortable_by = ("login", "seen")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password_link")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("signed_in", "joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2", "is_staff")}),
    )
    readonly_fields = ("password_link", "signed_in", "joined")

    @display(description="User", ordering="username")
    def login(self, user: User) -> str:
        return user.get_username()

    @display(description="Name")
    def full_name(self, user: User) -> str:
        return user.get_full_name() or NOTHING

    @display(description="Role")
    def role(self, user: User) -> SafeString:
        if not user.is_active:
            return badge("Switched off", Tone.DANGER)
        if user.is_superuser:
            return badge("Administrator", Tone.INFO)
        return badge("Member") if user.is_staff else badge("No access to the dashboard")

    @display(description="Password")
    def password_link(self, user: User) -> SafeString | str:
        if user.pk is None:
            return NOTHING
        address = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a class="rl-link" href="{}">Set a new password</a>', address)

    @display(description="Last sign-in")
    def signed_in(self, user: User) -> SafeString | str:
        return date_time(user.last_login)

    @display(description="Created")
    def joined(self, user: User) -> SafeString | str:
        return date_time(user.date_joined)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in PLAIN:
            field.label, field.help_text = PLAIN[db_field.name]
        return field

    @display(description="Last sign-in", ordering="last_login")
    def seen(self, user: User) -> SafeString | str:
        return ago(user.last_login)


class GroupAdmin(SuperuserAdmin, DjangoGroupAdmin):  # type: ignore[misc]
    list_display = ("name",)
    fields = ("name",)
    search_fields = ("name",)
    search_placeholder = "Name"
    ordering = ("name",)
    empty_text = "There are no groups. Access is given by memberships; groups are optional."


class MembershipAdmin(SuperuserAdmin):
    list_display = ("member", "tenant")
    list_select_related = ("user", "integration")
    search_fields = ("user__username", "user__email", "integration__organization")
    search_placeholder = "User or company"
    ordering = ("user__username", "integration__organization", "id")
    fields = ("user", "integration")
    sortable_by = ()
    empty_text = "Nobody but administrators sees any tenant yet. Add the first membership."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        memberships: QuerySet[Any] = super().get_queryset(request)
        return memberships.filter(integration__deleted_at=None)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "integration":
            kwargs["queryset"] = Integration.objects.present()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @display(description="User")
    def member(self, membership: Membership) -> str:
        return str(membership.user)

    @display(description="Tenant")
    def tenant(self, membership: Membership) -> Any:
        return link(membership.integration)
