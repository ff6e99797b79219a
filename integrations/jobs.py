"""Jobs: rows of the database that say what a worker has to do.

The row is the truth and the broker only a wake-up call (`docs/architecture.md`, decision 1). A
service declares its `JobKind`, wakes a worker with it, and lets the worker `claim` the row. A
lease is a token in the row (`lease_owner`) and the time until which it holds
(`lease_expires_at`). The sweep wakes workers for rows whose wake-up call or worker was lost.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Self, TypeVar

from celery import current_app
from django.db import DatabaseError, connection, transaction
from django.db.models import DateTimeField, Func, Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone
from kombu.exceptions import OperationalError

from integrations.lanes import Lane

logger = logging.getLogger(__name__)

# A call that no worker has taken for so long is dropped: the sweep has repeated it meanwhile. More
# than clocks of machines are apart, as the worker's decides.
WAKE_UP_EXPIRES_SECONDS = 900
# A call that is due later than this is left to the sweep, which comes round more often.
LONGEST_COUNTDOWN_SECONDS = 20.0

StepT = TypeVar("StepT", bound=Callable[[], object])
RecordT = TypeVar("RecordT", bound=Model)


class LeaseLost(Exception):
    """Another worker has the row, or its job has ended: stop without writing anything."""


# Periodic work


class PeriodicSteps:
    """Named functions that a periodic task calls one after another; each has to be idempotent."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._steps: dict[str, Callable[[], object]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._steps)

    def register(self, name: str) -> Callable[[StepT], StepT]:
        """Decorator: call the function each time. Raises `ValueError` if the name is taken."""

        def add(step: StepT) -> StepT:
            if name in self._steps:
                raise ValueError(f"{self.name}: {name} is registered already")
            self._steps[name] = step
            return step

        return add

    def run(self) -> None:
        """Call every function. One that fails is logged and does not stop the others."""
        for name, step in self._steps.items():
            with failure_logged("%s: %s", self.name, name):
                step()


# The kinds of job, whose waiting rows the sweep wakes workers for: each has its `JobKind.sweep`.
KINDS = PeriodicSteps("Waking workers")
# What the sweep does itself, every few seconds, after it has woken the workers.
SWEEP = PeriodicSteps("Sweep")
# What removes data that was kept for long enough, every hour.
RETENTION = PeriodicSteps("Retention")


@contextmanager
def failure_logged(what: str, *arguments: object) -> Iterator[None]:
    """Log an exception instead of raising it, so that the next of many independent things is done.

    `what` and `arguments` name the thing, as in a log call.
    """
    try:
        yield
    except Exception:
        logger.exception(f"{what} failed", *arguments)
        # A connection that has broken would fail whatever comes next, too. One inside a transaction
        # belongs to who began it.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


# Waking workers


@dataclass(frozen=True)
class JobKind:
    """A kind of job: the task that works on one row, and how the sweep finds the rows for it.

    `find_waiting` returns the keys of the rows that need a worker and have none, the first to be
    worked on first, and not more than a sweep is to call for; `give_up`, called before it, ends the
    rows that have been tried too often.
    """

    name: str
    task: str
    lane: Lane
    find_waiting: Callable[[datetime], Iterable[Any]]
    give_up: Callable[[datetime], object] | None = None

    def enqueue(self, key: Any, *, after: float = 0.0) -> None:
        """Call `wake` once the transaction has committed."""
        transaction.on_commit(lambda: self.wake(key, after=after))

    def wake(self, key: Any, *, after: float = 0.0) -> None:
        """Wake a worker for the row in `after` seconds. The call may be lost or come twice.

        A call while the broker is down, or one that is due late, is left to the sweep.
        """
        after = max(0.0, after)
        if after > LONGEST_COUNTDOWN_SECONDS:
            return
        try:
            current_app.send_task(
                self.task,
                args=[key],
                queue=self.lane.value,
                countdown=after or None,
                expires=WAKE_UP_EXPIRES_SECONDS + after,
                retry=False,
            )
        except (OperationalError, OSError):
            logger.warning(
                "The broker could not be reached; the sweep will wake %s %s", self.name, key
            )

    def sweep(self) -> None:
        """Wake a worker for each waiting row. Idempotent."""
        moment = now()
        if self.give_up is not None:
            self.give_up(moment)
        for key in self.find_waiting(moment):
            self.wake(key)

    def work_on_next(self, work: Callable[[Any], bool]) -> bool:
        """Call `work` with the first row that waits; returns whether there was one to work on.

        `work` returns False when another worker was quicker; then the next one is tried.
        """
        return any(work(key) for key in self.find_waiting(now()))


