"""API keys: made once, shown once, recognised on every request."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from integrations.api.errors import ApiError
from integrations.models import ApiKey, Integration
from integrations.models.access import KeyState

logger = logging.getLogger(__name__)

MARK = "relais_"
# Enough to tell keys apart, and nothing to guess the rest from.
SHOWN = len(MARK) + 6
USE_WRITTEN_EVERY = timedelta(minutes=1)


def create_key(
    *,
    name: str,
    integrations: Iterable[Integration] = (),
    read_only: bool = False,
    expires_at: datetime | None = None,
    user: Any = None,
    passthrough_methods: Iterable[str] | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; (its row, the key itself, which cannot be had again).

    Without `integrations` it opens every tenant, those to come included.
    """
    key = MARK + secrets.token_urlsafe(32)
    tenants = list(integrations)
    row = ApiKey(
        name=name.strip(),
        prefix=key[:SHOWN],
        key_hash=_hash(key),
        every_tenant=not tenants,
        read_only=read_only,
        expires_at=expires_at,
        created_by=user,
    )
    if passthrough_methods is not None:
        row.passthrough_methods = list(passthrough_methods)
    with transaction.atomic():
        row.save()
        row.integrations.set(tenants)
    return row, key


def revoke(key: ApiKey) -> None:
    """Close a key for good, from the next request on. Idempotent."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    key.refresh_from_db()


def authenticate(header: str) -> ApiKey:
    """The key of an `Authorization` header, which is marked as used.

    Raises `ApiError` PLATFORM.AUTHENTICATION_INVALID when there is none, or it opens nothing.
    """
    scheme, _, given = header.strip().partition(" ")
    given = given.strip()
    if scheme.lower() != "bearer" or not given:
        raise _unknown("Send an API key: `Authorization: Bearer <key>`.")
    key = ApiKey.objects.filter(key_hash=_hash(given)).first()
    if key is None:
        raise _unknown("This API key does not exist.")
    now = timezone.now()
    state = key.state_at(now)
    if state is not KeyState.ACTIVE:
        raise _unknown(f"This API key is {state.lower()}.")
    _mark_used(key, now)
    return key


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _unknown(message: str) -> ApiError:
    return ApiError("PLATFORM.AUTHENTICATION_INVALID", message)


def _mark_used(key: ApiKey, now: datetime) -> None:
    before = now - USE_WRITTEN_EVERY
    if key.last_used_at is not None and key.last_used_at > before:
        return
    unmarked = Q(last_used_at=None) | Q(last_used_at__lte=before)
    try:
        ApiKey.objects.filter(unmarked, pk=key.pk).update(last_used_at=now)
    except DatabaseError:
        # A database that is too busy to note it can still be read.
        logger.warning("The use of API key %s could not be noted.", key.prefix, exc_info=True)
