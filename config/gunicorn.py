"""Settings of gunicorn: `gunicorn --config python:config.gunicorn config.wsgi`."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from gunicorn.errors import AppImportError

try:
    from config.environment import env

    bind = env.str("BIND", default="127.0.0.1:8000")
    workers = env.int("WEB_CONCURRENCY", default=2)
    threads = env.int("WEB_THREADS", default=8)
    loglevel = env.str("LOG_LEVEL", default="INFO").lower()
except ImproperlyConfigured as error:
    # Gunicorn would put a traceback around it.
    sys.exit(f"Relais cannot start. {error}")
worker_class = "gthread"
# Seconds after which a process that does not respond is restarted; downloads may take longer.
timeout = 60
# A request for 250 records by their ids has a line of nearly 7,000 characters.
limit_request_line = 8190
# Seconds for which an idle connection is kept: longer than clients and proxies keep theirs (nginx
# 60 s, SDKs up to 75 s), so that none sends a request on one that is being closed.
keepalive = 90
# Gunicorn would create it in the user's home folder.
control_socket_disable = True

# Options of `mallopt` as numbered in <malloc.h>, with their values in bytes.
_MALLOC = {-1: 16 * 1024**2, -3: 4 * 1024**2}  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD


def on_starting(_: Any) -> None:
    """Put the counts of the processes before into one file, once, before there are others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings

    if settings.METRICS_TOKEN:
        from integrations.operations.counts import merge_dead_counts

        merge_dead_counts(settings.METRICS_DIR)


def post_worker_init(worker: Any) -> None:
    """Prepare a process that is about to serve; end the server in words if pages cannot work.

    Only at its start: a server that runs goes on, with pages that are older than their files.
    """
    from integrations.operations import static_files

    if problem := static_files.problem():
        if worker.age > workers:
            worker.log.error(problem)
        else:
            # The one error that gunicorn says without a traceback, and does not try again after.
            raise AppImportError(f"Relais cannot start. {problem}")
    _keep_memory()
    # Nothing imported so far is garbage: a full collection over it took about 40 ms, in the middle
    # of a request.
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
