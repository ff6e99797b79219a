"""The Celery tasks: each calls a service with ids, and does nothing itself."""

from __future__ import annotations

from celery import shared_task

from integrations import jobs
from integrations.accounts import users
from integrations.audit import trail
from integrations.connecting import lifecycle
from integrations.exports import files as export_files
from integrations.exports import mailing, schedules
from integrations.exports import working as export_working
from integrations.passthrough import confirmation
from integrations.passthrough import history as passthrough_history
from integrations.search import filling
from integrations.submissions import reconcile, send
from integrations.submissions import retention as submission_retention
from integrations.submissions.bulk import retention as bulk_retention
from integrations.submissions.bulk import uploads, worker
from integrations.sync import engine, retention, runs
from integrations.tenants import stats

# Imported for what they register with `jobs.KINDS`, `jobs.SWEEP` and `jobs.RETENTION`.
REGISTERED = (
    *(bulk_retention, confirmation, export_files, lifecycle, passthrough_history, retention),
    *(runs, schedules, users, submission_retention, trail, uploads),
)


@shared_task
def run_sync(run_id: int) -> None:
    """Run a queued sync, or take over one whose worker has died."""
    if engine.execute(run_id):
        filling.after(run_id)
        stats.count_after(run_id)


@shared_task
def fill_search(integration_id: str) -> None:
    """Fill in what the search box looks through, after a sync."""
    filling.catch_up(integration_id)


@shared_task
def run_submission(submission_id: str) -> None:
    """Send a queued submission; look for one that may have arrived."""
    send.send(submission_id)
    reconcile.reconcile(submission_id)


@shared_task
def work_on_upload(upload_id: str) -> None:
    """Check a bulk upload, or queue its next rows."""
    worker.work_on(upload_id)


@shared_task
def work_on_export(export_id: int) -> None:
    """Write the file of a large export, or take over from a worker that has died."""
    export_working.work_on(export_id)
    mailing.sweep()


@shared_task
def sweep() -> None:
    """Wake workers for what waits, then start what is due."""
    jobs.KINDS.run()
    jobs.SWEEP.run()


@shared_task
def retain() -> None:
    """Remove what has been kept for long enough."""
    jobs.RETENTION.run()
