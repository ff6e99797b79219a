"""Settings of gunicorn: `gunicorn --config python:config.gunicorn config.wsgi`."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import re
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import django
from django.core.exceptions import ImproperlyConfigured
from gunicorn.glogging import Logger as GunicornLogger

from config.patient_worker import LONGEST_LINE

try:
    from config.environment import env

    bind = env.str("BIND", default="127.0.0.1:8000")
    workers = env.int("WEB_CONCURRENCY", default=2)
    threads = env.int("WEB_THREADS", default=8)
    loglevel = env.str("LOG_LEVEL", default="INFO").lower()
except ImproperlyConfigured as error:
    # Gunicorn would put a traceback around it.
    sys.exit(f"Relais cannot start. {error}")


class Log(GunicornLogger):
    """Gunicorn's logs, also that of requests if one is asked for, without tokens in addresses."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.addFilter(_without_tokens)


# Of addresses: no line break, with which a client could write a line of its own.
_PRINTABLE = re.compile("%[2-7][0-9a-f]", re.IGNORECASE)


def _without_tokens(record: logging.LogRecord) -> bool:
    from config.logs import without_tokens

    plain = _PRINTABLE.sub(lambda code: unquote(code[0]), record.getMessage())
    record.msg, record.args = without_tokens(plain), None
    return True


logger_class = Log
# What is written is its owner's alone.
umask = 0o077
worker_class = "config.patient_worker.PatientWorker"
# Seconds after which a process that does not respond is restarted; downloads may take longer.
timeout = 60
limit_request_line = LONGEST_LINE
# Seconds for which an idle connection is kept: longer than clients and proxies keep theirs (nginx
# 60 s, SDKs up to 75 s), so that none sends a request on one that is being closed.
keepalive = 90
# Gunicorn would create it in the user's home folder.
control_socket_disable = True

# Options of `mallopt` as numbered in <malloc.h>, with their values in bytes.
_MALLOC = {-1: 16 * 1024**2, -3: 4 * 1024**2}  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD


def on_starting(_: Any) -> None:
    """End the server in words, before it serves anything, if pages cannot work. Put the counts of
    the processes before into one file, once, before there are others.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if problem := _found_in_a_child(_static_files_problem):
        sys.stderr.write(f"Relais cannot start. {problem}\n")
        sys.exit(4)
    from django.conf import settings

    if settings.METRICS_TOKEN:
        from integrations.operations.counts import merge_dead_counts

        merge_dead_counts(settings.METRICS_DIR)


def _found_in_a_child(find: Callable[[], str]) -> str:
    """What `find` returns in a process of its own.

    What it imports would else stay in the main process, and with it in those that are started
    after a reload, whose code it would be.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as pipe:
                pipe.write(find())
        finally:
            # What has failed here fails in the processes that serve, too, and is said by them.
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        found = pipe.read()
    os.waitpid(child, 0)
    return found


def _static_files_problem() -> str:
    try:
        django.setup()
    except ImproperlyConfigured as error:
        return str(error)
    from integrations.operations import static_files

    return static_files.problem()


def post_worker_init(worker: Any) -> None:
    """Prepare a process that is about to serve. A server that runs goes on when files change, with
    pages that are older than these.
    """
    if problem := _static_files_problem():
        worker.log.error(problem)
    from django.conf import settings

    from integrations.accounts import password_places
    from integrations.tenants import live_calls

    # Fewer than threads, whatever is set: `check` tells of what contradicts itself.
    live_calls.limit_process(max(1, min(settings.LIVE_CALLS, threads - 1)))
    password_places.limit_process(1)
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
