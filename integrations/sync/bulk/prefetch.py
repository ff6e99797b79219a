"""An iterator that is one item ahead of its consumer, on a thread of its own.

A sync maps the next batch while the database takes in this one: without that each of the two
would wait for the other, though they use different processors.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from django.db import connections

Item = TypeVar("Item")


@contextmanager
def ahead(items: Iterator[Item], *, halt: Callable[[], None]) -> Iterator[Iterator[Item]]:
    """Gives an iterator over `items`, which are made on another thread.

    Work on an item begins when the one before it has been taken, never earlier. What `items`
    raises is raised by the iterator. On leaving, the thread has ended and its connections to the
    database are closed; `halt` is called if it was still at work, and has to make it raise soon.
    """
    relay = _Relay(items)
    relay.start()
    try:
        yield relay.taken()
    finally:
        if relay.stop():
            halt()
        relay.join()


class _Relay(threading.Thread, Generic[Item]):
    def __init__(self, items: Iterator[Item]) -> None:
        super().__init__(name="relais-ahead", daemon=True)
        self._items = items
        self._made: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._wanted = threading.Semaphore(1)
        self._stopped = False
        self._ended = False
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            while self._wanted.acquire() and not self._stopped:
                item = next(self._items, None)
                if item is None:
                    break
                self._made.put(item)
                # Nothing here may keep an item alive that its consumer has done with.
                del item
        except BaseException as error:
            # Raised again by the consumer.
            self._error = error
        finally:
            self._ended = True
            self._made.put(None)
            connections.close_all()

    def taken(self) -> Iterator[Item]:
        while (item := self._made.get()) is not None:
            self._wanted.release()
            yield item
        if self._error is not None:
            raise self._error

    def stop(self) -> bool:
        """Ask the thread to end; whether it may be in the middle of an item."""
        self._stopped = True
        self._wanted.release()
        return not self._ended
