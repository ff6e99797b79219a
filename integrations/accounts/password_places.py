"""How many passwords a process of the web server checks at once.

A check takes some tenths of a second of a processor, on purpose. A flood of sign-ins would else
take all of it, and every thread, from those who are signed in. Processes without a fixed number of
threads have no such limit.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# So many wait for a place; whoever comes then is told at once to come again.
WAITING = 2
# Seconds that one waits at most.
PATIENCE = 5.0


class TooManyAtOnce(Exception):
    """Others are being checked: to be tried again in a moment. Nothing was checked."""


class _Places:
    def __init__(self, count: int) -> None:
        self.room = threading.BoundedSemaphore(count + WAITING)
        self.places = threading.BoundedSemaphore(count)


_limit: _Places | None = None


def limit_process(count: int | None) -> None:
    """From now on at most so many at once in this process; None: any number."""
    global _limit
    _limit = None if count is None else _Places(count)


@contextmanager
def place() -> Iterator[None]:
    """Hold a place while the block runs. Raises `TooManyAtOnce`."""
    limit = _limit
    if limit is None:
        yield
        return
    if not limit.room.acquire(blocking=False):
        raise TooManyAtOnce
    try:
        if not limit.places.acquire(timeout=PATIENCE):
            raise TooManyAtOnce
        try:
            yield
        finally:
            limit.places.release()
    finally:
        limit.room.release()
