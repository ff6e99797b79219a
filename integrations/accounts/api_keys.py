"""API keys: made once, shown once, recognised on every request."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from integrations.api.errors import ApiError
from integrations.api.instances import Columns
from integrations.audit.trail import record
from integrations.models import ApiKey, Event, FlatchrSettings, Integration
from integrations.models.access import KeyState

logger = logging.getLogger(__name__)

MARK = "relais_"
# Enough to tell keys apart, and nothing to guess the rest from.
SHOWN = len(MARK) + 6
USE_WRITTEN_EVERY = timedelta(minutes=1)

_KEY = Columns(ApiKey, "api_key")
_TENANT = Columns(Integration, "tenant")
_SETTINGS = Columns(FlatchrSettings, "settings")
# Every request asks for the three of them. Having the ORM put the statements together and carrying
# them out one by one was a tenth of the time that a page takes.
_FIND = f"""
SELECT {_KEY.sql}, {_TENANT.sql}, {_SETTINGS.sql}
FROM integrations_apikey api_key
LEFT JOIN integrations_integration tenant
  ON tenant.id = %(named)s AND tenant.deleted_at IS NULL
  AND (api_key.every_tenant OR EXISTS (
    SELECT 1 FROM integrations_apikey_integrations opened
    WHERE opened.apikey_id = api_key.id AND opened.integration_id = tenant.id))
LEFT JOIN integrations_flatchrsettings settings ON settings.integration_id = tenant.id
WHERE api_key.key_hash = %(key_hash)s
"""  # noqa: S608


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

    Without `integrations` it opens every tenant, those to come included. Through the passthrough
    it may read, unless other `passthrough_methods` are given.
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
        _record(Event.KEY_MADE, row, user=user, read_only=read_only, tenants=len(tenants) or "all")
    return row, key


def revoke(key: ApiKey) -> None:
    """Close a key for good, from the next request on. Idempotent."""
    with transaction.atomic():
        open_ = ApiKey.objects.filter(pk=key.pk, revoked_at=None)
        if open_.update(revoked_at=timezone.now()):
            _record(Event.KEY_REVOKED, key)
    key.refresh_from_db()


def authenticate(header: str, named: str = "") -> tuple[ApiKey, Integration | None]:
    """The key of an `Authorization` header, which is marked as used, and the tenant with the id
    `named`, with its settings, if there is one that the key opens.

    Raises `ApiError` PLATFORM.AUTHENTICATION_INVALID when there is no key, or it opens nothing.
    """
    scheme, _, given = header.strip().partition(" ")
    given = given.strip()
    if scheme.lower() != "bearer" or not given:
        raise _unknown("Send an API key: `Authorization: Bearer <key>`.")
    key, tenant = _found(_hash(given), named)
    if key is None:
        raise _unknown("This API key does not exist.")
    now = timezone.now()
    state = key.state_at(now)
    if state is not KeyState.ACTIVE:
        raise _unknown(f"This API key is {state.lower()}.")
    _mark_used(key, now)
    return key, tenant


def _found(key_hash: str, named: str) -> tuple[ApiKey | None, Integration | None]:
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"key_hash": key_hash, "named": named})
        row = cursor.fetchone()
    if row is None:
        return None, None
    of_key, row = row[: len(_KEY)], row[len(_KEY) :]
    of_tenant, of_settings = row[: len(_TENANT)], row[len(_TENANT) :]
    key = _KEY.instance(of_key)
    # The primary keys, which are first; a tenant without settings is left for `Caller.find`.
    if of_settings[0] is None:
        return key, None
    tenant = _TENANT.instance(of_tenant)
    tenant.flatchr_settings = _SETTINGS.instance(of_settings)
    return key, tenant


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
        with transaction.atomic():
            marked = ApiKey.objects.filter(unmarked, pk=key.pk).update(last_used_at=now)
            if marked and not _used_today(key, now):
                _record(Event.KEY_USED, key, key=key)
    except DatabaseError:
        # A database that is too busy to note it can still be read.
        logger.warning("The use of API key %s could not be noted.", key.prefix, exc_info=True)


def _used_today(key: ApiKey, now: datetime) -> bool:
    last = key.last_used_at
    return last is not None and timezone.localdate(last) == timezone.localdate(now)


def _record(event: Event, row: ApiKey, **details: Any) -> None:
    """With the key's tenant, where it opens one alone."""
    tenants = [] if row.every_tenant else list(row.integrations.all()[:2])
    record(
        event, tenant=tenants[0] if len(tenants) == 1 else None, about=row, name=row.name, **details
    )
