"""Keeping `SearchEntry` in step with candidates and jobs, outside of what writes those.

A tenant is filled in after each of its syncs: all of it the first time, later what has changed
since. Every step may be repeated and may be stopped: progress is noted last, and what has not
been noted is done again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations import jobs
from integrations.jobs import LeaseLost
from integrations.lanes import Lane
from integrations.models import (
    Candidate,
    Integration,
    Job,
    MirroredRecord,
    RunState,
    SearchEntry,
    SearchKind,
    SearchProgress,
    SyncRun,
)
from integrations.search import index
from integrations.search.folding import COLUMNS, words_of

RECORDS: dict[str, type[MirroredRecord]] = {SearchKind.JOB: Job, SearchKind.CANDIDATE: Candidate}
BATCH = 4000
# Tenants that one sweep wakes workers for at most: those whose worker died after a sync, before it
# had filled them in.
MOST_CALLS = 20
LEASE = timedelta(seconds=60)
# A record says when it changed a little before its transaction ends.
MARGIN = timedelta(minutes=2)

_TABLE = SearchEntry._meta.db_table
_CHANGED = f"""
ON CONFLICT (kind, record_id) DO UPDATE SET words = excluded.words
WHERE {_TABLE}.words <> excluded.words
"""
_POSTGRESQL = f"""
INSERT INTO {_TABLE} (kind, integration_id, record_id, words)
SELECT %s, %s, found.record_id, found.words
FROM unnest(%s::text[], %s::text[]) AS found (record_id, words)
{_CHANGED}
"""
_SQLITE = f"""
INSERT INTO {_TABLE} (kind, integration_id, record_id, words)
VALUES (%s, %s, %s, %s)
{_CHANGED}
"""


def behind(now: datetime) -> list[str]:  # noqa: ARG001 - of a `JobKind`
    """Tenants that a sync has ended for since they were last filled in, and that none runs for."""
    tenants = Integration.objects.present().annotate(
        last_run=_last_ended(), through=Coalesce(F("search_progress__through_run"), 0)
    )
    due = tenants.filter(~_running(), last_run__gt=F("through"))
    return list(due.order_by("pk").values_list("pk", flat=True)[:MOST_CALLS])


def _last_ended() -> Subquery:
    """The newest run of a tenant that has ended."""
    ended = SyncRun.objects.filter(integration=OuterRef("pk"), ended_at__isnull=False)
    return Subquery(ended.order_by("-id").values("id")[:1])


def _running() -> Exists:
    """Whether a sync of a tenant runs."""
    return Exists(SyncRun.objects.filter(integration=OuterRef("pk"), state=RunState.RUNNING))


SEARCH_ENTRIES = jobs.register(
    jobs.JobKind(
        name="the search of tenant",
        task="integrations.tasks.fill_search",
        lane=Lane.SOON,
        find_waiting=behind,
    )
)


def catch_up_after(run_id: int) -> None:
    """Fill in the tenant of a run, if it has ended."""
    ended = SyncRun.objects.filter(pk=run_id, ended_at__isnull=False)
    for integration_id in ended.values_list("integration_id", flat=True):
        catch_up(integration_id)


def catch_up(integration_id: str) -> int:
    """Fill in what has changed of a tenant since the last time; how many records were looked at.

    Nothing while a sync of it runs, whose transactions may end in any order, or while somebody
    else is at it. Idempotent.
    """
    began = timezone.now()
    found = (
        Integration.objects.present()
        .filter(pk=integration_id)
        .annotate(last_run=_last_ended())
        .values_list("last_run", _running())
    )
    last_run, running = found.first() or (None, True)
    lease = None if running else _claim(integration_id)
    if lease is None:
        return 0
    until = SearchProgress.objects.values_list("until", flat=True).get(pk=integration_id)
    done = 0
    try:
        for kind, record in RECORDS.items():
            for rows in _batches(kind, record, integration_id, until):
                if not done:
                    index.make_where_missing()
                done += len(rows)
                _write(kind, integration_id, rows)
                lease.renew()
        lease.release(until=began, through_run=last_run or 0)
    except LeaseLost:
        return done
    if done:
        index.settle()
    return done


def fill_candidate(candidate_id: str) -> None:
    """Fill in one candidate now, ahead of the next sync. Idempotent."""
    fill(SearchKind.CANDIDATE, [candidate_id])


def fill(kind: SearchKind, record_ids: Iterable[str]) -> None:
    """Fill in these records of one kind now, ahead of the next sync. Idempotent."""
    ids = sorted(record_ids)
    for start in range(0, len(ids), BATCH):
        rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        found = RECORDS[kind]._default_manager.filter(pk__in=ids[start : start + BATCH])
        for tenant, pk, *values in found.values_list("integration_id", "pk", *COLUMNS[kind]):
            rows[tenant].append((pk, *values))
        for tenant, of_tenant in rows.items():
            _write(kind, tenant, of_tenant)


def _claim(integration_id: str) -> jobs.Lease | None:
    """The lease of the tenant's progress; None when another worker holds it."""
    row = SearchProgress.objects.filter(pk=integration_id)
    free = row.filter(jobs.is_free(jobs.now()))
    owner = jobs.claim(free, length=LEASE)
    if owner is None and SearchProgress.objects.get_or_create(pk=integration_id)[1]:
        owner = jobs.claim(free, length=LEASE)
    return jobs.Lease(row, owner=owner, length=LEASE) if owner else None


