"""Whose tags to read next: new and changed applicants, those never read, then the oldest readings.

An applicant is left alone until its `retry_at`, which is set when its tags could not be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Now

from integrations.models import Application
from integrations.records import PROVISIONAL

# When applicants were read whose tags could not be.
NEVER_READ = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
# A reading is repeated after so long.
AGE = timedelta(hours=24)

_UNREAD = Q(trait_reading=None)
_CHANGED = Q(trait_reading__read_at__lt=F("changed_at"))


@dataclass(frozen=True, slots=True)
class DueApplicants:
    """How many applicants a tenant has, and whose tags are to be read."""

    live: int
    # Never read, or changed since.
    unread: int
    # Read before the moment from which a reading counts as old.
    old: int


def count(integration_id: str, *, now: datetime, stale_before: datetime) -> DueApplicants:
    """Count the applicants to read, in one query."""
    figures = _live(integration_id).aggregate(
        live=Count("id"),
        unread=Count("id", filter=_UNREAD | _CHANGED & _ready(now)),
        old=Count("id", filter=_old(stale_before) & _ready(now)),
    )
    return DueApplicants(**figures)


def never_read(integration_id: str) -> int:
    """The number of applicants whose tags have not been read yet."""
    tried = Q(trait_reading__read_at=NEVER_READ)
    return _live(integration_id).filter(_UNREAD | tried).count()


def unread(integration_id: str, *, now: datetime, since: datetime | None, most: int) -> list[str]:
    """Ids of applications never read, or changed since they were.

    First those that are new or have changed from `since` on, then those never read, then the rest.
    """
    found = _live(integration_id).filter(_UNREAD | _CHANGED & _ready(now))
    urgency = Case(
        When(changed_at__gte=since or now, then=Value(0)),
        When(trait_reading=None, then=Value(1)),
        default=Value(2),
    )
    # Newest first. Hidden from the index on `changed_at`, which holds all tenants' records and
    # would be walked to its end for one that has few or none.
    newest = Coalesce("changed_at", Now()).desc()
    ordered = found.order_by(urgency, F("trait_reading__read_at").asc(), newest, "-id")
    return list(ordered.values_list("id", flat=True)[:most])


def oldest(integration_id: str, *, now: datetime, stale_before: datetime, most: int) -> list[str]:
    """Ids of applications whose readings are old, the oldest first."""
    found = _live(integration_id).filter(
        _old(stale_before) & _ready(now), trait_reading__integration_id=integration_id
    )
    return list(found.order_by("trait_reading__read_at").values_list("id", flat=True)[:most])


def _live(integration_id: str) -> QuerySet[Application]:
    """The applications that Flatchr knows."""
    live: QuerySet[Application] = Application.objects.live().filter(integration_id=integration_id)
    return live.exclude(remote_id__startswith=PROVISIONAL)


def _ready(now: datetime) -> Q:
    return Q(trait_reading__retry_at=None) | Q(trait_reading__retry_at__lte=now)


def _old(stale_before: datetime) -> Q:
    return Q(trait_reading__read_at__gte=F("changed_at"), trait_reading__read_at__lt=stale_before)
