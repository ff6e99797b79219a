"""Configuration of a client: hosts, credentials, limits, clock."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The two hosts of Flatchr as base URLs without a final slash (`docs/flatchr-api.md §0.1`)."""

    api_url: str
    careers_url: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a customer supplies (`docs/flatchr-api.md §0.2`); its repr never shows the key.

    `company_key` is the encoded company id of the REST paths, `slug` the name of the career site.
    """

    api_key: str = field(repr=False)
    company_key: str
    slug: str


def key_expiry(api_key: str) -> datetime | None:
    """The expiry in the `exp` claim of an API key, aware UTC; None for a key without one.

    Keys are JWTs that live 365 days; older ones are plain random text. The signature is not
    verified: only Flatchr can (`docs/flatchr-api.md §0.2`).
    """
    parts = api_key.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of one client. Times are in seconds, sizes in bytes after decompression.

    A deadline is wall-clock time for a whole call: throttling, every attempt, the pauses between
    them and the body, however slowly it arrives. A stream's deadline includes the time its reader
    takes. `attempts` counts the first one; a write has no other. Before attempt n + 1 the client
    pauses a random time up to `backoff_base * 2 ** (n - 1)`, at most `backoff_cap`, unless Flatchr
    named a time: then that, at most `retry_after_cap`. `beat` is the longest time between two calls
    of the observer.
    """

    connect_timeout: float = 5.0
    read_timeout: float = 60.0
    get_deadline: float = 120.0
    stream_deadline: float = 900.0
    write_deadline: float = 120.0
    get_max_bytes: int = 64 * 1024**2
    stream_max_bytes: int = 2 * 1024**3
    attempts: int = 5
    backoff_base: float = 0.5
    backoff_cap: float = 30.0
    retry_after_cap: float = 120.0
    beat: float = 1.0


# While a user waits for the answer.
INTERACTIVE = Policy(
    connect_timeout=3,
    read_timeout=20,
    get_deadline=20,
    attempts=2,
    backoff_cap=0.5,
    retry_after_cap=2,
)


class Clock:
    """Real time; tests pass another."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def now(self) -> datetime:
        """The current moment, aware, UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Block for `seconds`."""
        time.sleep(seconds)
