"""What workers do: each task calls a service with ids, and does nothing itself."""

from __future__ import annotations

from celery import shared_task

from integrations.submissions import reconciling, sending
from integrations.submissions import retention as submission_retention
from integrations.submissions import sweep as submission_sweep
from integrations.submissions.bulk import retention as bulk_retention
from integrations.submissions.bulk import uploads, working
from integrations.sync import engine, retention, runs


@shared_task
def run_sync(run_id: int) -> None:
    """Run a queued sync, or take over one whose worker has died."""
    engine.execute(run_id)


@shared_task
def run_submission(submission_id: str) -> None:
    """Send a queued submission; look for one that may have arrived."""
    sending.send(submission_id)
    reconciling.reconcile(submission_id)


@shared_task
def work_on_upload(upload_id: str) -> None:
    """Check a bulk upload, or queue its next rows."""
    working.work_on(upload_id)


@shared_task
def sweep() -> None:
    """Start what is due and wake workers for what has gone stale."""
    runs.sweep()
    submission_sweep.sweep()
    uploads.sweep()


@shared_task
def retain() -> None:
    """Empty and remove what has been kept for long enough."""
    retention.retain()
    submission_retention.retain()
    bulk_retention.retain()
