"""Dates and ids as Flatchr writes them. `docs/flatchr-api.md` §A, §B.

Flatchr has two id systems: encoded 16-character strings and plain integers. The sandbox's encoded
ids are a keyed, reversible scramble of the number, so that a record is found from its id without
a table of all ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]

BASE_DATE = date(2026, 9, 1)
"""All seeded records are older than this day, unless the sandbox is given another."""

PARIS = ZoneInfo("Europe/Paris")


def system_clock() -> datetime:
    """The time now, with its zone."""
    return datetime.now(UTC)


def today(clock: Clock) -> date:
    """The calendar day in Paris: Flatchr's dates are in its time zone."""
    return clock().astimezone(PARIS).date()


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def midday(day: date) -> datetime:
    """10:00 UTC of `day`, a moment that falls on that day in Paris, too."""
    return datetime.combine(day, time(10, 0), UTC)


def day_month_year(day: date) -> str:
    """DD/MM/YY, as the response of a search writes dates."""
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


BLOCK = 1000
"""Numbers are handled in blocks of this size: an id is one piece per place in the block plus one
piece per block, so that a whole block of ids costs one scramble."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
HALF_BITS = 29
HALF_MASK = (1 << HALF_BITS) - 1
ROUNDS = 4
HEAD, TAIL = 6, 10


def base62(value: int, width: int) -> str:
    """Write the end of `value` in `width` characters, an even number, of the id alphabet."""
    digits = []
    for _ in range(width // 2):
        value, digit = divmod(value, len(PAIRS))
        digits.append(PAIRS[digit])
    return "".join(reversed(digits))


def from_base62(text: str) -> int | None:
    """Read `base62` back; None when a character is not of the alphabet."""
    value = 0
    for character in text:
        digit = ALPHABET.find(character)
        if digit < 0:
            return None
        value = value * 62 + digit
    return value


# Tests start many sandboxes of the same seed.
@lru_cache(maxsize=64)
def _heads(key: bytes) -> tuple[list[str], dict[str, int]]:
    """The piece of each place in a block, and the place of each piece."""
    places: dict[str, int] = {}
    salt = 0
    while len(places) < BLOCK:
        digest = hashlib.blake2b(b"%d" % salt, key=key, digest_size=6).digest()
        places.setdefault(base62(int.from_bytes(digest, "big"), HEAD), len(places))
        salt += 1
    return list(places), places


class IdCodec:
    """Encode the numbers of one kind of record (applicant, vacancy, ...) and decode them."""

    def __init__(self, seed: object, kind: str) -> None:
        self._key = hashlib.sha256(f"{seed}:{kind}".encode()).digest()
        self.heads, self._places = _heads(self._key)
        self.tail = lru_cache(maxsize=64)(self._tail)

    def _round(self, number: int, half: int) -> int:
        data = number.to_bytes(1, "big") + half.to_bytes(4, "big")
        digest = hashlib.blake2b(data, key=self._key, digest_size=4).digest()
        return int.from_bytes(digest, "big") & HALF_MASK

    def _tail(self, block: int) -> str:
        left, right = block >> HALF_BITS, block & HALF_MASK
        for number in range(ROUNDS):
            left, right = right, left ^ self._round(number, right)
        return base62(left << HALF_BITS | right, TAIL)

    def encode(self, number: int) -> str:
        """The encoded id of a plain number."""
        block, place = divmod(number, BLOCK)
        return self.heads[place] + self.tail(block)

    def decode(self, encoded: str) -> int | None:
        """The plain number of an encoded id; None when it is not one of ours."""
        place = self._places.get(encoded[:HEAD])
        scrambled = from_base62(encoded[HEAD:]) if len(encoded) == HEAD + TAIL else None
        if place is None or scrambled is None or scrambled >> (2 * HALF_BITS):
            return None
        left, right = scrambled >> HALF_BITS, scrambled & HALF_MASK
        for number in reversed(range(ROUNDS)):
            left, right = right ^ self._round(number, left), left
        return (left << HALF_BITS | right) * BLOCK + place


def short_id(*parts: object) -> str:
    """A stable encoded id for a record that is only ever looked up through its parent."""
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return base62(int.from_bytes(digest[:12], "big"), HEAD + TAIL)
