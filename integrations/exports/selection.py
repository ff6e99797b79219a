"""Which records an export holds, as the dashboard's list selects them, and who may have it."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import QueryDict

from integrations.accounts.permissions import Permission, tenants_where
from integrations.messages import Message
from integrations.models import Export, RecordQuerySet
from integrations.models.conditions import DAYS

# Parameters of an address that say how the list is shown, and select nothing.
SHOWN = {"p", "o", "e", "all"}

NO_LONGER = Message("export_access_lost")
NO_USER = Message("export_account_gone")


class UnknownFilter(Exception):
    """The export's filters name something that its list cannot be limited by."""


class NotAllowed(Exception):
    """Who asked for the export may not have it any more; the message tells why."""


def select(export: Export) -> RecordQuerySet:
    """What the list shows to the export's user, on all its pages, of the export's tenant alone
    where it has one. Raises `UnknownFilter`, rather than select more than was meant.
    """
    manager: Any = apps.get_model("integrations", export.kind)._default_manager
    records: RecordQuerySet = manager.visible_to(export.user)
    query = QueryDict(export.filters, mutable=True)
    if export.integration_id:
        query["tenant"] = export.integration_id
    if strangers := query.keys() - records.list_filters.keys() - {*DAYS, *SHOWN, "q"}:
        raise UnknownFilter(", ".join(sorted(strangers)))
    if any("\0" in value for name, values in query.lists() for value in values if name != "q"):
        raise UnknownFilter("\\0")
    given = {name: values[-1] for name, values in query.lists()}
    # Who may look at a tenant may not always take its data away.
    records = records.filter(integration__in=tenants_where(export.user, Permission.EXPORT))
    if export.integration_id:
        records = records.filter(integration_id=export.integration_id)
    # The list, too, finds everything for a text that no database can be asked for.
    typed = given.get("q", "").strip()
    return (
        records.narrowed(given, export.user)
        .searched("" if "\x00" in typed else typed, export.user)
        .in_list_order(given.get("o", ""), export.user)
    )


def allowed_tenants(export: Export) -> list[str]:
    """The tenants whose records the export may hold now. Raises `NotAllowed`."""
    user = export.user
    if user is None or not (user.is_active and user.is_staff):
        raise NotAllowed(NO_USER)
    visible = list(tenants_where(user, Permission.EXPORT).values_list("pk", flat=True))
    if export.integration_id is None:
        return visible
    if export.integration_id not in visible:
        raise NotAllowed(NO_LONGER)
    return [export.integration_id]


def may_fetch(export: Export, user: Any) -> bool:
    """Whether `user` asked for this file and may still take away what is of every tenant in it."""
    if export.user_id is None or export.user_id != user.pk:
        return False
    visible = set(tenants_where(user, Permission.EXPORT).values_list("pk", flat=True))
    return set(export.tenants) <= visible
