"""Who may pass what through."""

from __future__ import annotations

from typing import Any

from integrations.accounts.permissions import Permission, may
from integrations.flatchr.client import Host
from integrations.models import ApiKey
from integrations.passthrough.request import is_read


def user_may(user: Any, host: Host, method: str, path: str) -> bool:
    """What may change something at Flatchr needs a right of its own."""
    return may(user, Permission.WRITE_THROUGH) or is_read(host, method, path)


def key_may(key: ApiKey, host: Host, method: str, path: str) -> bool:
    """What reads is as a GET, whatever its method."""
    return key.may_pass(method) or (is_read(host, method, path) and key.may_pass("GET"))
