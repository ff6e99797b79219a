"""Set-based upsert: the rows of a batch that are new or changed, one statement each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection
from django.utils import timezone

from integrations.changes.recording import note, recorded
from integrations.ids import unified_id
from integrations.models import DecidedDeletion, HeldDeletion, Job, RecordChange, SyncRun, SyncType
from integrations.models.ats import arrived_now
from integrations.sync.bulk.dialects import Row, Table, dialect
from integrations.sync.bulk.tables import Draft, content_hash
from integrations.sync.history import changes_by
from integrations.sync.lease import RunLease
from integrations.sync.recorder import RunRecorder


@dataclass(frozen=True, slots=True)
class StoredRow:
    """What the database holds of a record; `changed_at` is a column value."""

    id: str
    fingerprint: bytes | None
    content_hash: bytes | None
    changed_at: Any
    deleted: bool
    # Whether this run has written the record before, so that it is not counted again.
    counted: bool = False
    # Whether Flatchr's own id takes the place of a provisional one.
    renamed: bool = False


@dataclass(slots=True)
class RowChanges:
    """The rows of one batch that need writing, and how many of each kind there are.

    `new_ids` are the ids of the new rows, and `inserts` these rows as the dialect encodes them.
    `updates` may have more rows than `updated` and `restored` count: a row of which only carried
    columns differ is written and not counted.
    """

    new_ids: list[str] = field(default_factory=list)
    inserts: Any = None
    updates: list[Row] = field(default_factory=list)
    updated: int = 0
    restored: int = 0
    # The tenant, the `changed_at` of new, changed and restored rows, and the places of new ones.
    integration_id: str = ""
    changed_at: datetime | None = None
    arrivals: tuple[int, int] | None = None

    @property
    def created(self) -> int:
        return len(self.new_ids)


def read_stored(
    table: Table, integration_id: str, remote_ids: Sequence[str]
) -> dict[str, StoredRow]:
    """The stored records among `remote_ids`, by remote id."""
    with connection.cursor() as cursor:
        dialect().find(
            cursor,
            "remote_id, id, fingerprint, content_hash, changed_at, remote_deleted_at IS NOT NULL",
            table.name,
            "remote_id",
            remote_ids,
            "integration_id = %s",
            integration_id,
        )
        return {
            row[0]: StoredRow(row[1], as_bytes(row[2]), as_bytes(row[3]), row[4], bool(row[5]))
            for row in cursor
        }


def compare(
    table: Table, integration_id: str, drafts: Sequence[Draft], stored: dict[str, StoredRow]
) -> RowChanges:
    """Sort `drafts` into new, changed and restored rows; unchanged ones are left out."""
    changes = RowChanges(integration_id=integration_id)
    inserts: list[Row] = []
    stamp, arrival = timezone.now(), arrived_now()
    moment = dialect().timestamp(stamp)
    for draft in drafts:
        old = stored.get(draft.remote_id)
        if old is None:
            new_id = draft.id or unified_id(integration_id, draft.remote_id)
            hashed = content_hash(table, draft.mapped)
            # Reading a row takes more than a microsecond, so the next batch's places come later.
            place = arrival + len(inserts)
            inserts.append(_row(integration_id, new_id, draft, hashed, moment, place))
        elif old.deleted or old.fingerprint != draft.fingerprint:
            hashed = content_hash(table, draft.mapped)
            differs = hashed != old.content_hash
            changed_at = old.changed_at
            if differs or old.deleted or old.renamed:
                changed_at, changes.changed_at = moment, stamp
            row = _row(integration_id, old.id, draft, hashed, changed_at)
            changes.updates.append(row)
            if old.deleted:
                changes.restored += 1
            elif differs and not old.counted:
                changes.updated += 1
    if inserts:
        changes.changed_at = stamp
        changes.arrivals = (arrival, arrival + len(inserts) - 1)
    changes.new_ids = [row[0] for row in inserts]
    changes.inserts = dialect().encode(table, inserts)
    return changes


def apply(table: Table, changes: RowChanges) -> None:
    """Write `changes`. Inside `recorded`."""
    history: list[RecordChange] = []
    with connection.cursor() as cursor:
        if changes.new_ids:
            dialect().insert(cursor, table, changes.inserts)
        if changes.updates:
            history = changes_by(cursor, table, changes.updates)
            dialect().update(cursor, table, changes.updates)
    if changes.changed_at is not None:
        note(
            changes.integration_id,
            table.model,
            changes.changed_at,
            arrivals=changes.arrivals,
            history=history,
        )


def upsert(table: Table, integration_id: str, drafts: Sequence[Draft]) -> RowChanges:
    """Write those of `drafts` that differ; return what was written. Inside `recorded`."""
    stored = read_stored(table, integration_id, [draft.remote_id for draft in drafts])
    changes = compare(table, integration_id, drafts, stored)
    apply(table, changes)
    return changes


class Store:
    """Writes the records of one attempt at a run, and counts them.

    Each batch is one transaction that renews the run's lease first and writes the run's figures
    last (`docs/architecture.md`, decisions 1 to 3).
    """

    def __init__(self, run: SyncRun, lease: RunLease, recorder: RunRecorder) -> None:
        self.run = run
        self.integration_id: str = run.integration_id
        self.lease = lease
        self.recorder = recorder
        with connection.cursor() as cursor:
            dialect().prepare(cursor)
        # A change from here on was made, and counted, by this run.
        self.since = run.started_at or timezone.now()
        # Whether nothing of the model was stored when its read began.
        self.first_read = False
        # Whether it matters which records Flatchr still has: a delta deletes none.
        self._notes_seen = True

    @contextmanager
    def relaxed_durability(self) -> Iterator[None]:
        """Commit asynchronously within the block; see `PostgreSQL.relax_durability`."""
        with connection.cursor() as cursor:
            dialect().relax_durability(cursor)
        try:
            yield
        finally:
            # Later users of this connection rely on durable commits.
            with connection.cursor() as cursor:
                dialect().restore_durability(cursor)

    def write(self, table: Table, drafts: Sequence[Draft]) -> None:
        """Write those of one batch of `drafts` that differ, in a transaction of their own."""
        with recorded(self.integration_id):
            self.lease.renew()
            self.count(table, upsert(table, self.integration_id, drafts))
            self.see([draft.remote_id for draft in drafts])
            self.recorder.counts(table.model).seen += len(drafts)
            self.recorder.save(table.model)

    def apply(self, table: Table, changes: RowChanges) -> None:
        """Write `changes` and count them. Inside `recorded`."""
        apply(table, changes)
        self.count(table, changes)

    def count(self, table: Table, changes: RowChanges) -> None:
        """Count `changes` that have been written."""
        counts = self.recorder.counts(table.model)
        counts.created += changes.created
        counts.updated += changes.updated
        counts.restored += changes.restored

    def begin_read(self, table: Table) -> None:
        """Begin a complete read: no record of `table` has been seen yet."""
        # A delta follows a full read, and what it does not see stays.
        full = self.run.type == SyncType.FULL
        stored = table.record.objects.filter(integration_id=self.integration_id)
        self.first_read = full and not stored.order_by().exists()
        self._notes_seen = (full and not self.first_read) or table.model in self.holding
        if self._notes_seen:
            with connection.cursor() as cursor:
                dialect().clear_seen(cursor)

    @cached_property
    def holding(self) -> set[str]:
        """The models of which deletions are held since earlier runs, or records stay by hand."""
        held = HeldDeletion.objects.filter(run__integration_id=self.integration_id)
        stay = DecidedDeletion.objects.staying(self.integration_id)
        models = held.exclude(run=self.run).values_list("model", flat=True)
        return set(models.union(stay.values_list("model", flat=True)))

    def see(self, remote_ids: Sequence[str]) -> None:
        """Note that Flatchr still has `remote_ids`. Inside a transaction."""
        if self._notes_seen:
            with connection.cursor() as cursor:
                dialect().add_seen(cursor, remote_ids)


def ids(table: Table, integration_id: str) -> dict[str, str]:
    """The id of each record by remote id, deleted ones included. For small tables."""
    records = table.record.objects.filter(integration_id=integration_id)
    return dict(records.values_list("remote_id", "id"))


def jobs_by_vacancy(integration_id: str) -> dict[int, str]:
    """The remote id of each job by vacancy id, which applicants name; deleted jobs included."""
    jobs = Job.objects.filter(integration_id=integration_id)
    return {
        vacancy_id: remote_id
        for vacancy_id, remote_id in jobs.values_list("vacancy_id", "remote_id")
        if vacancy_id is not None
    }


def as_bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)


def _row(
    integration_id: str,
    record_id: str,
    draft: Draft,
    content_hash: bytes,
    changed_at: Any,
    *arrival: int,
) -> Row:
    """The values of `Table.columns`; with `arrival`, of `Table.new_columns`."""
    return (
        record_id,
        integration_id,
        draft.remote_id,
        changed_at,
        None,
        draft.fingerprint,
        content_hash,
        *draft.mapped,
        *draft.carried,
        *arrival,
    )
