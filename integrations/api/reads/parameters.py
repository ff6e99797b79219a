"""The query parameters of the list endpoints, each read once and checked
(`docs/unified-api.md §2, §5`).

An invalid value is refused with the name of its parameter. An unknown parameter is ignored: what
the hosted API does with one is not documented.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum

from django.http import QueryDict

from integrations.api.errors import invalid

# Longer than any name, and short enough for every database's regular expressions.
TEXT_LIMIT = 1000
# More ids than fit into the longest address that is taken (`config/gunicorn.py`).
MOST_VALUES = 2000

_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?))?"
    # A plus sign that was not percent-encoded arrives as a space.
    r"(?P<zone>[Zz]|(?P<sign>[+ -])(?P<offset>[0-9]{2}:?[0-9]{2}))?"
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class Parameters:
    """The parameters of one request. Each reader raises `PLATFORM.INPUT_INVALID`."""

    def __init__(self, given: QueryDict) -> None:
        self._given = given

    def text(self, name: str) -> str | None:
        """The value of `name`, trimmed; None when it is not given."""
        values = self._given.getlist(name)
        if not values:
            return None
        if len(values) > 1:
            raise invalid(f"The parameter {name} is given more than once.")
        value = values[0].strip()
        if not value:
            raise invalid(f"The parameter {name} is empty: leave it out, or give it a value.")
        if "\0" in value or len(value) > TEXT_LIMIT:
            raise invalid(f"The parameter {name} is not a text that can be searched for.")
        return value

    def cursor(self) -> str | None:
        """`cursor`; a blank one asks for the first page, as a blank `next` ends the last."""
        return self.text("cursor") if self._given.get("cursor", "").strip() else None

    def several(self, name: str) -> list[str] | None:
        """The comma-separated values of `name`, which may also be given more than once."""
        given = self._given.getlist(name)
        if not given:
            return None
        values = [part.strip() for value in given for part in value.split(",")]
        found = [value for value in dict.fromkeys(values) if value]
        if not found:
            raise invalid(f"The parameter {name} is empty: leave it out, or give it a value.")
        if len(found) > MOST_VALUES:
            raise invalid(f"The parameter {name} takes up to {MOST_VALUES} values.")
        if any("\0" in value for value in found):
            raise invalid(f"The parameter {name} holds a value that no id can have.")
        return found

    def several_of(self, name: str, allowed: type[StrEnum]) -> list[str] | None:
        """As `several`, of the values of `allowed` only."""
        values = self.several(name)
        for value in values or ():
            _check(name, value, allowed)
        return values

    def one_of(self, name: str, allowed: type[StrEnum]) -> str | None:
        value = self.text(name)
        if value is not None:
            _check(name, value, allowed)
        return value

    def flag(self, name: str) -> bool:
        """`true` or `false`; false when it is not given."""
        value = self.text(name)
        if value not in (None, "true", "false"):
            raise invalid(f"The parameter {name} must be true or false.")
        return value == "true"

    def number(self, name: str, default: int, *, lowest: int, highest: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if re.fullmatch("[0-9]{1,9}", value) and lowest <= int(value) <= highest:
            return int(value)
        raise invalid(f"The parameter {name} must be a whole number from {lowest} to {highest}.")

    def moment(self, name: str) -> datetime | None:
        """A point in time, in UTC, which is also the zone of one that names none."""
        value = self.text(name)
        if value is None:
            return None
        found = _MOMENT.fullmatch(value)
        if found:
            try:
                return datetime.fromisoformat(_iso(found)).astimezone(UTC)
            except (ValueError, OverflowError):
                pass
        raise invalid(
            f"The parameter {name} must be a date and time such as 2024-05-31T09:30:00.000Z."
        )

    def email(self, name: str) -> str | None:
        """An e-mail address, in lower case."""
        value = self.text(name)
        if value is not None and not _EMAIL.fullmatch(value):
            raise invalid(f"The parameter {name} must be an e-mail address.")
        return None if value is None else value.lower()


def _check(name: str, value: str, allowed: type[StrEnum]) -> None:
    if value not in {member.value for member in allowed}:
        raise invalid(
            f"The parameter {name} takes {', '.join(allowed)}: {value!r} is none of them."
        )


def _iso(found: re.Match[str]) -> str:
    time = found["time"] or "00:00:00"
    if found["offset"] is None:
        return f"{found['day']}T{time}+00:00"
    sign = "-" if found["sign"] == "-" else "+"
    return f"{found['day']}T{time}{sign}{found['offset']}"
