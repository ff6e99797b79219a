"""Retention of the log of requests to Flatchr: by age, and by number for each tenant.

What failed is kept whole; of what went well, a run keeps a sample (`exchange_recorder.py`) and a
tenant its newest. Rows are deleted in batches, also on PostgreSQL: a bounded log needs no
partitions (`docs/scaling.md`, Logs).
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from integrations import jobs
from integrations.database import batched_writes
from integrations.models import HttpExchange, Integration

WENT_WELL = Q(error="", status__lt=400)


@jobs.RETENTION.register("exchanges")
def remove_old() -> None:
    """Delete requests older than `EXCHANGE_RETENTION_DAYS`. Idempotent."""
    old = timezone.now() - timedelta(days=settings.EXCHANGE_RETENTION_DAYS)
    batched_writes.delete(HttpExchange.objects.filter(started_at__lt=old))


@jobs.RETENTION.register("exchanges beyond a tenant's share")
def remove_surplus() -> None:
    """Of each tenant's requests that went well, delete all but the newest `EXCHANGE_MAX_EACH`.

    Idempotent.
    """
    if not settings.EXCHANGE_MAX_EACH:
        return
    for tenant in list(Integration.objects.order_by("pk").values_list("pk", flat=True)):
        remove_surplus_of(tenant)


def remove_surplus_of(integration_id: str) -> batched_writes.Written:
    """As `remove_surplus`, of one tenant."""
    well = HttpExchange.objects.filter(WENT_WELL, integration=integration_id)
    ids = well.order_by("-pk").values_list("pk", flat=True)
    place = settings.EXCHANGE_MAX_EACH
    newest_gone = next(iter(ids[place : place + 1]), None)
    if newest_gone is None:
        return batched_writes.Written()
    return batched_writes.delete(well.filter(pk__lte=newest_gone))
