"""What goes by itself: deleted records with the searches for them, what exports searched for, and
whom links invited that nobody used.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from integrations import jobs
from integrations.database import batched_writes, write_ahead_log
from integrations.exports.selection import SHOWN
from integrations.models import (
    LIVE_EXPORTS,
    Application,
    Candidate,
    ConnectionLink,
    Export,
    Integration,
    Job,
)
from integrations.models.conditions import DAYS
from integrations.privacy.age import stop_searches
from integrations.sync.retention import empty_deleted

# Parameters of a list that choose a record, a state, a day or an order: nobody is typed there.
_CHOSEN = {
    *DAYS,
    *SHOWN,
    *(name for model in (Application, Candidate, Job) for name in model.objects.all().list_filters),
}
BATCH = 500
# How long after its end a link that nobody used keeps the e-mail address of whom it was for.
UNUSED_LINKS = timedelta(days=90)


@jobs.RETENTION.register("deleted records")
def retain_deleted() -> None:
    """Empty records that were deleted long enough ago, and stop the scheduled exports that search
    for the people that are emptied. Idempotent.
    """
    empty_deleted(before_emptying=_stop_searches)


def _stop_searches(tenant: str, candidates: QuerySet[Any]) -> None:
    stop_searches(Integration.objects.get(pk=tenant), list(candidates.values_list("pk", flat=True)))


@jobs.RETENTION.register("searches of exports")
def forget_searches(*, before: datetime | None = None) -> None:
    """Remove what exports made before then searched for, else `EXPORT_KEEP_DAYS` ago, as that may
    be somebody's name. What else they were limited by stays. Idempotent.
    """
    before = before or timezone.now() - timedelta(days=settings.EXPORT_KEEP_DAYS)
    old = Export.objects.filter(started_at__lt=before).exclude(filters="")
    old = old.exclude(state__in=LIVE_EXPORTS).order_by("pk")
    last = 0
    while some := list(old.filter(pk__gt=last)[:BATCH]):
        for export in some:
            kept = plain_filters(export.filters)
            if kept != export.filters:
                Export.objects.filter(pk=export.pk).update(filters=kept)
        last = some[-1].pk


def plain_filters(filters: str) -> str:
    """The filters without those in which somebody can have typed a name."""
    given = QueryDict(filters, mutable=True)
    # The command's options begin with dashes.
    strangers = [name for name in given if name not in _CHOSEN and not name.startswith("--")]
    for name in strangers:
        del given[name]
    return given.urlencode() if strangers else filters


@jobs.RETENTION.register("addresses of unused links")
def forget_invited() -> None:
    """Empty the e-mail address of links of no tenant that ended long enough ago. Idempotent."""
    unused = ConnectionLink.objects.filter(
        integration=None, expires_at__lt=timezone.now() - UNUSED_LINKS
    )
    batched_writes.update(unused.exclude(contact_email=""), contact_email="")


@jobs.RETENTION.register("write-ahead log")
def shorten_log() -> None:
    """Leave no trace of what was removed in SQLite's write-ahead log. Idempotent."""
    write_ahead_log.shorten()
