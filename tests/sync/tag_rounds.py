"""What tests of reading tags share: a sync alone, how far its tags are, and time that passes."""

from __future__ import annotations

from datetime import timedelta

from integrations.models import (
    Integration,
    RequestBudget,
    SyncRun,
    TagProgress,
    TraitReading,
)
from integrations.sync import engine
from integrations.sync.tags import rounds
from tests.sync.running import now, queue


def run_only(tenant: Integration, type: str = "FULL", trigger: str = "") -> SyncRun:
    """A sync as it ends, before any tag is read."""
    run = queue(tenant, type)
    SyncRun.objects.filter(pk=run.pk).update(**({"trigger": trigger} if trigger else {}))
    assert engine.execute(run.pk)
    return now(run)


def progress(tenant: Integration) -> TagProgress:
    return TagProgress.objects.get(pk=tenant.pk)


def told(tenant: Integration) -> str:
    figures = rounds.figures(tenant)
    return figures.text if figures else ""


def let_time_pass(tenant: Integration, **time: float) -> None:
    """As if what has happened so far had happened so much earlier."""
    ago = timedelta(**time)
    row = progress(tenant)
    for name in ("due_at", "planned_at"):
        if (moment := getattr(row, name)) is not None:
            TagProgress.objects.filter(pk=tenant.pk).update(**{name: moment - ago})
    for bucket in RequestBudget.objects.filter(pk=tenant.pk):
        RequestBudget.objects.update(refilled_at=bucket.refilled_at - ago)
    for reading in TraitReading.objects.filter(integration=tenant, retry_at__isnull=False):
        TraitReading.objects.filter(pk=reading.pk).update(retry_at=reading.retry_at - ago)
