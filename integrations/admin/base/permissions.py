"""What the pages ask before they do anything: whether this user may."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from integrations.accounts.permissions import Permission, may
from integrations.models import Integration


def require(
    request: HttpRequest, permission: Permission, tenant: Integration | str | None = None
) -> None:
    """Raises `PermissionDenied`. Without a tenant: any in which the user may will do."""
    if not may(request.user, permission, tenant):
        raise PermissionDenied
