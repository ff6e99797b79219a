"""How many requests of a web server's process may wait for Flatchr at once, over all tenants.

Each takes one of its threads for as long as Flatchr takes, so some are kept free: probes, pages and
reads never wait behind a Flatchr that does not answer. Processes without a fixed number of threads
(workers, commands, `runserver`) have no such limit.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.core import checks

from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.messages import Message

_limit: int | None = None
_places = threading.BoundedSemaphore()
_holds: ContextVar[bool] = ContextVar("holds a place for live calls", default=False)


def limit_process(places: int | None) -> None:
    """From now on at most so many at once in this process; None: any number."""
    global _limit, _places
    _limit = places
    _places = threading.BoundedSemaphore(max(1, places or 1))


def most_at_once() -> int | None:
    """How many may run in all processes of this web server; None without a limit."""
    return None if _limit is None else _limit * max(1, settings.WEB_CONCURRENCY)


@contextmanager
def live_call() -> Iterator[None]:
    """Hold a place while the block runs, unless the caller has one already.

    Raises `FlatchrError` (rate limited) at once when all places are taken.
    """
    if _limit is None or _holds.get():
        yield
        return
    places = _places
    if not places.acquire(blocking=False):
        raise FlatchrError(
            ErrorKind.RATE_LIMITED,
            Message("too_many_live_calls"),
            retryable=True,
            retry_after=1,
        )
    held = _holds.set(True)
    try:
        yield
    finally:
        _holds.reset(held)
        places.release()


@checks.register()
def check_settings(**_: Any) -> list[checks.CheckMessage]:
    """Errors for settings that contradict each other; a warning where no thread can be kept."""
    threads, calls = settings.WEB_THREADS, settings.LIVE_CALLS
    found: list[checks.CheckMessage] = []
    if threads < 2:
        found.append(
            checks.Warning(
                "WEB_THREADS is 1: while a request waits for Flatchr, nothing else is answered.",
                hint="Give each process of the web server 4 threads or more.",
                id="relais.W002",
            )
        )
    elif not 1 <= calls < threads:
        found.append(
            checks.Error(
                f"LIVE_CALLS ({calls}) must be at least 1 and less than WEB_THREADS ({threads}): "
                "requests that wait for Flatchr would take every thread.",
                hint="Leave LIVE_CALLS out (it is half of the threads), or raise WEB_THREADS.",
                id="relais.E001",
            )
        )
    most = calls * max(1, settings.WEB_CONCURRENCY)
    if settings.API_CONCURRENCY_GIVEN and most < settings.API_CONCURRENCY:
        found.append(
            checks.Error(
                f"API_CONCURRENCY ({settings.API_CONCURRENCY}) is more than all tenants together "
                f"may have under way: {most}, LIVE_CALLS ({calls}) in each of WEB_CONCURRENCY "
                f"({settings.WEB_CONCURRENCY}) processes.",
                hint="Lower it, or raise WEB_THREADS and LIVE_CALLS.",
                id="relais.E002",
            )
        )
    return found
