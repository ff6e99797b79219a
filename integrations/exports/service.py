"""Exports: what is taken away, by whom, leaves a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.text import slugify

from integrations import jobs, telemetry
from integrations.audit.trail import record
from integrations.exports.formats import FORMATS, Style
from integrations.exports.writing import Wanted, write
from integrations.lanes import Lane
from integrations.models import (
    LIVE_EXPORTS,
    Event,
    Export,
    ExportFormat,
    ExportKind,
    ExportSchedule,
    ExportState,
    Integration,
)

# Nothing of an Excel file can be sent before its last row has been written, and a row of it takes
# longer. With the default setting somebody waits for 10,000 rows, which takes about a second.
EXCEL_SHARE = 5
# Exports that one sweep wakes workers for at most: a worker goes on to the next by itself.
MOST_CALLS = 20


class Download(NamedTuple):
    """What to send, the name to save it under, and what it is."""

    stream: Iterator[bytes]
    filename: str
    content_type: str


def download(
    queryset: QuerySet[Any],
    wanted: Wanted,
    *,
    user: Any,
    filters: str,
    integration: Integration | None,
    on_end: Callable[[int], None] | None = None,
) -> Download:
    """Start an export of exactly the records in `queryset`, to be sent while it is read.

    The caller answers for the queryset: that `user` may see it, and whether deleted records
    are in it. `integration` is the one tenant it holds, or None when it may span several; then
    each row says whose it is, if no columns were chosen. `user` is None for an export from the
    command line. Raises `UnknownColumns`, and then nothing is recorded.

    The `Export` row exists when this returns, before anything is sent. It gets its number of rows
    and its end after the last piece of the stream has been taken, and keeps none if the reader
    goes away before; `on_end` is told the number of rows at the same moment.
    """
    export = _recorded(wanted, user=user, filters=filters, integration=integration)

    def end(rows: int) -> None:
        now = timezone.now()
        Export.objects.filter(pk=export.pk).update(rows=rows, ended_at=now)
        telemetry.export_ended(
            export=export.pk,
            tenant=export.integration_id,
            state=export.state,
            rows=rows,
            seconds=(now - export.started_at).total_seconds(),
        )
        if on_end:
            on_end(rows)

    stream = write(queryset, wanted, with_tenant=integration is None, on_end=end)
    _save(export)
    return Download(stream, filename(export), FORMATS[wanted.format].content_type)


def queue(
    wanted: Wanted,
    *,
    user: Any,
    filters: str,
    integration: Integration | None,
    schedule: ExportSchedule | None = None,
) -> Export:
    """Have a worker write the file: the export is QUEUED when this returns.

    Raises `UnknownColumns`.
    """
    export = _recorded(wanted, user=user, filters=filters, integration=integration)
    wanted.resource(with_tenant=integration is None)
    export.state, export.schedule = ExportState.QUEUED, schedule
    with transaction.atomic():
        _save(export)
        EXPORTS.enqueue(export.pk)
    return export


def _recorded(
    wanted: Wanted, *, user: Any, filters: str, integration: Integration | None
) -> Export:
    resource = wanted.resource(with_tenant=integration is None)
    style = wanted.style
    return Export(
        integration=integration,
        user=user,
        kind=wanted.kind,
        columns=[heading.name for heading in resource.headings],
        format=wanted.format,
        delimiter=style.delimiter,
        date_format=style.date_format,
        bom=style.bom,
        wording=style.wording,
        phones=style.phones,
        filters=filters,
    )


def _save(export: Export) -> None:
    """The filters are in the row alone: what was searched for may be somebody's name."""
    with transaction.atomic():
        export.save()
        record(
            Event.EXPORTED,
            tenant=export.integration,
            about=export,
            user=export.user,
            kind=export.kind,
            format=export.format,
        )


def wanted_of(stored: Export | ExportSchedule) -> Wanted:
    style = Style(stored.delimiter, stored.date_format, stored.bom, stored.wording, stored.phones)
    return Wanted(stored.kind, stored.columns, stored.format, style)


def unattended(now: datetime) -> Q:
    """Exports that need a worker and have no live one."""
    left = Q(state=ExportState.RUNNING) & jobs.is_expired(now)
    return Q(state=ExportState.QUEUED) | left


def _find_waiting(now: datetime) -> QuerySet[Export, int]:
    waiting = Export.objects.filter(unattended(now))
    return waiting.order_by("pk").values_list("pk", flat=True)[:MOST_CALLS]


EXPORTS = jobs.register(
    jobs.JobKind(
        name="export",
        task="integrations.tasks.work_on_export",
        lane=Lane.SOON,
        find_waiting=_find_waiting,
    )
)


def cancel(export: Export) -> bool:
    """Stop an export that a worker is to write, or is writing; whether there was one."""
    # From here on no worker can finish it: a lease holds only while the state is RUNNING.
    with transaction.atomic():
        stopped = Export.objects.filter(pk=export.pk, state__in=LIVE_EXPORTS).update(
            state=ExportState.CANCELLED,
            ended_at=timezone.now(),
            lease_owner="",
            lease_expires_at=None,
        )
        if stopped:
            record(Event.EXPORT_CANCELLED, tenant=export.integration, about=export)
    export.refresh_from_db()
    return bool(stopped)


def rows_at_once(format: str) -> int:
    """The most rows of a file that is sent while its reader waits; a worker writes larger ones."""
    most: int = settings.EXPORT_ROWS_AT_ONCE
    return most // EXCEL_SHARE if format == ExportFormat.XLSX else most


def count(queryset: QuerySet[Any]) -> int:
    """How many records there are, up to one more than are sent at once in any format."""
    return queryset.order_by()[: settings.EXPORT_ROWS_AT_ONCE + 1].count()


def filename(export: Export) -> str:
    """`candidates-<organization>-YYYY-MM-DD.csv`, in ASCII; the day is the local one."""
    organization = slugify(export.integration.organization) if export.integration else ""
    day = timezone.localdate(export.started_at).isoformat()
    name = ExportKind(export.kind).label.lower()
    stem = "-".join(filter(None, [name, organization, day]))
    return f"{stem}.{FORMATS[export.format].extension}"
