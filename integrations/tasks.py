"""What workers do: each task calls a service with ids, and does nothing itself."""

from __future__ import annotations

from celery import shared_task

from integrations.sync import engine, retention, runs


@shared_task
def run_sync(run_id: int) -> None:
    """Run a queued sync, or take over one whose worker has died."""
    engine.execute(run_id)


@shared_task
def sweep() -> None:
    """Start what is due and wake workers for what has gone stale."""
    runs.sweep()


@shared_task
def retain() -> None:
    """Empty and remove what has been kept for long enough."""
    retention.retain()
