"""Exports: what is taken away, by whom, leaves a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify

from integrations.exports.streaming import stream_candidates_csv
from integrations.models import Export, Integration


class Download(NamedTuple):
    """What to send, and the name to save it under."""

    stream: Iterator[bytes]
    filename: str


def export_candidates(
    queryset: QuerySet[Any],
    *,
    user: Any,
    filters: str,
    integration: Integration | None,
    bom: bool = False,
    on_end: Callable[[int], None] | None = None,
) -> Download:
    """Start an export of exactly the candidates in `queryset`, as CSV.

    The caller answers for the queryset: that `user` may see it, and whether deleted candidates
    are in it. `integration` is the one tenant it holds, or None when it may span several; then
    each row says whose it is. `user` is None for an export from the command line.

    The `Export` row exists when this returns, before anything is sent. It gets its number of rows
    and its end after the last piece of the stream has been taken, and keeps none if the reader
    goes away before; `on_end` is told the number of rows at the same moment.
    """
    export = Export.objects.create(
        integration=integration, user=user, format="csv", filters=filters
    )

    def end(rows: int) -> None:
        Export.objects.filter(pk=export.pk).update(rows=rows, ended_at=timezone.now())
        if on_end:
            on_end(rows)

    stream = stream_candidates_csv(queryset, bom=bom, with_tenant=integration is None, on_end=end)
    return Download(stream, candidates_filename(integration))


def candidates_filename(integration: Integration | None) -> str:
    """`candidates-<organization>-YYYY-MM-DD.csv`, in ASCII; the day is the local one."""
    organization = slugify(integration.organization) if integration else ""
    parts = ["candidates", organization, timezone.localdate().isoformat()]
    return "-".join(filter(None, parts)) + ".csv"
