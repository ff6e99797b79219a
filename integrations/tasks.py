"""What workers do: each task calls a service with ids, and does nothing itself."""

from __future__ import annotations

from celery import shared_task

from integrations.accounts import sessions
from integrations.audit import trail
from integrations.connecting import lifecycle
from integrations.exports import mailing, schedules
from integrations.exports import retention as export_retention
from integrations.exports import working as export_working
from integrations.passthrough import confirmation
from integrations.passthrough import history as passthrough_history
from integrations.search import filling
from integrations.submissions import reconcile, send
from integrations.submissions import retention as submission_retention
from integrations.submissions import sweep as submission_sweep
from integrations.submissions.bulk import retention as bulk_retention
from integrations.submissions.bulk import uploads, worker
from integrations.sync import engine, retention, runs
from integrations.tenants import stats


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
    """Start what is due and wake workers for what has gone stale."""
    runs.sweep()
    filling.sweep()
    submission_sweep.sweep()
    uploads.sweep()
    schedules.sweep()
    export_working.sweep()
    mailing.sweep()
    stats.sweep()


@shared_task
def retain() -> None:
    """Empty and remove what has been kept for long enough."""
    lifecycle.remove_deleted()
    retention.retain()
    submission_retention.retain()
    bulk_retention.retain()
    export_retention.retain()
    passthrough_history.retain()
    confirmation.forget_old()
    sessions.forget_expired()
    trail.retain()
