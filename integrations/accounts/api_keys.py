"""API keys: made once, shown once, recognised on every request."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Model, Q
from django.utils import timezone

from integrations.audit.trail import record
from integrations.database.waits import short_waits
from integrations.models import ApiKey, Event, FlatchrSettings, Integration
from integrations.models.access import KeyState

logger = logging.getLogger(__name__)

MARK = "relais_"
# Enough to tell keys apart, and nothing to guess the rest from.
SHOWN = len(MARK) + 6
USE_WRITTEN_EVERY = timedelta(minutes=1)
NOTE_WAITS = 20  # milliseconds for somebody else's lock: a read must not wait for a sync

# Found by one statement: with two queries of the ORM, of which one joins the settings, a request
# takes 1.5 to 2 ms of processor time more. A page of 100 candidates takes 5 to 6.
_JOINED = {"api_key": ApiKey, "tenant": Integration, "settings": FlatchrSettings}
_SELECTED = ", ".join(
    f"{alias}.{field.column}"
    for alias, model in _JOINED.items()
    for field in model._meta.concrete_fields
)
_FIND = f"""
SELECT {_SELECTED}
FROM integrations_apikey api_key
LEFT JOIN integrations_integration tenant
  ON tenant.id = %(tenant_id)s AND tenant.deleted_at IS NULL
  AND (api_key.every_tenant OR EXISTS (
    SELECT 1 FROM integrations_apikey_integrations opened
    WHERE opened.apikey_id = api_key.id AND opened.integration_id = tenant.id))
LEFT JOIN integrations_flatchrsettings settings ON settings.integration_id = tenant.id
WHERE api_key.key_hash = %(key_hash)s
"""  # noqa: S608


class InvalidKey(Exception):
    """No key, or one that is unknown, revoked or expired; the message is for whoever sent it."""


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


def authenticate(header: str, tenant_id: str = "") -> tuple[ApiKey, Integration | None]:
    """Return the key of an `Authorization` header, and the tenant with this id and its settings if
    the key opens it; record the use of the key. Raise `InvalidKey`.
    """
    scheme, _, given = header.strip().partition(" ")
    given = given.strip()
    if scheme.lower() != "bearer" or not given:
        raise InvalidKey("Send an API key: `Authorization: Bearer <key>`.")
    key, tenant = _find(_hash(given), tenant_id)
    if key is None:
        raise InvalidKey("This API key does not exist.")
    now = timezone.now()
    state = key.state_at(now)
    if state is not KeyState.ACTIVE:
        raise InvalidKey(f"This API key is {state.lower()}.")
    _mark_used(key, now)
    return key, tenant


def _find(key_hash: str, tenant_id: str) -> tuple[ApiKey | None, Integration | None]:
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"key_hash": key_hash, "tenant_id": tenant_id})
        row = cursor.fetchone()
    if row is None:
        return None, None
    key, tenant, settings = _instances(row)
    # A tenant whose settings were never stored is left to the caller, who makes them.
    if tenant is None or settings is None:
        return key, None
    tenant.flatchr_settings = settings
    return key, tenant


def _instances(row: Sequence[Any]) -> list[Any]:
    """The objects of a row of `_FIND`, as `Model.objects.raw` makes them of one model; None for one
    that was not found.
    """
    found: list[Any] = []
    start = 0
    for model in _JOINED.values():
        names, converters = _fields(model)
        values = list(row[start : start + len(names)])
        start += len(names)
        for place, column, convert in converters:
            values[place] = convert(values[place], column, connection)
        # The primary key comes first.
        found.append(None if values[0] is None else model.from_db(connection.alias, names, values))
    return found


@cache
def _fields(model: type[Model]) -> tuple[list[str], list[tuple[int, Any, Any]]]:
    """The names of a model's columns, and for each place what its value has to go through."""
    fields: Sequence[Any] = model._meta.concrete_fields
    converters = [
        (place, field.cached_col, convert)
        for place, field in enumerate(fields)
        for convert in (
            *connection.ops.get_db_converters(field.cached_col),
            *field.get_db_converters(connection),
        )
    ]
    return [field.attname for field in fields], converters


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _mark_used(key: ApiKey, now: datetime) -> None:
    before = now - USE_WRITTEN_EVERY
    if key.last_used_at is not None and key.last_used_at > before:
        return
    unmarked = Q(last_used_at=None) | Q(last_used_at__lte=before)
    try:
        with short_waits(NOTE_WAITS), transaction.atomic():
            marked = ApiKey.objects.filter(unmarked, pk=key.pk).update(last_used_at=now)
            if marked and not _used_today(key, now):
                _record(Event.KEY_USED, key, key=key)
    except DatabaseError as error:
        # A database that is too busy for this write can still be read; the next request notes it.
        logger.warning("The use of API key %s could not be noted yet: %s", key.prefix, error)


def _used_today(key: ApiKey, now: datetime) -> bool:
    last = key.last_used_at
    return last is not None and timezone.localdate(last) == timezone.localdate(now)


def _record(event: Event, row: ApiKey, **details: Any) -> None:
    """With the key's tenant, where it opens one alone."""
    tenants = [] if row.every_tenant else list(row.integrations.all()[:2])
    record(
        event, tenant=tenants[0] if len(tenants) == 1 else None, about=row, name=row.name, **details
    )
