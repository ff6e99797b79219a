"""The history of passthrough requests, bounded in number and age, with secrets masked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from integrations import jobs
from integrations.audit.trail import record
from integrations.database import batched_writes
from integrations.flatchr.exchange_log import HEAD, Masker
from integrations.models import ApiKey, Event, Integration, PassthroughCall
from integrations.passthrough.request import CheckedRequest, is_read

# The most calls kept of a tenant, whatever their age.
MAX_CALLS = 10_000


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: a user of the dashboard, or an application by its key."""

    user: Any = None
    key: ApiKey | None = None


def begin(
    integration: Integration, call: CheckedRequest, sender: Sender, masker: Masker
) -> PassthroughCall:
    """Record that `call` is about to be sent."""
    with transaction.atomic():
        begun = PassthroughCall.objects.create(
            integration=integration,
            user=sender.user,
            api_key=sender.key,
            method=call.method,
            host=call.host,
            path=masker.text(call.path),
            params={_storable(k): _storable(v) for k, v in masker.params(call.params).items()},
            headers=masker.sent_headers(call.shown_headers),
            body_kind=call.kind,
            body=_storable(masker.head(call.shown)),
            body_cut=len(call.shown) > HEAD,
        )
        reads = is_read(call.host, call.method, call.path)
        # What an application reads is in this history alone: it may be thousands a minute.
        if not reads or sender.key is None:
            record(
                Event.CONSOLE_READ if reads else Event.PASSTHROUGH_WRITE,
                tenant=integration,
                about=begun,
                user=sender.user,
                key=sender.key,
                method=call.method,
                host=call.host,
            )
    return begun


def end(
    call: PassthroughCall, *, status: int | None, duration: float, bytes_received: int, error: str
) -> None:
    """Record the result; `duration` in seconds."""
    PassthroughCall.objects.filter(pk=call.pk).update(
        status=status, duration=duration, bytes_received=bytes_received, error=error
    )


@jobs.RETENTION.register("calls of the console")
def retain() -> None:
    """Remove calls older than `EXCHANGE_RETENTION_DAYS`, and all but each tenant's newest
    `MAX_CALLS`. Idempotent.
    """
    old = timezone.now() - timedelta(days=settings.EXCHANGE_RETENTION_DAYS)
    batched_writes.delete(PassthroughCall.objects.filter(started_at__lt=old))
    counted = PassthroughCall.objects.order_by().values("integration").annotate(n=Count("pk"))
    for pk in counted.filter(n__gt=MAX_CALLS).values_list("integration", flat=True):
        calls = PassthroughCall.objects.filter(integration=pk).order_by("-id")
        oldest_kept = calls.values_list("pk", flat=True)[MAX_CALLS - 1]
        batched_writes.delete(PassthroughCall.objects.filter(integration=pk, pk__lt=oldest_kept))


def _storable(text: str) -> str:
    """PostgreSQL stores no NUL in text."""
    return text.replace("\0", "\ufffd")
