"""The Celery application, and what its workers and its scheduler do when they start and stop.

A message only wakes a worker (`integrations.jobs`).
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

from config import heartbeats  # noqa: F401 - connects its signals
from integrations import lanes

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("relais")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.celeryd_after_setup.connect
def _open_worker(instance: Any, **_: Any) -> None:
    """Before the processes of the worker are forked."""
    lanes.open_worker(processes=instance.concurrency, queues=set(app.amqp.queues.consume_from))


@signals.worker_shutting_down.connect
def _close_worker(**_: Any) -> None:
    lanes.close_worker()


@signals.beat_init.connect
def _start_scheduler(**_: Any) -> None:
    from integrations import scheduler

    scheduler.start()
