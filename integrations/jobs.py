"""Who works on a row: taking it, keeping it, and noticing that it was lost.

A lease is a token in a row (`lease_owner`) and a time until which it holds (`lease_expires_at`).
Whoever holds it writes only while both the token and the row's state are still as they were, so a
worker that was taken for dead and replaced cannot write any more
(`docs/architecture.md`, decision 1).
"""

from __future__ import annotations

import logging
import threading
import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import DatabaseError, connection
from django.db.models import F, Model, Q, QuerySet
from django.utils import timezone

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Somebody else has the row, or it has ended: stop without writing anything."""


def expired(now: datetime) -> Q:
    """Rows whose worker has not been heard of for a lease's length."""
    return Q(lease_expires_at__lt=now)


def free(now: datetime) -> Q:
    """Rows that no live worker holds."""
    return Q(lease_expires_at=None) | expired(now)


def take(row: QuerySet[Any], now: datetime, length: timedelta, **fields: Any) -> str | None:
    """The owner's token if `row` still selects its one row, in which `fields` are set as well;
    None when it is somebody else's.
    """
    owner = uuid.uuid4().hex
    taken = row.update(
        lease_owner=owner, lease_expires_at=now + length, attempts=F("attempts") + 1, **fields
    )
    return owner if taken else None


class Hold:
    """One worker's hold on one row. All that it writes into the row goes through here."""

    length: timedelta

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def row(self) -> QuerySet[Any]:
        """Selects the row while it is in the state that the work is done in."""
        raise NotImplementedError

    def write(self, **fields: Any) -> None:
        """Set `fields`; raises `LeaseLost` when the row is not ours any more.

        Call it (or `renew`) first in a transaction that writes more: it locks the row until
        commit.
        """
        if not self.row().filter(lease_owner=self.owner).update(**fields):
            raise LeaseLost

    def renew(self, **fields: Any) -> None:
        """Hold the row for longer and set `fields`; raises `LeaseLost`."""
        self.write(lease_expires_at=timezone.now() + self.length, **fields)

    def release(self, **fields: Any) -> None:
        """Set `fields` and let go of the row; raises `LeaseLost`."""
        self.write(lease_owner="", lease_expires_at=None, **fields)


class RecordHold(Hold):
    """A hold on the row of `record`, which is kept as the row is."""

    def __init__(self, record: Model, owner: str) -> None:
        super().__init__(owner)
        self._record: Any = record

    def row(self) -> QuerySet[Any]:
        rows = type(self._record)._default_manager
        selected: QuerySet[Any] = rows.filter(pk=self._record.pk, state=self._record.state)
        return selected

    def write(self, **fields: Any) -> None:
        super().write(**fields)
        for name, value in fields.items():
            setattr(self._record, name, value)


class BeatingHold(Hold):
    """A hold that renews itself while it is used as a context manager.

    The beat runs in a thread with a connection of its own, since the worker may sit for a minute
    in a read. Losing the row sets a flag, which the worker looks at where it can stop.
    """

    def __init__(self, owner: str, *, name: str, seconds: float) -> None:
        super().__init__(owner)
        self.lost = False
        self._name = name
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def beat(self) -> None:
        """What is written from time to time; raises `LeaseLost`."""
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
                    self.beat()
                except LeaseLost:
                    return
                except DatabaseError:
                    # One missed beat is survivable and the next may succeed; if none does, the
                    # lease runs out and the writer's own renewal fails.
                    logger.warning("%s: the heartbeat was not written", self._name, exc_info=True)
                    connection.close()
        finally:
            connection.close()
