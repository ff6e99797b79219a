"""The records of an export, selected as the dashboard's list selects them.

A worker has no request: it makes one of the export's filters, for the export's user, and asks
the list itself, so that a file never holds other records than the list shows.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from integrations.models import Export
from integrations.people.permissions import Permission, tenants_where


def select(export: Export) -> QuerySet[Any]:
    """What the list shows to the export's user, on all its pages, of the export's tenant alone
    where it has one.
    """
    # Here, since the registry needs the theme, which a worker that exports nothing does not.
    from integrations.admin.registry import site

    model = apps.get_model("integrations", export.kind)
    query = QueryDict(export.filters, mutable=True)
    if export.integration_id:
        query["tenant"] = export.integration_id
    request = HttpRequest()
    request.method = "GET"
    request.GET = query  # type: ignore[assignment]
    request.user = export.user  # type: ignore[assignment]
    admin: Any = site._registry[model]
    # Who may look at a tenant may not always take its data away.
    allowed = tenants_where(export.user, Permission.EXPORT)
    selected: QuerySet[Any] = admin.selection(request).filter(integration__in=allowed)
    if export.integration_id:
        selected = selected.filter(integration_id=export.integration_id)
    return selected
