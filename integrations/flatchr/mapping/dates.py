"""Flatchr's two date formats, as UTC instants (`flatchr-api.md §B`)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from integrations.flatchr.mapping.notes import Notes

PARIS = ZoneInfo("Europe/Paris")

_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{2}|[0-9]{4})")
# Years that any time zone can still show.
_YEARS = range(2, 9999)
# No date is longer; longer strings must not fill the cache.
_LENGTH_LIMIT = 40


def instant(value: Any, field: str, notes: Notes) -> datetime | None:
    """An ISO 8601 timestamp; one without a zone is taken as UTC, in which Flatchr sends them."""
    return _dated(value, field, notes, iso_instant)


def day(value: Any, field: str, notes: Notes) -> datetime | None:
    """A `DD/MM/YY` day as the instant at which it starts in Paris.

    Years have two digits of this century, or four. Flatchr's page shows no example of
    `updated_at`, so an ISO 8601 timestamp is understood too (without a zone: in Paris).
    """
    return _dated(value, field, notes, _day)


def as_request_day(day: date) -> str:
    """`MM/DD/YY`, the format of a search request: month first, unlike in the answer."""
    return day.strftime("%m/%d/%y")


def _dated(value: Any, field: str, notes: Notes, read: Any) -> datetime | None:
    if value is None:
        return None
    if type(value) is not str:
        notes.unexpected(field, value)
        return None
    found: datetime | None = read(value) if len(value) <= _LENGTH_LIMIT else None
    if found is None and value.strip():
        notes.add("invalid_date", field, value, f"The date in {field} is not understood.")
    return found


def iso_instant(text: str) -> datetime | None:
    """The instant of an ISO 8601 timestamp, in UTC also when it names no zone; null for others."""
    return _from_iso(text.strip(), UTC)


# The applicants of a company share a few thousand days.
@lru_cache(maxsize=8192)
def _day(text: str) -> datetime | None:
    text = text.strip()
    match = _DAY.fullmatch(text)
    if match is None:
        return _from_iso(text, PARIS)
    day, month, year = map(int, match.groups())
    try:
        start = datetime(year + 2000 if year < 100 else year, month, day, tzinfo=PARIS)
    except ValueError:
        return None
    return _in_utc(start)


def _from_iso(text: str, zone: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _in_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def _in_utc(moment: datetime) -> datetime | None:
    return moment.astimezone(UTC) if moment.year in _YEARS else None
