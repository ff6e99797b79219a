"""Members of a tenant: invite, accept, add, change role, remove; each is in the audit trail.

A Manager invites by name and learns nothing of whether it is anybody's; who is invited decides.
Administrators, who know all users, add them at once.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations import jobs
from integrations.accounts import invitation_mail
from integrations.audit.trail import record
from integrations.database import batched_writes
from integrations.models import Event, Integration, Membership, MembershipInvitation, Role

INVITATION_LASTS = timedelta(days=14)
# Open ones of a tenant.
MOST_INVITATIONS = 50


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


def invite(tenant: Integration, name: str, role: str, *, by: Any) -> MembershipInvitation:
    """Ask whoever has that user name or e-mail to become a member, if anybody has. Idempotent: a
    second invitation of a name takes the place of the first. Raises `MembershipError`.
    """
    name = name.strip().lower()
    own = tenant.memberships.filter(Q(user__username__iexact=name) | Q(user__email__iexact=name))
    if own.exists():
        raise MembershipError(_("This user is a member already. Change the role in the list."))
    now = timezone.now()
    with transaction.atomic():
        tenant.invitations.filter(expires_at__lte=now).delete()
        if tenant.invitations.exclude(name=name).count() >= MOST_INVITATIONS:
            raise MembershipError(
                _("Too many invitations are open. Withdraw some, or wait until they have ended.")
            )
        invitation, new = MembershipInvitation.objects.update_or_create(
            integration=tenant,
            name=name,
            defaults={"role": Role(role), "invited_by": by, "expires_at": now + INVITATION_LASTS},
        )
        record(Event.MEMBER_INVITED, tenant=tenant, name=name, role=invitation.role)
    if new:
        # Of nobody, or nobody in particular, whoever invites is told nothing.
        with suppress(MembershipError):
            invitation_mail.tell_of_tenant(invitation, find_user(name))
    return invitation


def invitations_of(user: Any) -> list[MembershipInvitation]:
    """The invitations that this user may accept."""
    names = [name for name in (user.get_username().lower(), user.email.lower()) if name]
    if user.is_superuser:
        return []
    found = MembershipInvitation.objects.filter(
        name__in=names, expires_at__gt=timezone.now(), integration__deleted_at=None
    ).exclude(integration__memberships__user=user)
    rows = found.select_related("integration", "invited_by").order_by("integration__organization")
    # Of two users with one e-mail, nobody knows who was meant.
    return [one for one in rows if _is_meant(one.name, user)]


def _is_meant(name: str, user: Any) -> bool:
    try:
        return bool(find_user(name) == user)
    except MembershipError:
        return False


def accept(invitation: MembershipInvitation, user: Any) -> Membership:
    """Make the invited user a member."""
    with transaction.atomic():
        member = add(invitation.integration, user, invitation.role)
        invitation.delete()
    return member


def end_invitation(invitation: MembershipInvitation) -> None:
    """Decline or withdraw it."""
    with transaction.atomic():
        record(Event.INVITATION_ENDED, tenant=invitation.integration, name=invitation.name)
        invitation.delete()


@jobs.RETENTION.register("invitations to tenants")
def retain() -> None:
    """Remove invitations that have ended. Idempotent."""
    batched_writes.delete(MembershipInvitation.objects.filter(expires_at__lte=timezone.now()))


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
