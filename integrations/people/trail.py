"""Reading the audit trail: which entries a user may see, and the file of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import orjson
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from integrations.exports.escaping import guard
from integrations.models import AuditEntry, Event, Membership
from integrations.people.permissions import Permission, tenants_where

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


def visible_to(user: Any) -> QuerySet[AuditEntry]:
    """All entries for an administrator; for a Manager those of their tenants, and how the members
    of these sign in.
    """
    if user.is_superuser:
        return AuditEntry.objects.all()
    mine = list(tenants_where(user, Permission.AUDIT).values_list("pk", flat=True))
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


def headings() -> list[str]:
    return [
        _("When"),
        _("What"),
        _("Who"),
        _("IP address"),
        _("Tenant"),
        _("Tenant ID"),
        _("Object"),
        _("Object ID"),
        _("Name"),
        _("Details"),
    ]


def as_csv(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """The entries, newest first, line by line; times are ISO 8601 in UTC."""
    writer: Any = csv.writer(_Echo())
    # Spreadsheets take a file without this for another encoding.
    yield "\ufeff" + writer.writerow(headings())
    for entry in entries.order_by("-id").iterator(chunk_size=2000):
        yield writer.writerow([guard(value) for value in _row(entry)])


def _row(entry: AuditEntry) -> list[str]:
    return [
        entry.at.astimezone(UTC).isoformat(),
        label(entry.what),
        who(entry),
        entry.ip or "",
        entry.tenant,
        entry.integration_id,
        entry.object_kind,
        entry.object_id,
        entry.object_name,
        orjson.dumps(entry.details).decode() if entry.details else "",
    ]


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line
