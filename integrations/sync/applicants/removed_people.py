"""Removed people: applicants that retention by age has removed are not stored again.

Flatchr still lists them. An applicant is left out while Flatchr dates nothing of it later than the
last activity for which it was removed, and while that is older than the tenant keeps people. So
somebody who applies again is read again, and whoever lengthens the period, or switches it off, gets
back with the next full sync what was removed.

A tenant without retention by age pays one comparison with None, and one without removed people one
query a sync.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from integrations.flatchr.mapping.source import usable_id
from integrations.flatchr.mapping.values import Notes, day
from integrations.flatchr.reader import ArrayClient, Rows
from integrations.models import FlatchrSettings, RemovedApplicant
from integrations.records import Finding, Model
from integrations.sync.scope_filter import FilteredSource
from integrations.tenants.people import kept_since


def without_removed(client: ArrayClient, settings: FlatchrSettings) -> ArrayClient:
    """Return `client`, behind a filter if people of the tenant were removed by age."""
    removed = RemovedPeople(settings)
    return FilteredSource(client, removed.rows) if removed else client


class RemovedPeople:
    """The applicants of one tenant that are left out; false if there are none."""

    def __init__(self, settings: FlatchrSettings | None) -> None:
        self._active_at: dict[str, datetime] = {}
        since = kept_since(settings, timezone.now())
        if settings is None or since is None:
            return
        gone = RemovedApplicant.objects.filter(integration_id=settings.pk, active_at__lt=since)
        self._active_at = dict(gone.values_list("remote_id", "active_at").iterator())

    def __bool__(self) -> bool:
        return bool(self._active_at)

    def rows(self, rows: Iterable[tuple[Any, str]]) -> Rows:
        """The elements of an answer to a search that are not left out."""
        return filter(self._is_kept, rows) if self._active_at else iter(rows)

    def _is_kept(self, row: tuple[Any, str]) -> bool:
        data, _raw = row
        if not isinstance(data, dict):
            return True
        until = self._active_at.get(usable_id(data.get("applicant")) or "")
        return until is None or any(moment > until for moment in _moments(data))


def _moments(data: Mapping[str, Any]) -> Iterator[datetime]:
    for name in ("created_at", "updated_at"):
        moment = day(data.get(name), name, _NOTES)
        if moment is not None:
            yield moment


def _ignore(_: Finding) -> None:
    """What is wrong with a date is reported where the row is mapped."""


_NOTES = Notes(_ignore, Model.APPLICATIONS, "")
