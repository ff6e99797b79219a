"""How much a key may ask for, and a tenant's Flatchr be asked to do at once.

Both are counted for all processes together. Requests are counted where it costs a read nothing:
on SQLite every write waits for whoever is writing, a sync for instance, so there the count is a
file of its own beside the database, which is on this machine only, as the database is. A database
server counts in a row.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from integrations.api.errors import ApiError
from integrations.flatchr.errors import FlatchrError
from integrations.models import ActionSlot
from integrations.tenants import live_calls

WINDOW = 60_000  # milliseconds
# Longer than any action is given: the slot of a process that has died is free after that.
SLOT_LASTS = timedelta(minutes=10)

_COUNT = struct.Struct("<qq")
# The answer need not wait until the count is on the disk, so this transaction does not.
_COUNT_IN_ROW = """
WITH unsynced AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS done)
INSERT INTO integrations_requestwindow AS w (key_id, started_at, used)
SELECT %(key)s, %(now)s, 1 FROM unsynced WHERE done IS NOT NULL
ON CONFLICT (key_id) DO UPDATE SET
  used = CASE WHEN w.started_at <= %(old)s THEN 1 ELSE w.used + 1 END,
  started_at = CASE WHEN w.started_at <= %(old)s THEN EXCLUDED.started_at ELSE w.started_at END
RETURNING started_at, used, clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a key's minute: requests, and whole seconds until the next one begins.

    `counted_at` is when the request was counted, by the clock that all processes share.
    """

    limit: int
    used: int
    reset: int
    counted_at: datetime

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit

    @property
    def headers(self) -> Mapping[str, str]:
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(max(0, self.limit - self.used)),
            "ratelimit-reset": str(self.reset),
        }


def count_request(key_id: int) -> Allowance | None:
    """Count one request of a key, refused ones included; None when there is no limit."""
    limit: int = settings.API_RATE_LIMIT
    if limit <= 0:
        return None
    count = _in_row if connection.vendor == "postgresql" else _in_file
    started_at, used, counted_at = count(key_id)
    reset = max(1, -(-(started_at + WINDOW - _now()) // 1000))
    return Allowance(limit, used, reset, counted_at)


def refuse(allowance: Allowance) -> ApiError:
    return ApiError(
        "PLATFORM.RATE_LIMIT_EXCEEDED",
        f"This API key may send {allowance.limit} requests a minute. "
        f"Try again in {allowance.reset} seconds.",
        headers={"Retry-After": str(allowance.reset)},
    )


def _now() -> int:
    """The current time in milliseconds."""
    return time.time_ns() // 1_000_000


def _in_row(key_id: int) -> tuple[int, int, datetime]:
    now = _now()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_IN_ROW, {"key": key_id, "now": now, "old": now - WINDOW})
        started_at, used, counted_at = cursor.fetchone()
    return started_at, used, counted_at


def _in_file(key_id: int) -> tuple[int, int, datetime]:
    folder = Path(settings.DATA_DIR) / "limits"
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / str(key_id), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        # Held for microseconds, and let go of by the kernel should the process die.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Read under the lock: an earlier time would look like a clock that was set back.
        now = _now()
        stored = os.pread(descriptor, _COUNT.size, 0)
        started_at, used = _COUNT.unpack(stored) if len(stored) == _COUNT.size else (0, 0)
        # A clock that was set back must not make a minute last longer.
        if not started_at <= now < started_at + WINDOW:
            started_at, used = now, 0
        os.pwrite(descriptor, _COUNT.pack(started_at, used + 1), 0)
    finally:
        os.close(descriptor)
    return started_at, used + 1, timezone.now()


@contextmanager
def action_slot(integration_id: str) -> Iterator[Mapping[str, str]]:
    """Hold one of a tenant's `API_CONCURRENCY` actions, and one of this process's places for live
    calls, while the block runs; the tenant's headers.

    Raises `ApiError` PLATFORM.CONCURRENCY_LIMIT_EXCEEDED when all are taken. A slot is taken
    first and counted then, each on its own: of several that come at once no more than the limit
    get one, though fewer may, and those try again a second later.
    """
    limit: int = min(settings.API_CONCURRENCY, live_calls.most_at_once() or sys.maxsize)
    with ExitStack() as place:
        try:
            place.enter_context(live_calls.live_call())
        except FlatchrError as full:
            raise ApiError(
                "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED",
                str(full),
                headers={
                    "Concurrency-Limit": str(limit),
                    "Concurrency-Remaining": "0",
                    "Retry-After": "1",
                },
            ) from None
        with _tenants_slot(integration_id, limit) as headers:
            yield headers


@contextmanager
def _tenants_slot(integration_id: str, limit: int) -> Iterator[Mapping[str, str]]:
    now = timezone.now()
    slot = ActionSlot.objects.create(integration_id=integration_id, expires_at=now + SLOT_LASTS)
    try:
        live = ActionSlot.objects.filter(integration_id=integration_id, expires_at__gt=now)
        taken = live.count()
        headers = {
            "Concurrency-Limit": str(limit),
            "Concurrency-Remaining": str(max(0, limit - taken)),
        }
        if taken > limit:
            raise ApiError(
                "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED",
                f"{limit} actions are under way on this integration already. "
                "Try again in a second.",
                headers={**headers, "Retry-After": "1"},
            )
        yield headers
    finally:
        slot.delete()
