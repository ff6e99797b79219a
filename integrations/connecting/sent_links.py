"""The links that were made: who may see them here, and who may withdraw which."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from integrations.accounts.permissions import Permission, may, tenants_where
from integrations.connecting import flow
from integrations.models import ConnectionLink, Integration, LinkKind


def visible_to(user: Any) -> QuerySet[ConnectionLink]:
    """The links of the tenants in which the user may do more than look, and the invitations that
    are theirs; all for an administrator. None of a tenant that has been deleted.
    """
    links = ConnectionLink.objects.filter(Q(integration=None) | Q(integration__deleted_at=None))
    if user.is_superuser:
        return links
    own = Q(integration=None, created_by=user.pk)
    return links.filter(own | Q(integration__in=tenants_where(user, Permission.CONNECT)))


def may_withdraw(user: Any, link: ConnectionLink) -> bool:
    """Whoever may make such a link; `link` is one that they see."""
    if link.integration is None:
        return may(user, Permission.CONNECT)
    return may(user, Permission.CONFIGURE, link.integration)


def kinds_for(integration: Integration) -> list[LinkKind]:
    """What a connected tenant's customer can be asked to do."""
    further = [LinkKind.SETUP] if flow.steps_of(integration) else []
    return [LinkKind.RELINK, *further]