def _batches(
    kind: str, record: type[MirroredRecord], integration_id: str, until: datetime | None
) -> Iterator[list[tuple[Any, ...]]]:
    """The id and the `COLUMNS` of each record: of all of the tenant's along the index of its ids,
    or of those that have changed since `until` along that of changes.
    """
    last: tuple[Any, ...] = ()
    while True:
        ids = _next_ids(record, integration_id, until, last)
        if not ids:
            return
        last = ids[-1]
        found = record._default_manager.filter(pk__in=[row[-1] for row in ids])
        yield list(found.values_list("pk", *COLUMNS[kind]))


def _next_ids(
    record: type[MirroredRecord],
    integration_id: str,
    until: datetime | None,
    last: tuple[Any, ...],
) -> list[tuple[Any, ...]]:
    """The next `BATCH` records after `last`, as the columns of the order that they are read in."""
    # SQLite would take the tenant's index and sort all that it holds; `+` hides it.
    hidden = "+" if connection.vendor == "sqlite" and until is not None else ""
    conditions = [f"{hidden}integration_id = %s"]
    values: list[Any] = [integration_id]
    order: tuple[str, ...] = ("id",)
    if until is not None:
        order = ("changed_at", "arrival", "id")
        conditions.append("changed_at >= %s")
        values.append(connection.ops.adapt_datetimefield_value(until - MARGIN))
    if last:
        conditions.append(f"({', '.join(order)}) > ({', '.join(['%s'] * len(order))})")
        values.extend(last)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(order)} FROM {record._meta.db_table}"
            f" WHERE {' AND '.join(conditions)} ORDER BY {', '.join(order)} LIMIT {BATCH}",
            values,
        )
        return list(cursor.fetchall())


def _write(kind: str, integration_id: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write the entries of records, in one order whoever writes them; without words, none."""
    words = sorted((pk, words_of(kind, values)) for pk, *values in rows)
    said = [(pk, text) for pk, text in words if text]
    silent = [pk for pk, text in words if not text]
    with transaction.atomic():
        if silent:
            SearchEntry.objects.filter(kind=kind, record_id__in=silent).delete()
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                columns = [list(column) for column in zip(*said, strict=True)] or [[], []]
                cursor.execute(_POSTGRESQL, [kind, integration_id, *columns])
            else:
                cursor.executemany(_SQLITE, [(kind, integration_id, pk, text) for pk, text in said])
