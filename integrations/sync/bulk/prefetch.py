"""Prefetching: an iterator whose next item is made on another thread.

A sync runs reading, mapping and writing as a pipeline: while the database takes in one batch, the
next is mapped, and the one after that is read. Without it each step would wait for the others,
though the database works on a processor of its own.

The plain way is to iterate over `items` directly: results and errors are the same.
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
def prefetch(items: Iterator[Item], *, halt: Callable[[], None]) -> Iterator[Iterator[Item]]:
    """Give an iterator over `items`, which are made on another thread.

    An item is begun when the one before it has been taken, never earlier, so at most one waits.
    What `items` raises is raised by the iterator. When the block is left, the thread has ended
    and its database connections are closed. If it is still at work then, `halt` is called, which
    has to make `items` raise soon.
    """
    producer = PrefetchThread(items)
    producer.start()
    try:
        yield producer.taken()
    finally:
        if producer.stop():
            halt()
        producer.join()


class PrefetchThread(threading.Thread, Generic[Item]):
    """The producer of `prefetch`; `None` in the queue is the end."""

    def __init__(self, items: Iterator[Item]) -> None:
        super().__init__(name="relais-prefetch", daemon=True)
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
                # Drop the reference, so that the consumer decides when the item is freed.
                del item
        except BaseException as error:
            # Raised again on the consumer's thread.
            self._error = error
        finally:
            self._ended = True
            self._made.put(None)
            connections.close_all()

    def taken(self) -> Iterator[Item]:
        """The items, for the consumer's thread."""
        while (item := self._made.get()) is not None:
            self._wanted.release()
            yield item
        if self._error is not None:
            raise self._error

    def stop(self) -> bool:
        """Ask the thread to end; return whether it may still be making an item."""
        self._stopped = True
        self._wanted.release()
        return not self._ended
