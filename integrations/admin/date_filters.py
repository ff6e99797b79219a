"""Filters by the day of an application: today, the last days, or from one day to another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from integrations.admin.filters import ListFilter, having
from integrations.models import Application

BETWEEN = "between"
# How many days before today each of these begins.
BACK = {"today": 0, "7": 6, "30": 29}
# Clocks differ, and Flatchr's days begin at midnight in Paris.
MARGIN = timedelta(days=1)


class AppliedFilter(ListFilter):
    """Applications received in a period. `applied=between` has its two days, each of which may be
    left out, in parameters of their own.
    """

    title = lazy("received")
    parameter_name = "applied"
    any_label = lazy("Any date")
    days = ("applied_from", "applied_to")

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.days:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter_name, *self.days]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return [
            ("today", _("Today")),
            ("7", _("Last 7 days")),
            ("30", _("Last 30 days")),
            (BETWEEN, _("From … to …")),
        ]

    @property
    def inputs(self) -> list[tuple[str, str, str]]:
        """The fields for the two days: name, label, value; none while they are not asked for."""
        if self.value() != BETWEEN:
            return []
        labels = (_("From"), _("To"))
        return [
            (name, label, self.used_parameters.get(name) or "")
            for name, label in zip(self.days, labels, strict=True)
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        since, until = self._bounds()
        return received(queryset, since, until) if since or until else queryset

    def _bounds(self) -> tuple[datetime | None, datetime | None]:
        """The first moment that counts, and the first that does not any more."""
        if self.value() in BACK:
            today = timezone.localdate()
            return _midnight(today - timedelta(days=BACK[str(self.value())])), None
        if self.value() != BETWEEN:
            return None, None
        first, last = (_day(self.used_parameters.get(name)) for name in self.days)
        return (
            _midnight(first) if first else None,
            _midnight(last + timedelta(days=1)) if last else None,
        )


class CandidateAppliedFilter(AppliedFilter):
    """Candidates with an application received in a period."""

    title = lazy("applied")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since, until = self._bounds()
        if not (since or until):
            return queryset
        mine = Application.objects.visible_to(request.user).live()
        return having(queryset, received(mine, since, until))


def received(
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
