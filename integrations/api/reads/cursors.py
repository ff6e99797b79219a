"""Where a page ends: an opaque text that names the last record's place, and nothing else.

A record's place in its list never changes, so a sync that writes between two pages moves no
record across a cursor. A cursor holds no secret and grants no access: the query is limited to the
tenant of the request whatever it says. Filters are not part of it; clients send them again.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import NamedTuple

from integrations.api.errors import ApiError, invalid

_POSITION = re.compile(r"(?P<resource>[a-z-]+):(?P<id>[!-~]{1,48})")
_PLACE = re.compile(r"(?:(?P<arrival>[0-9]{1,18}):)?(?P<id>[^:]{1,24})")


class Position(NamedTuple):
    """Where a mirrored record stands among those of its tenant; without `arrival`, where it stands
    when they are read by id.
    """

    arrival: int | None
    id: str


def cursor_behind(resource: str, place: Position) -> str:
    """The cursor that stands behind a mirrored record."""
    if place.arrival is None:
        return cursor(resource, place.id)
    return cursor(resource, f"{place.arrival}:{place.id}")


def place(resource: str, given: str) -> Position:
    """The place that a cursor of the same resource names; `PLATFORM.INPUT_INVALID` for others."""
    found = _PLACE.fullmatch(position(resource, given))
    if found is None:
        raise _unknown()
    arrival = found["arrival"]
    return Position(None if arrival is None else int(arrival), found["id"])


def cursor(resource: str, record_id: str) -> str:
    """The cursor that stands behind a record."""
    return urlsafe_b64encode(f"{resource}:{record_id}".encode()).decode().rstrip("=")


def position(resource: str, given: str) -> str:
    """The id that a cursor of the same resource names; `PLATFORM.INPUT_INVALID` for any other."""
    try:
        text = urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode("ascii")
    except (Error, ValueError):
        text = ""
    found = _POSITION.fullmatch(text)
    # Decoding passes over characters that belong to no cursor: only what was handed out will do.
    if found is None or found["resource"] != resource or cursor(resource, found["id"]) != given:
        raise _unknown()
    return found["id"]


def _unknown() -> ApiError:
    return invalid("The parameter cursor is not one that this list has given out.")
