"""Who writes an export: claiming it, keeping it, and noticing that it was lost or cancelled."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations import jobs
from integrations.jobs import LeaseLost
from integrations.models import Export, ExportState

__all__ = ["LEASE", "Lease", "LeaseLost", "claim", "unattended"]

LEASE = timedelta(seconds=20)
# The progress that the page shows is as old as this.
HEARTBEAT_SECONDS = 1.0


def unattended(now: datetime) -> Q:
    """Exports that need a worker and that no live one holds."""
    left = Q(state=ExportState.RUNNING) & jobs.expired(now)
    return Q(state=ExportState.QUEUED) | left


def claim(export_id: int) -> Lease | None:
    """Take the export if it waits, or if its worker has died; None when it is somebody else's."""
    now = timezone.now()
    mine = Export.objects.filter(unattended(now), pk=export_id)
    owner = jobs.take(mine, now, LEASE, state=ExportState.RUNNING, written=0)
    return Lease(export_id, owner) if owner else None


class Lease(jobs.BeatingHold):
    """One worker's hold on one export. The beat writes the progress, too: the worker's own
    connection is in the middle of a read, and on SQLite could not write before its end.
    """

    length = LEASE

    def __init__(self, export_id: int, owner: str) -> None:
        super().__init__(owner, name=f"Export {export_id}", seconds=HEARTBEAT_SECONDS)
        self.export_id = export_id
        self.written = 0

    def row(self) -> QuerySet[Export]:
        return Export.objects.filter(pk=self.export_id, state=ExportState.RUNNING)

    def progress(self, rows: int) -> None:
        """So many rows have been read. Raises `LeaseLost`."""
        self.written = rows
        if self.lost:
            raise LeaseLost

    def beat(self) -> None:
        self.renew(written=self.written)
