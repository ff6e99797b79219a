"""The secret address of a tenant for Flatchr's events: made, replaced, removed, and found.

Flatchr signs nothing (`docs/flatchr-api.md §26`), so whoever has the address can send to it. What
comes is only ever a reason to ask Flatchr (`working.py`).
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from integrations import jobs
from integrations.audit import trail
from integrations.models import Event, EventAddress, IncomingEvent, Integration
from integrations.models.fields import UNREADABLE
from integrations.sync import schedule

# How long the address before is still taken, so that nothing is lost while the new one is pasted.
GRACE = timedelta(hours=24)


def make(integration: Integration, *, user: Any = None) -> EventAddress:
    """The tenant's address, made if there is none. Idempotent."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        address, made = EventAddress.objects.get_or_create(
            integration=integration, defaults={"token": token, "token_hash": hash_of(token)}
        )
        if made:
            _record(Event.EVENT_ADDRESS_MADE, integration, user)
    return address


def rotate(integration: Integration, *, at_once: bool, user: Any = None) -> bool:
    """Give the tenant another address; whether it had one.

    The old one is taken for `GRACE` more, or no longer if `at_once`; one that was replaced before
    is not taken any more.
    """
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        address = EventAddress.objects.select_for_update().filter(pk=integration.pk).first()
        if address is None:
            return False
        now = jobs.now()
        EventAddress.objects.filter(pk=integration.pk).update(
            token=token,
            token_hash=hash_of(token),
            made_at=now,
            old_token_hash="" if at_once else address.token_hash,
            old_ends_at=None if at_once else now + GRACE,
            old_used_at=None,
        )
        _record(Event.EVENT_ADDRESS_ROTATED, integration, user, old_ends_at_once=at_once)
    return True


def remove(integration: Integration, *, user: Any = None) -> bool:
    """Take nothing more from the tenant's Flatchr; whether there was an address.

    What waits is left to the next sync, which comes as early as it would without events.
    """
    with transaction.atomic():
        removed, _of_each = EventAddress.objects.filter(pk=integration.pk).delete()
        if not removed:
            return False
        IncomingEvent.objects.filter(integration=integration, outcome="").delete()
        schedule.bring_forward(integration.pk)
        _record(Event.EVENT_ADDRESS_REMOVED, integration, user)
    return True


def space_deltas(integration: Integration, *, wanted: bool, minutes: int, user: Any = None) -> bool:
    """Store whether deltas come less often while events come, and how often; whether that is new.

    It holds from the next delta on; one that is to come later than it now would is brought forward.
    """
    with transaction.atomic():
        address = EventAddress.objects.select_for_update().filter(pk=integration.pk).first()
        if address is None or (address.spaces_deltas, address.delta_interval) == (wanted, minutes):
            return False
        EventAddress.objects.filter(pk=integration.pk).update(
            spaces_deltas=wanted, delta_interval=minutes
        )
        schedule.bring_forward(integration.pk)
        _record(
            Event.SETTINGS_CHANGED,
            integration,
            user,
            changed=["spaces_deltas", "delta_interval"],
            spaces_deltas=wanted,
            delta_interval=minutes,
        )
    return True


def url_of(address: EventAddress) -> str | None:
    """The address to paste in Flatchr; None when no configured key decrypts it: replace it then."""
    if address.token == UNREADABLE:
        return None
    return urljoin(settings.PUBLIC_URL, reverse("flatchr_event", args=[address.token]))


def find(token: str, now: datetime) -> tuple[EventAddress, bool] | None:
    """The address with this token, and whether it is an old one that is still taken; None for any
    other token, and when the tenant has been deleted.
    """
    given = hash_of(token)
    address = (
        EventAddress.objects.select_related("integration__credentials")
        .filter(
            Q(token_hash=given) | Q(old_token_hash=given, old_ends_at__gt=now),
            integration__deleted_at=None,
        )
        .first()
    )
    return None if address is None else (address, address.token_hash != given)


def hash_of(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def _record(what: Event, integration: Integration, user: Any, **details: Any) -> None:
    trail.record(
        what,
        tenant=integration,
        about=integration,
        name=integration.organization,
        user=user,
        **details,
    )
