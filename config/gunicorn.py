"""Settings of gunicorn: `gunicorn --config python:config.gunicorn config.wsgi`."""

from __future__ import annotations

import ctypes
import gc
import os
from typing import Any

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
# Seconds after which a process that does not respond is restarted; downloads may take longer.
timeout = 60
# A request for 250 records by their ids has a line of nearly 7,000 characters.
limit_request_line = 8190
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
# Gunicorn would create it in the user's home folder.
control_socket_disable = True

# Options of `mallopt` as numbered in <malloc.h>, with their values in bytes.
_MALLOC = {-1: 16 * 1024**2, -3: 4 * 1024**2}  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD


def post_worker_init(_: Any) -> None:
    """Exclude everything imported so far from garbage collection.

    A full collection over it took about 40 ms, in the middle of a request.
    """
    _keep_memory()
    gc.collect()
    gc.freeze()


def _keep_memory() -> None:
    """Keep the memory that a request has freed for the next one, instead of returning it.

    With glibc's defaults, the thousand page faults of a page of 100 jobs (670 KB) took a quarter
    of its time. Other C libraries have no `mallopt` and are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, size in _MALLOC.items():
            mallopt(option, size)
