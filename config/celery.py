"""The Celery application, and what its workers and its scheduler do when they start and stop.

A message only wakes a worker (`integrations.jobs`). This module is imported before models can be,
so what needs them is imported when Celery says that a process runs.
"""

from __future__ import annotations

import atexit
import os
from typing import Any

from celery import Celery, signals

from config.version import version
from integrations import lanes

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("relais")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


# Before a worker, or the scheduler, makes its first file.
@signals.celeryd_init.connect
@signals.beat_init.connect
def _own_files(**_: Any) -> None:
    os.umask(0o077)


@signals.celeryd_after_setup.connect
def _open_worker(instance: Any, **_: Any) -> None:
    """Before the processes of the worker are forked."""
    lanes.open_worker(processes=instance.concurrency, queues=set(app.amqp.queues.consume_from))


@signals.worker_ready.connect
def _report_worker(**_: Any) -> None:
    """In the worker's parent process, once it is connected to the broker and takes messages."""
    from integrations.alerts import sweep
    from integrations.models import ProcessKind
    from integrations.operations.heartbeats import Heartbeat

    heartbeat = Heartbeat(
        ProcessKind.WORKER, version=version(), queues=app.amqp.queues.consume_from
    )

    # Celery keeps no reference to a receiver, but for this.
    @signals.worker_shutdown.connect(weak=False)
    def stop(**_: Any) -> None:
        heartbeat.stop()

    heartbeat.start()
    sweep.watch_scheduler()


@signals.worker_shutting_down.connect
def _close_worker(**_: Any) -> None:
    lanes.close_worker()


@signals.worker_process_shutdown.connect
def _end_process(**_: Any) -> None:
    """In a process of the worker, when it has no more jobs to do."""
    lanes.wait_for_short_jobs()


# In a process of its own, or in one of a worker with the option `-B`.
@signals.beat_init.connect
@signals.beat_embedded_init.connect
def _start_scheduler(**_: Any) -> None:
    from integrations import scheduler
    from integrations.models import ProcessKind
    from integrations.operations.heartbeats import Heartbeat

    heartbeat = Heartbeat(ProcessKind.SCHEDULER, version=version())
    # Celery has no signal for the end of the scheduler.
    atexit.register(heartbeat.stop)
    heartbeat.start()
    scheduler.start()
