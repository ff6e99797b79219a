"""Starts the heartbeat of a worker and of the scheduler, when Celery says that they run.

Imported by `config.celery` before the models can be, so that these are imported when needed.
"""

from __future__ import annotations

import atexit
from typing import Any

from celery.signals import beat_embedded_init, beat_init, worker_ready, worker_shutdown

from config.version import version


@worker_ready.connect
def report_worker(sender: Any, **_: Any) -> None:
    """In the worker's parent process, once it is connected to the broker and takes messages."""
    from integrations.models import ProcessKind
    from integrations.operations.heartbeats import Heartbeat

    heartbeat = Heartbeat(
        ProcessKind.WORKER, version=version(), queues=sender.app.amqp.queues.consume_from
    )

    # Celery keeps no reference to a receiver, but for this.
    @worker_shutdown.connect(weak=False)
    def stop(**_: Any) -> None:
        heartbeat.stop()

    heartbeat.start()


@beat_init.connect
@beat_embedded_init.connect
def report_scheduler(**_: Any) -> None:
    from integrations.models import ProcessKind
    from integrations.operations.heartbeats import Heartbeat

    heartbeat = Heartbeat(ProcessKind.SCHEDULER, version=version())
    # Celery has no signal for the end of the scheduler.
    atexit.register(heartbeat.stop)
    heartbeat.start()
