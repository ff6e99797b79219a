"""What callers of the API were refused, for the people whom they ask about it: `log_url` of an
error is the page of it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urljoin

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from integrations import jobs
from integrations.database import batched_writes
from integrations.database.waits import short_waits
from integrations.ids import unified_id
from integrations.models import ApiKey, FailedCall, Integration

logger = logging.getLogger(__name__)

# Milliseconds for somebody else's lock: an error must not wait for a sync.
NOTE_WAITS = 200
MOST_CHARACTERS = 4000


def note(
    *,
    key: ApiKey,
    tenant: Integration | None,
    method: str,
    route: str,
    status: int,
    code: str | None,
    message: str,
    submission: str = "",
) -> str | None:
    """Write down a call that failed; the address of its page, or None if that has not worked.

    What is the same within a minute is one row, so that a client which asks again and again fills
    no table.
    """
    now = timezone.now()
    told = message.replace("\0", "")[:MOST_CHARACTERS]
    same = (now.strftime("%Y%m%d%H%M"), method, route, status, code, submission, told)
    digest = sha256("\0".join(map(str, same)).encode("utf-8", "replace")).hexdigest()
    row = FailedCall(
        id=unified_id(tenant.pk if tenant else "", f"{key.pk}:{digest}"),
        integration=tenant,
        api_key=key,
        at=now,
        method=method[:8],
        route=route,
        status=status,
        code=code or "",
        message=told,
        submission_id=submission,
    )
    try:
        with short_waits(NOTE_WAITS), transaction.atomic():
            FailedCall.objects.bulk_create([row], ignore_conflicts=True)
            FailedCall.objects.filter(pk=row.pk).update(times=F("times") + 1)
    except DatabaseError:
        logger.info("A failed call of the API was not written down")
        return None
    return page_of(row)


def page_of(call: FailedCall) -> str:
    """Absolute, under the address that users type."""
    address = reverse("admin:integrations_failedcall_change", args=[call.pk])
    return urljoin(settings.PUBLIC_URL, address)


@jobs.RETENTION.register("API errors")
def retain() -> None:
    """Remove those older than `EXCHANGE_RETENTION_DAYS`. Idempotent."""
    old = timezone.now() - timedelta(days=settings.EXCHANGE_RETENTION_DAYS)
    batched_writes.delete(FailedCall.objects.filter(at__lt=old))
