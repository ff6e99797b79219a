"""The Celery tasks: each calls a service with ids, and does nothing itself.

A message names the row that it was sent for. Those of the lanes for long jobs only say that
something waits: what is worked on is what comes first in the table (`lanes.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from celery import shared_task
from django.db import connection

from integrations import jobs, lanes
from integrations.accounts import notices as account_notices
from integrations.accounts.notices import ACCOUNT_NOTICES
from integrations.actions import working as acting
from integrations.actions.lease import BULK_ACTIONS
from integrations.alerts import delivery as alert_delivery
from integrations.alerts import issues
from integrations.alerts.outbox import NOTICES
from integrations.api.reads.rendering import render
from integrations.exports import mailing
from integrations.exports import working as export_working
from integrations.exports.mailing import MAILS
from integrations.exports.service import EXPORTS
from integrations.lanes import Lane
from integrations.search import filling
from integrations.submissions import reconcile, send
from integrations.submissions.bulk import worker
from integrations.sync import engine, lease
from integrations.sync.runs import RUNS
from integrations.sync.tags import reading
from integrations.sync.tags.rounds import TAGS
from integrations.tenants import stats
from integrations.webhooks import delivery, telling
from integrations.webhooks.incoming import working as incoming_events


def work_on_next(lane: Lane) -> bool:
    """Do the first job that waits in a lane for long ones; False when none does."""
    match lane:
        case Lane.SYNCS:
            return RUNS.work_on_next(_sync)
        case Lane.SOON:
            # Last, and in turn: a row of large ones would keep an alert waiting for hours.
            _LARGE.rotate(1)
            return any(
                kind.work_on_next(work)
                for kind, work in (
                    (ACCOUNT_NOTICES, account_notices.send),
                    (NOTICES, alert_delivery.send),
                    (MAILS, mailing.send),
                    *_LARGE,
                )
            )
        case Lane.TAGS:
            return TAGS.work_on_next(reading.read_some)
        case _:
            return False


def _sync(run_id: int) -> bool:
    if not engine.execute(run_id):
        return False
    # Either is done by the sweep if it fails here.
    with jobs.failure_logged("Filling in the search after run %s", run_id):
        filling.catch_up_after(run_id)
    with jobs.failure_logged("Telling of run %s", run_id):
        telling.tell_of_run(run_id, render=render)
    with jobs.failure_logged("Counting the records after run %s", run_id):
        stats.count_after(run_id)
    with jobs.failure_logged("Looking for issues after run %s", run_id):
        issues.after_run(run_id)
    return True


def _run_short_syncs(may_go_on: Callable[[], bool]) -> None:
    """Run the short syncs that wait, in a thread with a connection of its own."""
    try:
        with jobs.failure_logged("A short sync"):
            while may_go_on() and any(map(_sync, lease.unattended(jobs.now(), short=True))):
                pass
    finally:
        connection.close()


def _write_export(export_id: int) -> bool:
    return export_working.work_on(export_id)


# Jobs of which one after the other may take minutes.
_LARGE: deque[tuple[jobs.JobKind, Callable[[Any], bool]]] = deque(
    [(EXPORTS, _write_export), (BULK_ACTIONS, acting.work_on)]
)


@shared_task
def run_sync(run_id: Any) -> None:  # noqa: ARG001 - see above
    """Run the syncs that wait, and take over those whose worker has died."""
    if not lanes.work_through(Lane.SYNCS, work_on_next):
        lanes.work_beside(_run_short_syncs)


@shared_task
def work_on_export(export_id: Any) -> None:  # noqa: ARG001 - see above
    """Write the files of large exports that wait, or whose worker has died."""
    lanes.work_through(Lane.SOON, work_on_next)


@shared_task
def read_tags(integration_id: Any) -> None:  # noqa: ARG001 - see above
    """Read candidates' tags that are due."""
    lanes.work_through(Lane.TAGS, work_on_next)


@shared_task
def send_mail(row_id: Any) -> None:  # noqa: ARG001 - see above
    """Send the e-mails about exports, and about users' accounts, that wait."""
    lanes.work_through(Lane.SOON, work_on_next)


@shared_task
def send_alert(notice_id: Any) -> None:  # noqa: ARG001 - see above
    """Send the alerts that wait."""
    lanes.work_through(Lane.SOON, work_on_next)


@shared_task
def fill_search(integration_id: str) -> None:
    """Fill in what the search box looks through, where a worker died after a sync. The sweep calls
    again if no place is free.
    """
    with lanes.place() as free:
        if free:
            filling.catch_up(integration_id)


@shared_task
def deliver_webhooks(endpoint_id: Any) -> None:  # noqa: ARG001 - whatever is due is delivered
    """Deliver events that are due, beside whatever else the process does."""
    lanes.run_beside("webhooks", delivery.deliver_in_background)


@shared_task
def tell_changes(integration_id: str) -> None:
    """Queue the events about what has changed in a tenant."""
    telling.tell(integration_id, render=render)


@shared_task
def run_submission(submission_id: str) -> None:
    """Send a queued submission; look for one that may have arrived."""
    send.send(submission_id)
    reconcile.reconcile(submission_id)
    with jobs.failure_logged("Looking for issues after submission %s", submission_id):
        issues.after_submission(submission_id)


@shared_task
def run_action(action_id: str) -> None:
    """Do a waiting action; look for one that may have been done."""
    acting.work_on(action_id)


@shared_task
def run_bulk_actions(group_id: Any) -> None:  # noqa: ARG001 - see above
    """Do the actions of bulk actions that wait."""
    lanes.work_through(Lane.SOON, work_on_next)


@shared_task
def work_on_events(integration_id: str) -> None:
    """Read from Flatchr what a tenant's waiting events tell of."""
    incoming_events.work_on(integration_id)


@shared_task
def work_on_upload(upload_id: str) -> None:
    """Check a bulk upload, or queue its next rows."""
    worker.work_on(upload_id)
