"""Lanes: the queues of the broker, and how the processes of one worker share them.

A worker serves all lanes, or those that its option `-Q` names. One that serves `now` beside others
keeps a process for it: long jobs take places, of which there is one fewer than processes. A call
that finds every place taken ends at once, because the processes in the places go on to the next
job that waits, lane by lane, until none is left. So the broker holds no backlog, and the order of
jobs is that of their rows.

The kept process is idle most of the time. Meanwhile a thread of it does short jobs, one at a time,
and the process itself stays free: what comes for `now` waits for none of them, not even for one
that waits for Flatchr.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final


class Lane(StrEnum):
    """A queue of the broker."""

    NOW = "now"  # somebody waits: submissions, actions, bulk uploads
    SOON = "soon"  # alerts, e-mails about exports, exports, bulk actions, search entries
    SYNCS = "syncs"
    TAGS = "tags"


# Whose jobs may take minutes.
LONG: Final = (Lane.SOON, Lane.SYNCS, Lane.TAGS)


class WorkerStopping(Exception):
    """The worker has been asked to stop: its job is to be left where another can go on."""


class Places:
    """The places for long jobs of one worker, shared by its processes.

    Made before they are forked. A place is the lock of one byte of a file without a name, which
    the kernel releases when its process dies. The byte after them is the lock of the process that
    does short jobs beside them, if one is kept free.
    """

    def __init__(self, *, number: int, lanes: Collection[Lane], kept: bool = False) -> None:
        self.number = number
        self.lanes = lanes
        self.kept = kept
        # Whether this process is in a place.
        self.held = False
        with tempfile.TemporaryFile() as file:
            # Open for as long as the worker runs.
            self._file = os.dup(file.fileno())
        # Byte 0: the worker is stopping. Byte 1: a call has come since somebody last looked.
        self._flags = mmap.mmap(-1, 2)

    @property
    def stopping(self) -> bool:
        return bool(self._flags[0])

    def stop(self) -> None:
        self._flags[0] = 1

    @property
    def called(self) -> bool:
        return bool(self._flags[1])

    @called.setter
    def called(self, value: bool) -> None:
        self._flags[1] = value

    @contextmanager
    def take(self) -> Iterator[bool]:
        """Hold a place while the context lasts; yields whether there was one."""
        for place in range(self.number):
            with self._locked(place) as locked:
                if locked:
                    self.held = True
                    try:
                        yield True
                    finally:
                        self.held = False
                    return
        yield False

    @contextmanager
    def beside(self) -> Iterator[bool]:
        """Be the process that does short jobs; yields whether no other is."""
        with self._locked(self.number) as locked:
            yield locked

    @contextmanager
    def _locked(self, byte: int) -> Iterator[bool]:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte)


# Of the worker that this process belongs to, if it belongs to one.
_places: Places | None = None


def open_worker(*, processes: int, queues: Collection[str]) -> None:
    """Prepare a worker of so many processes that serves `queues`; call it before they start."""
    global _places
    lanes = [lane for lane in LONG if lane in queues]
    kept = Lane.NOW in queues and bool(lanes) and processes > 1
    _places = Places(number=processes - kept, lanes=lanes, kept=kept)


def leave_worker() -> None:
    """Undo `open_worker`."""
    global _places
    _places = None


def close_worker() -> None:
    """Have this worker's jobs stop where others can go on; safe in a signal handler."""
    if _places is not None:
        _places.stop()


def is_stopping() -> bool:
    return _places is not None and _places.stopping


class BesideThread:
    """A thread of this process beside its jobs, for work that mostly waits for others.

    `call` has it do `work`, and once more if it is called meanwhile.
    """

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._name = name
        self._work = work
        self._lock = threading.Lock()
        self._called = False
        self._running = False
        self._thread: threading.Thread | None = None

    def call(self) -> None:
        with self._lock:
            self._called = True
            if self._running:
                return
            self._running = True
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for the work to end, for so long at most."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._called:
                    self._running = False
                    return
                self._called = False
            try:
                self._work()
            except BaseException:
                with self._lock:
                    self._running = False
                raise


_beside: dict[str, BesideThread] = {}
SHORT_JOBS: Final = "short jobs"
# What short jobs need to stop, at most, when the worker does.
STOP_SECONDS: Final = 10.0


def run_beside(name: str, work: Callable[[], None]) -> None:
    """Do `work` in a thread of this process, one for each name; outside of a worker, at once.

    So a process of a worker goes on taking jobs while it lasts.
    """
    if _places is None:
        work()
        return
    _beside.setdefault(name, BesideThread(name, work)).call()


@contextmanager
def place() -> Iterator[bool]:
    """Hold one of the worker's places for long jobs; yields whether there was one.

    There always is outside of a worker.
    """
    if _places is None:
        yield True
        return
    with _places.take() as taken:
        yield taken


def work_through(first: Lane, work_on_next: Callable[[Lane], bool]) -> bool:
    """Do what waits in `first` and in the worker's other lanes for long jobs, in turn.

    `work_on_next` does the next job of a lane; it returns False when none waits. Returns when no
    lane has any, when the worker stops, and at once when every place is taken: False then.
    """
    if _places is None:
        while work_on_next(first):
            pass
        return True
    # Before the place is tried: whoever holds it either sees the row or this, and looks again.
    _places.called = True
    while _places.called:
        with _places.take() as taken:
            if not taken:
                return False
            _places.called = False
            _take_turns(_places, first, work_on_next)
    return True


def work_beside(work: Callable[[Callable[[], bool]], None]) -> None:
    """Do short jobs in a thread of this process, if it is the one that is kept for `now`.

    `work` does one after another while its argument says that it may: one process of a worker may
    at a time, until it is in a place itself.
    """
    places = _places
    if places is None or not places.kept:
        return

    def work_if_free() -> None:
        with places.beside() as free:
            if free:
                work(lambda: not (places.stopping or places.held))

    run_beside(SHORT_JOBS, work_if_free)


def wait_for_short_jobs() -> None:
    """Wait until this process has left its short job where another can go on; the worker stops."""
    if SHORT_JOBS in _beside:
        _beside[SHORT_JOBS].join(STOP_SECONDS)


def _take_turns(places: Places, first: Lane, work_on_next: Callable[[Lane], bool]) -> None:
    turns = deque([first, *(lane for lane in places.lanes if lane != first)])
    idle = 0
    while idle < len(turns) and not places.stopping:
        idle = 0 if work_on_next(turns[0]) else idle + 1
        turns.rotate(-1)
