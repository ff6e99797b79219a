"""How patient the client is, and the clock it is patient by."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of one client. Times are in seconds, sizes in bytes after decompression.

    A deadline is wall-clock time for a whole call: throttling, every attempt, the pauses between
    them and the body, however slowly it drips. A stream's deadline includes the time its reader
    takes. `attempts` counts the first one; a write has no other. Before attempt n + 1 the client
    pauses a random time up to `backoff_base * 2 ** (n - 1)`, at most `backoff_cap`, unless Flatchr
    named a time: then that, at most `retry_after_cap`. `beat` is the longest time without a word
    to the observer.
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


class Clock:
    """Real time; tests put another in its place."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def now(self) -> datetime:
        """The current moment, aware, UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Block for `seconds`."""
        time.sleep(seconds)
