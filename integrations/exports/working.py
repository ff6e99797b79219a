"""Writing the file of a large export: what a worker does, under a lease of the export's row."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from integrations import jobs, telemetry
from integrations.exports import files
from integrations.exports.selection import NotAllowed, allowed_tenants, select
from integrations.exports.service import unattended, wanted_of
from integrations.exports.writing import write
from integrations.jobs import LeaseLost
from integrations.messages import Message
from integrations.models import LIVE_EXPORTS, Export, ExportState

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
# The progress that the page shows is as old as this.
HEARTBEAT_SECONDS = 1.0
# How often a worker may die over the same export before it is given up.
MOST_ATTEMPTS = 5

HOPELESS = Message("export_given_up")
BROKEN = Message("export_not_written")
NO_ROOM = Message("export_not_stored")


class ExportLease(jobs.HeartbeatLease):
    """One worker's lease of one export. The heartbeat also writes the progress: the worker's own
    connection is in the middle of a read, and on SQLite could not write before its end.
    """

    def __init__(self, export_id: int, owner: str) -> None:
        super().__init__(
            Export.objects.filter(pk=export_id, state=ExportState.RUNNING),
            owner=owner,
            length=LEASE,
            seconds=HEARTBEAT_SECONDS,
            name=f"Export {export_id}",
        )
        self.export_id = export_id
        self.written = 0

    def progress(self, rows: int) -> None:
        """Note that so many rows have been read. Raises `LeaseLost`."""
        self.written = rows
        if self.lost:
            raise LeaseLost

    def heartbeat(self) -> None:
        self.renew(written=self.written)


def claim(export_id: int) -> ExportLease | None:
    """Claim the export if it is queued, or if its worker has died; None when another has it."""
    owner = jobs.claim(
        Export.objects.filter(unattended(jobs.now()), pk=export_id),
        length=LEASE,
        attempts=F("attempts") + 1,
        state=ExportState.RUNNING,
        written=0,
    )
    return ExportLease(export_id, owner) if owner else None


def work_on(export_id: int) -> bool:
    """Write the export's file; whether there was anything to do.

    Safe to call at any time and by any number of workers. One that takes over from another
    begins again, in a file of its own; only the file of the worker that finishes is kept.
    """
    lease, started = claim(export_id), time.monotonic()
    if lease is None:
        return False
    export = Export.objects.select_related("integration", "user").get(pk=export_id)
    name = files.new_name(export_id)
    try:
        files.remove_others(export_id, kept=name)
        if export.attempts > MOST_ATTEMPTS:
            _fail(lease, HOPELESS)
        else:
            _write(lease, export, name)
    except LeaseLost:
        logger.info("Export %s was cancelled, removed, or taken over", export_id)
        files.remove(name)
    except NotAllowed as refused:
        files.remove(name)
        _fail(lease, str(refused))
    except OSError:
        logger.exception("Export %s could not be stored", export_id)
        files.remove(name)
        _fail(lease, NO_ROOM)
    except Exception:
        logger.exception("Export %s could not be written", export_id)
        files.remove(name)
        _fail(lease, BROKEN)
    _report(export, time.monotonic() - started)
    return True


def _report(export: Export, seconds: float) -> None:
    """Log and count the export if it has ended; another worker may have it, or it was removed."""
    stored = Export.objects.filter(pk=export.pk).exclude(state__in=LIVE_EXPORTS)
    for state, rows in stored.values_list("state", "rows"):
        telemetry.export_ended(
            export=export.pk,
            tenant=export.integration_id,
            state=state,
            rows=rows,
            seconds=seconds,
        )


def _write(lease: ExportLease, export: Export, name: str) -> None:
    tenants = allowed_tenants(export)
    rows: list[int] = []
    with lease:
        selected = select(export)
        lease.renew(expected=selected.order_by().count(), tenants=tenants)
        pieces = write(
            selected,
            wanted_of(export),
            with_tenant=export.integration is None,
            on_rows=lease.progress,
            on_end=rows.append,
        )
        # Before anything else is written to the database, which is read in a transaction.
        with closing(pieces):
            size = files.write(name, pieces)
    now = timezone.now()
    # A user who has lost a tenant meanwhile is stopped at the download.
    lease.release(
        state=ExportState.DONE,
        file=name,
        size=size,
        rows=rows[0],
        written=rows[0],
        ended_at=now,
        expires_at=now + timedelta(days=settings.EXPORT_KEEP_DAYS),
        mail_due_at=now if export.schedule_id else None,
    )


def _fail(lease: ExportLease, words: str) -> None:
    try:
        lease.release(state=ExportState.FAILED, error=words, ended_at=timezone.now())
    except LeaseLost:
        logger.info("Export %s was cancelled, removed, or taken over", lease.export_id)


def is_fetchable(export: Export) -> bool:
    """Whether there is a file that has not expired."""
    return bool(
        export.state == ExportState.DONE
        and export.file
        and export.expires_at
        and export.expires_at > timezone.now()
    )
