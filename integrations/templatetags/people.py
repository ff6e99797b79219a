"""What a user may do, for the buttons of a page."""

from __future__ import annotations

from typing import Any

from django import template

from integrations.accounts.permissions import Permission
from integrations.accounts.permissions import may as user_may
from integrations.models import Integration

register = template.Library()


@register.simple_tag
def may(user: Any, permission: str, tenant: Integration | str | None = None) -> bool:
    """`{% may request.user "sync" tenant as may_sync %}`; without a tenant, in any."""
    return user_may(user, Permission[permission.upper()], tenant or None)
