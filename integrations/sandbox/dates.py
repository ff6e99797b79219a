"""Date formats of Flatchr. `docs/flatchr-api.md` §B."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]

BASE_DATE = date(2026, 9, 1)
"""All seeded records are older than this day, whatever the day the sandbox runs, unless it is
given another."""

PARIS = ZoneInfo("Europe/Paris")


def system_clock() -> datetime:
    """The time now, with its zone."""
    return datetime.now(UTC)


def today(clock: Clock) -> date:
    """The calendar day in Paris, which is the day that Flatchr's dates speak of."""
    return clock().astimezone(PARIS).date()


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def midday(day: date) -> datetime:
    """A moment that falls on `day` in Paris and in UTC alike."""
    return datetime.combine(day, time(10, 0), UTC)


def day_month_year(day: date) -> str:
    """DD/MM/YY: the dates in the answer of a search."""
    return f"{day:%d/%m/%y}"


def parse_request_date(text: str) -> date:
    """MM/DD/YY, or an ISO-like date with or without a time. Raises ValueError."""
    text = text.strip()
    for layout in ("%m/%d/%y", "%m/%d/%Y"):
        try:
            return datetime.strptime(text, layout).date()
        except ValueError:
            continue
    return datetime.fromisoformat(text).date()
