"""The scheduler: what is done every few seconds and every hour, in the process of Celery's beat.

It needs no broker and no worker, so it goes on when those it is to wake have stopped. Two
schedulers do no harm: each step may be done twice.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from django.db import close_old_connections

from integrations import jobs
from integrations.accounts import check_limits, failed_calls, members, sessions
from integrations.actions import cv_files, first_stage, sign_ins
from integrations.actions import lease as action_lease
from integrations.actions import retention as action_retention
from integrations.alerts import delivery
from integrations.alerts import sweep as issue_sweep
from integrations.audit import trail
from integrations.changes import batches
from integrations.connecting import lifecycle
from integrations.exports import files as export_files
from integrations.exports import mailing, schedules
from integrations.operations import free_pages
from integrations.passthrough import confirmation
from integrations.passthrough import history as passthrough_history
from integrations.privacy import age
from integrations.privacy import retention as privacy_retention
from integrations.submissions import retention as submission_retention
from integrations.submissions.bulk import retention as bulk_retention
from integrations.submissions.bulk import uploads
from integrations.sync import retention, runs
from integrations.sync.tags import rounds
from integrations.tenants import exchange_retention, stats
from integrations.webhooks import retention as webhook_retention
from integrations.webhooks.incoming import ledger, receiving

logger = logging.getLogger(__name__)

# A lease lasts 20 seconds, so a killed worker's run goes on within a minute.
SWEEP_SECONDS = 10.0
RETENTION_SECONDS = 3600.0
ALERT_SECONDS = 30.0

# Imported for what they register with `jobs.KINDS`, `jobs.SWEEP` and `jobs.RETENTION`.
REGISTERED = (
    *(batches, bulk_retention, confirmation, export_files, ledger, lifecycle),
    *(action_lease, action_retention, first_stage, sign_ins),
    *(age, passthrough_history, privacy_retention, receiving, retention),
    *(rounds, runs, schedules, stats, sessions, submission_retention, trail, uploads),
    *(
        check_limits,
        failed_calls,
        members,
        cv_files,
        exchange_retention,
        free_pages,
        webhook_retention,
        issue_sweep,
        mailing,
    ),
)


def sweep() -> None:
    """Queue what is due, then wake workers for what waits. Idempotent."""
    jobs.SWEEP.run()
    jobs.KINDS.run()


def retain() -> None:
    """Remove what has been kept for long enough. Idempotent."""
    jobs.RETENTION.run()


def start() -> None:
    """Begin the rounds in threads of this process, the first of each at once.

    Alerts are sent here only where no worker would: one that says that there is no worker, too.
    """
    for name, step, seconds in (
        ("sweep", sweep, SWEEP_SECONDS),
        ("retention", retain, RETENTION_SECONDS),
        ("alerts", delivery.send_without_workers, ALERT_SECONDS),
    ):
        threading.Thread(target=_go_round, args=(step, seconds), name=name, daemon=True).start()


def _go_round(step: Callable[[], None], seconds: float) -> None:
    pause = threading.Event()
    try:
        while True:
            close_old_connections()
            step()
            close_old_connections()
            pause.wait(seconds)
    except BaseException:
        logger.critical("The scheduler cannot go on", exc_info=True)
        # The whole process, so that its supervisor starts it again.
        os._exit(70)
