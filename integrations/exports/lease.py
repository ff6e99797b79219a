"""Who writes an export: claiming it, keeping it, and noticing that it was lost or cancelled.

As with a sync, a lease is a token in the row and a time until which it holds; a worker that was
taken for dead and replaced can write nothing more into the row (`design.md`, decision 1).
"""

from __future__ import annotations

import logging
import threading
import uuid
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import F, Q
from django.utils import timezone

from integrations.models import Export, ExportState

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
# The progress that the page shows is as old as this.
HEARTBEAT_SECONDS = 1.0


class LeaseLost(Exception):
    """Another worker has the export, or it was cancelled: stop without writing anything."""


def unattended(now: datetime) -> Q:
    """Exports that need a worker and that no live one holds."""
    return Q(state=ExportState.QUEUED) | Q(state=ExportState.RUNNING, lease_expires_at__lt=now)


def claim(export_id: int) -> Lease | None:
    """Take the export if it waits, or if its worker has died; None when it is somebody else's."""
    now = timezone.now()
    owner = uuid.uuid4().hex
    taken = Export.objects.filter(unattended(now), pk=export_id).update(
        state=ExportState.RUNNING,
        lease_owner=owner,
        lease_expires_at=now + LEASE,
        attempts=F("attempts") + 1,
        written=0,
    )
    return Lease(export_id, owner) if taken else None


class Lease:
    """One worker's hold on one export. Use as a context manager: it beats while inside.

    The beat writes the progress too, and runs in a thread with a connection of its own: that of
    the worker is in the middle of a read, and on SQLite could not write before its end.
    """

    def __init__(self, export_id: int, owner: str) -> None:
        self.export_id = export_id
        self.owner = owner
        self.written = 0
        self._lost = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"export-{export_id}", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def progress(self, rows: int) -> None:
        """So many rows have been read. Raises `LeaseLost`."""
        self.written = rows
        if self._lost:
            raise LeaseLost

    def renew(self, **fields: object) -> None:
        """Extend the lease and set `fields`; raises `LeaseLost` when it is not ours."""
        self._write(lease_expires_at=timezone.now() + LEASE, **fields)

    def release(self, **fields: object) -> None:
        """Set `fields` and let go of the export; raises `LeaseLost`."""
        self._write(lease_owner="", lease_expires_at=None, **fields)

    def _write(self, **fields: object) -> None:
        held = Export.objects.filter(
            pk=self.export_id, lease_owner=self.owner, state=ExportState.RUNNING
        ).update(**fields)
        if not held:
            self._lost = True
            raise LeaseLost

    def _beat(self) -> None:
        try:
            while not self._stop.wait(HEARTBEAT_SECONDS):
                try:
                    self.renew(written=self.written)
                except LeaseLost:
                    return
                except DatabaseError:
                    # The next may succeed; if none does, the lease runs out and the end of the
                    # work is refused.
                    logger.warning(
                        "Export %s: the heartbeat was not written", self.export_id, exc_info=True
                    )
                    connection.close()
        finally:
            connection.close()
