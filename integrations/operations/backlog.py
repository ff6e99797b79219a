"""How far syncs are behind."""

from __future__ import annotations

from datetime import datetime

from integrations.models import Integration, RunState, SyncRun


def seconds_behind(now: datetime) -> float:
    """Seconds for which the oldest sync that is due or asked for has waited to be begun.

    `now` is the database's time. Four queries, each of which looks up the oldest by an index.
    """
    running = SyncRun.objects.filter(state=RunState.RUNNING).values_list("integration_id")
    due = (
        Integration.objects.present()
        .filter(enabled=True, credentials__isnull=False, credentials_invalid_at=None)
        .exclude(pk__in=[pk for (pk,) in running])
    )
    queued = SyncRun.objects.filter(state=RunState.QUEUED).order_by("queued_at")
    since = list(queued.values_list("queued_at", flat=True)[:1])
    for name in ("next_full_at", "next_delta_at"):
        oldest = due.filter(**{f"{name}__lte": now}).order_by(name)
        since += oldest.values_list(name, flat=True)[:1]
    return max(((now - moment).total_seconds() for moment in since), default=0.0)
