"""The day of an application: today, the last days, or from one day to another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date

from integrations.lists.narrowing import Asked, having
from integrations.models import Application

BETWEEN = "between"
# The parameters with the two days of `applied=between`, each of which may be left out.
DAYS = ("applied_from", "applied_to")
# How many days before today each of these begins.
BACK = {"today": 0, "7": 6, "30": 29}
# Clocks differ, and Flatchr's days begin at midnight in Paris.
MARGIN = timedelta(days=1)


def by_day(applications: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
    since, until = _bounds(asked.given)
    return _received(applications, since, until) if since or until else applications


def by_day_of_application(candidates: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
    since, until = _bounds(asked.given)
    if not (since or until):
        return candidates
    mine = Application.objects.visible_to(asked.user).live()
    return having(candidates, _received(mine, since, until))


def _received(
    applications: QuerySet[Any], since: datetime | None, until: datetime | None
) -> QuerySet[Any]:
    """Those that Flatchr received from `since` on and before `until`."""
    if since:
        # What was received since then was mirrored since then; and only that has an index.
        applications = applications.filter(
            remote_created_at__gte=since, changed_at__gte=since - MARGIN
        )
    if until:
        applications = applications.filter(remote_created_at__lt=until)
    return applications


def _bounds(given: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """The first moment that counts, and the first that does not any more."""
    applied = given.get("applied")
    if applied in BACK:
        return _midnight(timezone.localdate() - timedelta(days=BACK[applied])), None
    if applied != BETWEEN:
        return None, None
    first, last = (_day(given.get(name)) for name in DAYS)
    return (
        _midnight(first) if first else None,
        _midnight(last + timedelta(days=1)) if last else None,
    )


def _day(text: str | None) -> date | None:
    """None for what is no day, as a browser without such a field may send."""
    try:
        found = parse_date(text or "")
    except ValueError:
        return None
    # The ends of the calendar have no midnight in every time zone.
    return found if found and 1900 <= found.year <= 2200 else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