def register(kind: JobKind) -> JobKind:
    """Have the sweep wake workers for this kind of job; returns it."""
    KINDS.register(kind.name)(kind.sweep)
    return kind


# Leases


def now() -> datetime:
    """The time by the clock that all processes share: that of PostgreSQL, else this machine's."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


class RunningClock:
    """The time by that clock as it was asked for once, carried on by this machine's own."""

    def __init__(self, asked: datetime) -> None:
        self._asked = asked
        self._since = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since it was asked for."""
        return time.monotonic() - self._since

    def now(self) -> datetime:
        return self._asked + timedelta(seconds=self.age)


def moment() -> Any:
    """The time by that clock, for an UPDATE; a length may be added to it.

    PostgreSQL puts in when it got the statement, which saves asking for the time first.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    return Func(function="statement_timestamp", output_field=DateTimeField())


def is_expired(moment: datetime) -> Q:
    """Rows whose worker has not been heard of for a lease's length."""
    return Q(lease_expires_at__lt=moment)


def is_free(moment: datetime) -> Q:
    """Rows that no live worker holds."""
    return Q(lease_expires_at=None) | is_expired(moment)


def claim(rows: QuerySet[Any], *, length: timedelta, **fields: Any) -> str | None:
    """Take the one row that `rows` selects, by compare-and-set, and set `fields` in it.

    Returns the token of the new owner; None when another worker was quicker. `rows` must exclude
    a row that is held.
    """
    owner = uuid.uuid4().hex
    claimed = rows.update(lease_owner=owner, lease_expires_at=moment() + length, **fields)
    return owner if claimed else None


class Lease:
    """One worker's lease of one row; all that the worker writes into the row goes through here.

    `rows` selects the row while it is in the state in which the work is done. A worker that was
    taken for dead and replaced cannot write, because its token is not in the row any more.
    """

    def __init__(self, rows: QuerySet[Any], *, owner: str, length: timedelta) -> None:
        self.owner = owner
        self.length = length
        self._rows = rows

    def rows(self) -> QuerySet[Any]:
        return self._rows

    def write(self, **fields: Any) -> None:
        """Set `fields`; raises `LeaseLost`.

        Call it (or `renew`) first in a transaction that writes more: it locks the row until
        commit.
        """
        if not self.rows().filter(lease_owner=self.owner).update(**fields):
            raise LeaseLost

    def renew(self, **fields: Any) -> None:
        """Extend the lease and set `fields`; raises `LeaseLost`."""
        self.write(lease_expires_at=moment() + self.length, **fields)

    def release(self, **fields: Any) -> None:
        """End the lease and set `fields`; raises `LeaseLost`."""
        self.write(lease_owner="", lease_expires_at=None, **fields)


class RecordLease(Lease, Generic[RecordT]):
    """A lease of the row of `record`: it holds while the row's state is that of `record`.

    What is written into the row is set in `record` as well, but for what the database works out.
    """

    def __init__(self, record: RecordT, *, owner: str, length: timedelta) -> None:
        manager = type(record)._default_manager
        super().__init__(manager.filter(pk=record.pk), owner=owner, length=length)
        self.record = record

    def rows(self) -> QuerySet[Any]:
        return super().rows().filter(state=self.record.state)  # type: ignore[attr-defined]

    def write(self, **fields: Any) -> None:
        super().write(**fields)
        for name, value in fields.items():
            if not isinstance(value, Combinable):
                setattr(self.record, name, value)


class HeartbeatLease(Lease):
    """A lease that renews itself every `seconds` while it is used as a context manager.

    The heartbeat runs in a thread with its own connection, because the worker may block in a read
    for a minute. `lost` is set once the row has been lost; the worker checks it where it can stop.
    """

    def __init__(
        self, rows: QuerySet[Any], *, owner: str, length: timedelta, seconds: float, name: str
    ) -> None:
        super().__init__(rows, owner=owner, length=length)
        self.lost = False
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def heartbeat(self) -> None:
        """Renew the lease, in the thread of the heartbeat; raises `LeaseLost`."""
        self.renew()

    def write(self, **fields: Any) -> None:
        try:
            super().write(**fields)
        except LeaseLost:
            self.lost = True
            raise

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._seconds):
                try:
                    self.heartbeat()
                except LeaseLost:
                    return
                except DatabaseError:
                    # The next heartbeat may succeed; if none does, the lease expires and the
                    # worker's own renewal raises `LeaseLost`.
                    logger.warning(
                        "%s: the heartbeat was not written", self._thread.name, exc_info=True
                    )
                    connection.close()
        finally:
            connection.close()
