"""Members of a tenant: add, change role, remove; each is recorded in the audit trail."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from integrations.audit.trail import record
from integrations.models import Event, Integration, Membership, Role


class MembershipError(Exception):
    """The user cannot become a member; the message says why and what to do."""


def find_user(name: str) -> Any:
    """The user with this user name or e-mail address. Raises `MembershipError`."""
    name = name.strip()
    active = get_user_model()._default_manager.filter(is_active=True)
    found = list(active.filter(Q(username__iexact=name) | Q(email__iexact=name))[:2])
    exact = [user for user in found if user.get_username() == name]
    if len(exact or found) != 1:
        raise MembershipError(
            _(
                "Nobody here has this user name or e-mail. Look at the spelling, or ask an "
                "administrator to invite the person."
            )
        )
    return (exact or found)[0]


def add(tenant: Integration, user: Any, role: str) -> Membership:
    """Make `user` a member, or give the member that role. Idempotent. Raises `MembershipError`."""
    if user.is_superuser:
        raise MembershipError(_("Administrators see every tenant: they need not be members."))
    with transaction.atomic():
        member, new = Membership.objects.get_or_create(
            user=user, integration=tenant, defaults={"role": Role(role)}
        )
        if not new:
            return change(member, role)
        record(
            Event.MEMBER_ADDED,
            tenant=tenant,
            about=user,
            name=user.get_username(),
            role=member.role,
        )
    return member


def change(member: Membership, role: str) -> Membership:
    """Give the member another role. Idempotent."""
    before, member.role = member.role, Role(role)
    if member.role == before:
        return member
    with transaction.atomic():
        member.save(update_fields=["role"])
        record(
            Event.MEMBER_CHANGED,
            tenant=member.integration,
            about=member.user,
            name=member.user.get_username(),
            role=member.role,
            before=before,
        )
    return member


def remove(member: Membership) -> None:
    """Remove the member, who no longer sees the tenant from the next request on."""
    with transaction.atomic():
        record(
            Event.MEMBER_REMOVED,
            tenant=member.integration,
            about=member.user,
            name=member.user.get_username(),
            role=member.role,
        )
        member.delete()
