"""Lockout after too many wrong passwords: of one user name from one address, for a while.

An attacker thus locks out only their own address: the user can still sign in from elsewhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from integrations import client_address
from integrations.accounts import check_limits
from integrations.audit.trail import record
from integrations.models import Event

UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104


def client_ip(request: HttpRequest) -> str:
    """The client's network for django-axes, which needs one: 0.0.0.0 if it is not known."""
    address = client_address.client_ip(request)
    return client_address.network_of(address) or UNKNOWN_ADDRESS


def locked_until(request: HttpRequest, username: str) -> datetime | None:
    """When this user may try again from this address; None while they may."""
    return _until(_attempts(username).filter(ip_address=client_ip(request)))


def locked_anywhere_until(user: Any) -> datetime | None:
    """Until when the user is locked out from at least one address; None when from none."""
    found = [_until(_attempts(user.get_username())), check_limits.blocked_until(user)]
    return max((one for one in found if one is not None), default=None)


def _attempts(username: str) -> Any:
    return AccessAttempt.objects.filter(
        username=username, failures_since_start__gte=settings.AXES_FAILURE_LIMIT
    )


def _until(attempts: Any) -> datetime | None:
    last = attempts.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    lasts = get_cool_off()
    if last is None or lasts is None or last + lasts <= timezone.now():
        return None
    until: datetime = last + lasts
    return until


def unlock(user: Any) -> int:
    """Remove the user's locks from every address; return how many there were."""
    with transaction.atomic():
        removed: int = reset(username=user.get_username()) + check_limits.forget(user)
        if removed:
            record(Event.SIGN_IN_UNLOCKED, about=user, name=user.get_username())
    return removed
