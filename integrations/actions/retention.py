"""What is kept of actions: texts that were sent go, the account of what was done stays."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from integrations import jobs
from integrations.database import batched_writes
from integrations.models import LIVE_ACTIONS, Action

EMPTY: dict[str, Any] = {"content": {}, "error_message": ""}


@jobs.RETENTION.register("texts of actions")
def retain() -> None:
    """Empty texts of actions that ended `SUBMISSION_KEEP_DAYS` ago. Idempotent."""
    before = timezone.now() - timedelta(days=settings.SUBMISSION_KEEP_DAYS)
    ended = Action.objects.exclude(state__in=LIVE_ACTIONS).filter(ended_at__lt=before)
    batched_writes.update(ended.exclude(**EMPTY), **EMPTY)


def empty(actions: Collection[str]) -> int:
    """Empty the texts of those that have ended; how many."""
    ended = Action.objects.exclude(state__in=LIVE_ACTIONS).filter(pk__in=list(actions))
    return ended.update(**EMPTY)
