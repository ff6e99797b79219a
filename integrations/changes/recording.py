"""Recording changes: every transaction that changes mirrored records takes the tenant's next number
and stores a `ChangeBatch` for each moment that it stamps rows of a model with.

Whoever writes mirrored records calls `note` with that moment, inside a block of `recorded`; there
is no other way, as `note` raises outside of one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import transaction

from integrations import jobs
from integrations.changes import batches
from integrations.models import ChangeBatch, RecordChange
from integrations.records import Model

logger = logging.getLogger(__name__)

# Rows of the history written at a time.
BATCH = 2000


class NotRecorded(RuntimeError):
    """Mirrored records are written outside of `recorded`: readers could miss the change."""


@dataclass(frozen=True, slots=True)
class CommittedChanges:
    """What a transaction has changed of a tenant, for those who are told after its commit."""

    integration_id: str
    number: int
    models: frozenset[Model]


Listener = Callable[[CommittedChanges], object]
_listeners: dict[str, Listener] = {}


def listener(name: str) -> Callable[[Listener], Listener]:
    """Decorator: call the function after each commit that has changed records, in the process that
    has made it. A process may die in between, so it can do no more than hurry what a sweep does,
    too. What it raises is logged. Raises `ValueError` if the name is taken.
    """

    def add(function: Listener) -> Listener:
        if name in _listeners:
            raise ValueError(f"{name} is told of changes already")
        _listeners[name] = function
        return function

    return add


@dataclass(slots=True)
class _Recording:
    """What the transaction of this thread has changed so far."""

    integration_id: str
    batches: dict[tuple[Model, datetime], ChangeBatch] = field(default_factory=dict)
    history: list[RecordChange] = field(default_factory=list)

    def add(self, model: Model, changed_at: datetime, arrivals: tuple[int, int] | None) -> None:
        batch = self.batches.setdefault(
            (model, changed_at),
            ChangeBatch(integration_id=self.integration_id, model=model, changed_at=changed_at),
        )
        if arrivals is not None:
            first, last = arrivals
            batch.arrival_from = min(first, batch.arrival_from or first)
            batch.arrival_to = max(last, batch.arrival_to or last)

    def join(self, other: _Recording) -> None:
        for (model, changed_at), batch in other.batches.items():
            first, last = batch.arrival_from, batch.arrival_to
            arrivals = None if first is None or last is None else (first, last)
            self.add(model, changed_at, arrivals)
        self.history += other.history


class _Current(threading.local):
    recording: _Recording | None = None


_current = _Current()


@contextmanager
def recorded(integration_id: str) -> Iterator[None]:
    """A transaction in which records of the tenant may be changed; a block within one joins it.

    The number is taken at the end of the outermost block, and the lock of its row is kept until
    the commit. So numbers come in the order of the commits, and the lock is a short one, which its
    holder never waits for another under: whoever writes more in the same transaction does it
    inside of the block. A block that changes nothing takes no number.
    """
    outer = _current.recording
    if outer is not None and outer.integration_id != integration_id:
        raise NotRecorded("One transaction records the changes of one tenant")
    with transaction.atomic():
        _current.recording = recording = _Recording(integration_id)
        try:
            yield
        finally:
            _current.recording = outer
        # Not reached when the block is rolled back.
        if outer is not None:
            outer.join(recording)
        elif recording.batches:
            _store(recording)


def note(
    integration_id: str,
    model: Model,
    changed_at: datetime,
    *,
    arrivals: tuple[int, int] | None = None,
    history: Sequence[RecordChange] = (),
) -> None:
    """Note that rows of `model` are written with this `changed_at`.

    `arrivals` are the first and the last place of those that are new, and `history` what changes
    in those that are not. Raises `NotRecorded` outside of a block of `recorded`.
    """
    recording = _current.recording
    if recording is None or recording.integration_id != integration_id:
        raise NotRecorded(f"A change of {model.value} is not recorded")
    recording.add(model, changed_at, arrivals)
    recording.history.extend(history)


def _store(recording: _Recording) -> None:
    number = batches.next_number(recording.integration_id)
    rows = list(recording.batches.values())
    for place, row in enumerate(rows):
        row.number, row.place = number, place
    ChangeBatch.objects.bulk_create(rows)
    for change in recording.history:
        change.number = number
    RecordChange.objects.bulk_create(recording.history, batch_size=BATCH)
    models = frozenset(Model(row.model) for row in rows)
    committed = CommittedChanges(recording.integration_id, number, models)
    transaction.on_commit(partial(_after_commit, committed), robust=True)


def _after_commit(committed: CommittedChanges) -> None:
    with jobs.failure_logged("Settling the changes of tenant %s", committed.integration_id):
        batches.settle(committed.integration_id)
    for name, tell in _listeners.items():
        with jobs.failure_logged("Telling %s of changes", name):
            tell(committed)
