"""Writing the audit trail, and purging it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db.models import Model, QuerySet
from django.db.models.sql import DeleteQuery
from django.utils import timezone

from integrations import client_address, jobs
from integrations.database import batched_writes
from integrations.models import ApiKey, AuditEntry, AuditPurge, Event, Integration, TenantState

# Names of details that would hold a secret.
SECRET_NAMES = {"password", "api_key", "key", "token", "secret", "code"}
MAX_LENGTH = 200


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
    """Record the event `what`, in the transaction of the caller.

    The actor is `user` or `key`, else the sender of the current request, else Relais itself.
    `about` is the object it was done to, `name` its name, never that of a candidate. `details` are
    plain values; none is a secret or personal data of a candidate.
    """
    if found := SECRET_NAMES & details.keys():
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
        object_name=_cut(name, MAX_LENGTH),
        details={label: _plain(value) for label, value in details.items() if value is not None},
    )
    entry.save(force_insert=True)
    if tenant is not None:
        # Whatever somebody did to it, its stored state (`tenants/states.py`) may be another now.
        TenantState.objects.filter(pk=tenant.pk).update(outdated_at=timezone.now())
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
    return _cut(str(value), MAX_LENGTH)


def _cut(text: str, most: int) -> str:
    return text.replace("\x00", "")[:most]


@jobs.RETENTION.register("audit trail")
def retain() -> int:
    """Remove entries older than `AUDIT_KEEP_DAYS`, if it is set; return how many. Idempotent."""
    if not settings.AUDIT_KEEP_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.AUDIT_KEEP_DAYS)
    batched_writes.delete(LogEntry.objects.filter(action_time__lt=before))
    return purge(before)


def purge(before: datetime) -> int:
    """Remove the entries older than `before`, record that, and return how many.

    A trigger of the database refuses to delete entries that no `AuditPurge` covers.
    """
    old = AuditEntry.objects.filter(at__lt=before)
    if not old.exists():
        return 0
    AuditPurge.objects.create(before=before)
    removed = batched_writes.in_batches(old, _delete_entries, recheck=False).rows
    record(Event.AUDIT_PURGED, entries=removed, before=before.isoformat())
    return removed


def _delete_entries(entries: QuerySet[Any]) -> int:
    query = entries.query.chain(klass=DeleteQuery)
    return int(query.get_compiler(entries.db).execute_sql("row count") or 0)
