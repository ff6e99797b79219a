"""Writing the audit trail, and the one way in which entries leave it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.db.models.sql import DeleteQuery
from django.utils import timezone

from integrations import client_address, jobs
from integrations.models import ApiKey, AuditEntry, AuditPurge, Event, Integration

# Names under which something secret would be written down.
SECRET = {"password", "api_key", "key", "token", "secret", "code"}
LONGEST = 200


def record(
    what: Event,
    *,
    tenant: Integration | None = None,
    about: Model | None = None,
    name: str = "",
    user: Any = None,
    key: ApiKey | None = None,
    **details: Any,
) -> AuditEntry:
    """Write down that `what` was done, in the transaction of the caller.

    Who did it is `user` or `key`, else whoever sent the request under way, else Relais itself.
    `about` is what it was done to, and `name` what people call that: never a candidate's name.
    `details` are plain values; none is a secret or tells anything of a candidate.
    """
    if found := SECRET & details.keys():
        raise ValueError(f"Secrets are not written down: {', '.join(sorted(found))}")
    user, key = _who(user, key)
    request = client_address.current()
    entry = AuditEntry(
        what=Event(what),
        user_id=user.pk if user else None,
        key_prefix=key.prefix if key else "",
        who=_cut(user.get_username() if user else key.name if key else "", 150),
        ip=client_address.client_ip(request) if request else None,
        integration_id=tenant.pk if tenant else "",
        tenant=tenant.organization if tenant else "",
        object_kind=about._meta.model_name or "" if about is not None else "",
        object_id=str(about.pk)[:64] if about is not None else "",
        object_name=_cut(name, LONGEST),
        details={label: _plain(value) for label, value in details.items() if value is not None},
    )
    entry.save(force_insert=True)
    return entry


def _who(user: Any, key: ApiKey | None) -> tuple[Any, ApiKey | None]:
    request = client_address.current()
    if user is None and key is None and request is not None:
        caller = getattr(request, "api_caller", None)
        key = caller.key if caller else None
        user = None if key else getattr(request, "user", None)
    if user is not None and not getattr(user, "is_authenticated", False):
        user = None
    return user, key


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set):
        return [_plain(one) for one in value]
    return _cut(str(value), LONGEST)


def _cut(text: str, most: int) -> str:
    return text.replace("\x00", "")[:most]


@jobs.RETENTION.register("audit trail")
def retain() -> int:
    """Remove what is older than `AUDIT_KEEP_DAYS`, when that is set; how many. Idempotent."""
    if not settings.AUDIT_KEEP_DAYS:
        return 0
    return purge(timezone.now() - timedelta(days=settings.AUDIT_KEEP_DAYS))


def purge(before: datetime) -> int:
    """Remove the entries older than `before`; how many. That this was done is written down.

    The database lets go of what an `AuditPurge` names, and of nothing else.
    """
    with transaction.atomic():
        old = AuditEntry.objects.filter(at__lt=before)
        if not old.exists():
            return 0
        AuditPurge.objects.create(before=before)
        query = old.query.chain(klass=DeleteQuery)
        removed = int(query.get_compiler(old.db).execute_sql("row count") or 0)
        record(Event.AUDIT_PURGED, entries=removed, before=before.isoformat())
    return removed
