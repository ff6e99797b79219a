"""How gunicorn serves Relais: `gunicorn --config python:config.gunicorn config.wsgi`."""

from __future__ import annotations

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


def post_worker_init(_: Any) -> None:
    """Once all is imported: none of it will be garbage, so no collection need look at it again.
    One of all generations took some 40 ms, in the middle of whatever request it fell upon.
    """
    gc.collect()
    gc.freeze()
