"""How gunicorn serves Relais: `gunicorn --config python:config.gunicorn config.wsgi`."""

from __future__ import annotations

import ctypes
import gc
import os
from typing import Any

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
# Downloads stream for as long as they need; this is how long a process may hang altogether.
timeout = 60
# A page of 250 ids, asked for by name, is a line of nearly 7,000 characters.
limit_request_line = 8190
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
# Its place would be in the user's home.
control_socket_disable = True


# As <malloc.h> numbers them, and in bytes.
_MALLOC = {-1: 16 * 1024**2, -3: 4 * 1024**2}  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD


def post_worker_init(_: Any) -> None:
    """Once all is imported: none of it will be garbage, so no collection need look at it again.
    One of all generations took some 40 ms, in the middle of whatever request it fell upon.
    """
    _keep_memory()
    gc.collect()
    gc.freeze()


def _keep_memory() -> None:
    """Keep the last few megabytes of a request for the next one.

    glibc gives them back to the system and asks for them anew: of a page of 100 jobs, 670 KB,
    the thousand page faults were a quarter of the time. Other C libraries are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, size in _MALLOC.items():
            mallopt(option, size)
