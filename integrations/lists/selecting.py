"""The records of an export, selected as the dashboard's list selects them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from integrations.accounts.permissions import Permission, tenants_where
from integrations.lists.listings import LISTINGS
from integrations.lists.narrowing import Asked
from integrations.lists.periods import DAYS
from integrations.models import Export

# Parameters of an address that say how the list is shown, and select nothing.
SHOWN = {"p", "o", "e", "all"}


class UnknownFilter(Exception):
    """The export's filters name something that its list cannot be limited by."""


def select(export: Export) -> QuerySet[Any]:
    """What the list shows to the export's user, on all its pages, of the export's tenant alone
    where it has one. Raises `UnknownFilter`, rather than select more than was meant.
    """
    listing = LISTINGS[export.kind]
    query = QueryDict(export.filters, mutable=True)
    if export.integration_id:
        query["tenant"] = export.integration_id
    if strangers := query.keys() - listing.narrowings.keys() - {*DAYS, *SHOWN, "q"}:
        raise UnknownFilter(", ".join(sorted(strangers)))
    asked = Asked(export.user, {name: values[-1] for name, values in query.lists()})
    manager: Any = listing.model._default_manager
    # Who may look at a tenant may not always take its data away.
    records: QuerySet[Any] = manager.visible_to(export.user).filter(
        integration__in=tenants_where(export.user, Permission.EXPORT)
    )
    if export.integration_id:
        records = records.filter(integration_id=export.integration_id)
    for narrow in listing.narrowings.values():
        records = narrow(records, asked)
    records = listing.found(records, _typed(query), export.user)
    return listing.sorted(records, asked)


def _typed(query: QueryDict) -> str:
    """What the search box holds; nothing, as in the list, if that cannot be looked for."""
    typed = query.get("q", "").strip()
    return "" if "\x00" in typed else typed
