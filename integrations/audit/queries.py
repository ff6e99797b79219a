"""Reading the audit trail: which entries a user may see, and how they are called."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from integrations.models import AuditEntry, Event, Integration, Membership

# What is about a person and no tenant; Managers see it of the members of their tenants.
OF_PEOPLE = (
    Event.SIGNED_IN,
    Event.SIGNED_OUT,
    Event.SIGN_IN_FAILED,
    Event.SIGN_IN_LOCKED,
    Event.SIGN_IN_UNLOCKED,
    Event.PASSWORD_CHANGED,
    Event.SECOND_FACTOR_ON,
    Event.SECOND_FACTOR_OFF,
    Event.SECOND_FACTOR_RESET,
)


def visible_to(user: Any, *, tenants: QuerySet[Integration]) -> QuerySet[AuditEntry]:
    """All entries for an administrator; for others those of `tenants`, whose audit trail they may
    read, and how the members of these sign in.
    """
    if user.is_superuser:
        return AuditEntry.objects.all()
    mine = list(tenants.values_list("pk", flat=True))
    people = Membership.objects.filter(integration__in=mine).values_list("user_id", flat=True)
    known = [str(pk) for pk in people.distinct()]
    about = Q(integration_id="", what__in=OF_PEOPLE, object_kind="user", object_id__in=known)
    return AuditEntry.objects.filter(Q(integration_id__in=mine) | about)


def label(what: str) -> str:
    return str(Event(what).label) if what in Event.values else what


def who(entry: AuditEntry) -> str:
    """The user, the key with its beginning, or Relais."""
    if entry.key_prefix:
        return f"{entry.who} ({entry.key_prefix}…)"
    return entry.who or "Relais"
