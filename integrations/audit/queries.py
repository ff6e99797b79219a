"""Reading the audit trail: the entries a user may see, their labels, and export as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

import orjson
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from integrations.models import AuditEntry, Event, Integration, Membership
from integrations.spreadsheets.csv_file import csv_lines
from integrations.spreadsheets.escaping import guard

# Events of a user and no tenant; Managers see those of the members of their tenants.
SIGN_IN_EVENTS = (
    Event.SIGNED_IN,
    Event.SIGNED_OUT,
    Event.SIGN_IN_FAILED,
    Event.SIGN_IN_LOCKED,
    Event.SIGN_IN_UNLOCKED,
    Event.PASSWORD_CHANGED,
    Event.SECOND_FACTOR_ON,
    Event.SECOND_FACTOR_OFF,
    Event.SECOND_FACTOR_RESET,
    Event.SESSIONS_ENDED,
)


def visible_to(user: Any, *, tenants: QuerySet[Integration]) -> QuerySet[AuditEntry]:
    """The entries that `user` may see: all, for an administrator.

    For others those of `tenants`, whose audit trail they may read, and the sign-in events of the
    members of these since they joined.
    """
    if user.is_superuser:
        return AuditEntry.objects.all()
    mine = list(tenants.values_list("pk", flat=True))
    people = Membership.objects.filter(integration__in=mine)
    known = [str(pk) for pk in people.values_list("user_id", flat=True).distinct()]
    joined = people.annotate(number=Cast("user_id", CharField())).filter(
        number=OuterRef("object_id"), joined_at__lte=OuterRef("at")
    )
    about = Q(integration_id="", what__in=SIGN_IN_EVENTS, object_kind="user", object_id__in=known)
    return AuditEntry.objects.filter(Q(integration_id__in=mine) | (about & Exists(joined)))


def label(what: str) -> str:
    return str(Event(what).label) if what in Event.values else what


def actor(entry: AuditEntry) -> str:
    """Who did it: the user name, the name and prefix of the API key, or Relais."""
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
    # Without a byte order mark spreadsheets read the file in another encoding.
    yield "\ufeff" + csv_lines([[heading] for heading in headings()])
    for entry in entries.order_by("-id").iterator(chunk_size=2000):
        yield csv_lines([[guard(value)] for value in _row(entry)])


def _row(entry: AuditEntry) -> list[str]:
    return [
        entry.at.astimezone(UTC).isoformat(),
        label(entry.what),
        actor(entry),
        entry.ip or "",
        entry.tenant,
        entry.integration_id,
        entry.object_kind,
        entry.object_id,
        entry.object_name,
        orjson.dumps(entry.details).decode() if entry.details else "",
    ]
