"""Running a sync in this process, and waiting for what another thread or process does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from queue import Empty
from typing import Any

from django.db import connection
from django.utils import timezone

from config.celery import app
from integrations.lanes import Lane
from integrations.models import Integration, SyncRun, Trigger
from integrations.records import Model
from integrations.sync import engine, runs
from integrations.sync.tags.reading import read_some

FIGURES = (
    "seen",
    "created",
    "updated",
    "unchanged",
    "deleted",
    "restored",
    "held",
    "quarantined",
)


def queue(tenant: Integration, type: str = "FULL") -> SyncRun:
    """A queued run, and nobody woken for it."""
    run, new = runs.queue_run(tenant.pk, type=type, trigger=Trigger.MANUAL)
    assert new
    return run


def sync(tenant: Integration, type: str = "FULL") -> SyncRun:
    """Synchronise in this thread; the run as it ended. Candidates' tags are left to `read_tags`."""
    run = queue(tenant, type)
    assert engine.execute(run.pk)
    run.refresh_from_db()
    assert not run.is_live
    assert run.error_kind != "internal", run.error_detail
    return run


def sync_with_tags(tenant: Integration, type: str = "FULL") -> SyncRun:
    """Synchronise, and read the candidates' tags that are due then; the run as it ended."""
    run = sync(tenant, type)
    read_tags(tenant)
    return run


def read_tags(tenant: Integration) -> None:
    """Read the candidates' tags that are due, as a worker does after a sync."""
    while read_some(tenant.pk):
        pass


def counts(run: SyncRun, model: Model) -> dict[str, int]:
    """A model's figures in a run, those that are zero left out."""
    result = run.results.get(model=model)
    return {name: getattr(result, name) for name in FIGURES if getattr(result, name)}


def all_counts(run: SyncRun) -> dict[str, dict[str, int]]:
    return {str(model): counts(run, model) for model in Model}


def written(run: SyncRun) -> dict[str, dict[str, int]]:
    """What a run did other than to find things as they were, model by model."""
    quiet = {"seen", "unchanged"}
    told = {
        model: {name: count for name, count in figures.items() if name not in quiet}
        for model, figures in all_counts(run).items()
    }
    return {model: figures for model, figures in told.items() if figures}


class Background:
    """A call in a thread with a database connection of its own; `end()` returns what it did."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self._result: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            self._result = self._call()
        except BaseException as error:
            self._error = error
        finally:
            connection.close()

    def end(self, seconds: float = 60) -> Any:
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "It did not end in time."
        if self._error is not None:
            raise self._error
        return self._result


def run_in_background(run: SyncRun) -> Background:
    """Run a sync as a worker would, beside the test."""
    return Background(lambda: engine.execute(run.pk))


def now(run: SyncRun) -> SyncRun:
    """The run as it is in the database."""
    return SyncRun.objects.get(pk=run.pk)


def woken() -> list[int]:
    """The keys that workers were woken with and none has taken, lane by lane, oldest first."""
    found = []
    with app.connection_for_read() as broker:
        for lane in Lane:
            with suppress(Empty), broker.SimpleQueue(lane.value) as messages:
                while True:
                    message = messages.get_nowait()
                    message.ack()
                    found.append(message.payload[0][0])
    return found


def let_lease_run_out(run: SyncRun) -> None:
    """As if the run's worker had not been heard of for long."""
    SyncRun.objects.filter(pk=run.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def wait_until(happened: Callable[[], bool], seconds: float = 60) -> None:
    """Return as soon as `happened` holds; fail when it does not within a generous time."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise AssertionError("It did not happen in time.")
        time.sleep(0.02)
