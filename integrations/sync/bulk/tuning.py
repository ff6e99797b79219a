"""Interpreter settings during a sync: garbage collection and thread switching.

Both apply to the whole process and are set back when its last sync ends. The plain way is to use
neither context manager: a sync gives the same result without them, only slower.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

# Allocations between two collections of the youngest generation; Python's default is 700.
GC_THRESHOLD = 100_000
# Seconds until a waiting thread may ask for the interpreter lock; Python's default is 0.005.
SWITCH_INTERVAL = 0.0005


_lock = threading.Lock()
# Syncs of this process that are under way, and what sets the interpreter back after the last.
_under_way = 0
_settings = ExitStack()


@contextmanager
def tuned_interpreter() -> Iterator[None]:
    """Run the block with `infrequent_gc` and `short_switch_interval`; in any number of threads."""
    global _under_way
    with _lock:
        if not _under_way:
            _settings.enter_context(infrequent_gc())
            _settings.enter_context(short_switch_interval())
        _under_way += 1
    try:
        yield
    finally:
        with _lock:
            _under_way -= 1
            if not _under_way:
                _settings.close()


@contextmanager
def infrequent_gc() -> Iterator[None]:
    """Collect garbage rarely, and never look at the objects that exist already.

    A sync allocates millions of objects, next to none of them in reference cycles, so each
    collection would walk Django's own objects and the current batch for nothing.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def short_switch_interval() -> Iterator[None]:
    """Let the writing thread have the interpreter lock soon after the database has answered.

    It waits for the lock after each answer, at worst one switch interval for each mapping thread.
    With Python's default this takes about a quarter of the writing thread's time.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
