"""Heartbeats of processes: a row for each worker and scheduler that says when it was last alive.

The times are the database's, so processes whose clocks differ can be compared.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.utils import timezone

from integrations import jobs
from integrations.models import SILENT_AFTER, ProcessHeartbeat, ProcessKind

logger = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
# A process that ended without a word is shown for so long after its last sign of life.
FORGOTTEN_AFTER = timedelta(hours=1)
# A clock cannot be compared with the database's by a query that took longer.
LONGEST_COMPARISON_SECONDS = 1.0


def clock_ahead() -> tuple[datetime, float | None]:
    """The database's time, and the seconds by which this process' clock is ahead of it.

    The seconds are None when the database took too long to answer; with SQLite, both clocks are
    this machine's. Raises `DatabaseError`.
    """
    # Measured by the clock that no one sets, as the other one is what is being compared.
    started, ours = time.monotonic(), timezone.now()
    theirs = jobs.now()
    took = time.monotonic() - started
    if took > LONGEST_COMPARISON_SECONDS:
        return theirs, None
    return theirs, (ours + timedelta(seconds=took / 2) - theirs).total_seconds()


class Heartbeat:
    """Reports this process every `EVERY_SECONDS` in a thread, from `start` to `stop`.

    The connection is closed after each report: a process that is forked meanwhile inherits none.
    """

    def __init__(self, kind: ProcessKind, *, version: str, queues: Iterable[str] = ()) -> None:
        self.id = uuid.uuid4().hex
        self.kind = kind
        self.version = version
        self.queues = sorted(queues)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="Heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread and remove the row: a process that has ended in order is not missed."""
        self._stop.set()
        self._thread.join()

    def report(self) -> None:
        """Write that this process is alive, and remove who has been silent for an hour."""
        now, ahead = clock_ahead()
        own = ProcessHeartbeat.objects.filter(pk=self.id)
        if not own.update(seen_at=Now(), clock_ahead=ahead):
            ProcessHeartbeat.objects.create(
                id=self.id,
                kind=self.kind,
                host=socket.gethostname()[:255],
                pid=os.getpid(),
                queues=self.queues,
                version=self.version,
                started_at=Now(),
                seen_at=Now(),
                clock_ahead=ahead,
            )
        ProcessHeartbeat.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()

    def _run(self) -> None:
        while True:
            self._try(self.report)
            if self._stop.wait(EVERY_SECONDS):
                break
        self._try(lambda: ProcessHeartbeat.objects.filter(pk=self.id).delete())

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except DatabaseError as error:
            logger.warning("The heartbeat was not written: %s", type(error).__name__)
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Process:
    """A process as it last reported; `silent_for` is the time since then."""

    kind: ProcessKind
    host: str
    pid: int
    queues: tuple[str, ...]
    version: str
    started_at: datetime
    seen_at: datetime
    silent_for: timedelta
    clock_ahead: float | None

    @property
    def is_alive(self) -> bool:
        return self.silent_for < SILENT_AFTER


def processes() -> list[Process]:
    """All that have reported within the last hour, in one query."""
    return [
        Process(
            kind=ProcessKind(row.kind),
            host=row.host,
            pid=row.pid,
            queues=tuple(row.queues),
            version=row.version,
            started_at=row.started_at,
            seen_at=row.seen_at,
            silent_for=row.now - row.seen_at,
            clock_ahead=row.clock_ahead,
        )
        for row in ProcessHeartbeat.objects.annotate(now=Now())[:500]
    ]
