"""Writing records set by set: what is new, what has changed, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from integrations.ids import unified_id
from integrations.models import Job, SyncRun
from integrations.models.ats import arrived_now
from integrations.sync.bulk.dialects import Row, Table, dialect
from integrations.sync.bulk.tables import Draft, digest
from integrations.sync.history import note_changes
from integrations.sync.lease import RunLease
from integrations.sync.recorder import Journal


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds of a record; `changed_at` as a column value."""

    id: str
    fingerprint: bytes | None
    content_hash: bytes | None
    changed_at: Any
    deleted: bool
    # Whether this run has written the record before, and has counted it then.
    counted: bool = False


@dataclass(slots=True)
class Changes:
    """The rows of one batch that need writing, and how many of each kind they are.

    `new_ids` are the ids of what is to be inserted, `inserts` the rows as the database takes them.
    `updates` holds more than `updated` and `restored` count when only carried columns differ.
    """

    new_ids: list[str] = field(default_factory=list)
    inserts: Any = None
    updates: list[Row] = field(default_factory=list)
    updated: int = 0
    restored: int = 0

    @property
    def created(self) -> int:
        return len(self.new_ids)


def now() -> Any:
    """The present, as a column value."""
    return dialect().moment(timezone.now())


def read_stored(table: Table, integration_id: str, remote_ids: Sequence[str]) -> dict[str, Stored]:
    """What is stored of `remote_ids`, by remote id."""
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
            row[0]: Stored(row[1], as_bytes(row[2]), as_bytes(row[3]), row[4], bool(row[5]))
            for row in cursor
        }


def compare(
    table: Table, integration_id: str, drafts: Sequence[Draft], stored: dict[str, Stored]
) -> Changes:
    """Sort `drafts` into new and changed rows; a record that was deleted is restored."""
    changes = Changes()
    inserts: list[Row] = []
    moment, arrival = now(), arrived_now()
    for draft in drafts:
        old = stored.get(draft.remote_id)
        if old is None:
            new_id = draft.id or unified_id(integration_id, draft.remote_id)
            content_hash = digest(draft.mapped)
            # No row is read in a microsecond, so the next batch's places lie behind this one's.
            place = arrival + len(inserts)
            inserts.append(_row(integration_id, new_id, draft, content_hash, moment, place))
        elif old.deleted or old.fingerprint != draft.fingerprint:
            content_hash = digest(draft.mapped)
            differs = content_hash != old.content_hash
            changed_at = moment if differs or old.deleted else old.changed_at
            row = _row(integration_id, old.id, draft, content_hash, changed_at)
            changes.updates.append(row)
            if old.deleted:
                changes.restored += 1
            elif differs and not old.counted:
                changes.updated += 1
    changes.new_ids = [row[0] for row in inserts]
    changes.inserts = dialect().ready(table, inserts)
    return changes


def apply(table: Table, changes: Changes) -> None:
    """Write `changes`. Inside a transaction."""
    with connection.cursor() as cursor:
        if changes.new_ids:
            dialect().insert(cursor, table, changes.inserts)
        if changes.updates:
            note_changes(cursor, table, changes.updates)
            dialect().update(cursor, table, changes.updates)


class Store:
    """The writing half of one attempt at one run.

    Each batch is one transaction that renews the run's lease first and writes the run's figures
    last (`docs/architecture.md`, decisions 1 to 3).
    """

    def __init__(self, run: SyncRun, lease: RunLease, journal: Journal) -> None:
        self.run = run
        self.integration_id: str = run.integration_id
        self.lease = lease
        self.journal = journal
        with connection.cursor() as cursor:
            dialect().prepare(cursor)
        # What has changed from here on is this run's own doing.
        self.since = run.started_at or timezone.now()
        # Whether nothing was stored of what is being read when that began.
        self.first_read = False

    @contextmanager
    def hastened(self) -> Iterator[None]:
        """Within it, commits do not wait for the disk; see `PostgreSQL.hasten`."""
        with connection.cursor() as cursor:
            dialect().hasten(cursor)
        try:
            yield
        finally:
            # Whatever else uses this connection must be able to rely on what it has committed.
            with connection.cursor() as cursor:
                dialect().unhasten(cursor)

    def write(self, table: Table, drafts: Sequence[Draft]) -> None:
        """Write one batch of `drafts`, of which only those that differ cost a write."""
        remote_ids = [draft.remote_id for draft in drafts]
        with transaction.atomic():
            self.lease.renew()
            stored = read_stored(table, self.integration_id, remote_ids)
            self.apply(table, compare(table, self.integration_id, drafts, stored))
            self.see(remote_ids)
            self.journal.counts(table.model).seen += len(drafts)
            self.journal.save(table.model)

    def apply(self, table: Table, changes: Changes) -> None:
        """Write `changes` and count them. Inside a transaction."""
        apply(table, changes)
        self.count(table, changes)

    def count(self, table: Table, changes: Changes) -> None:
        """Count `changes` that have been written."""
        counts = self.journal.counts(table.model)
        counts.created += changes.created
        counts.updated += changes.updated
        counts.restored += changes.restored

    def begin_read(self, table: Table) -> None:
        """Nothing has been seen yet of what is to be read."""
        stored = table.record.objects.filter(integration_id=self.integration_id)
        self.first_read = not stored.order_by().exists()
        with connection.cursor() as cursor:
            dialect().forget_seen(cursor)

    def see(self, remote_ids: Sequence[str]) -> None:
        """Note that Flatchr still has `remote_ids`; on a first read nothing can be missed."""
        if self.first_read:
            return
        with connection.cursor() as cursor:
            dialect().add_seen(cursor, remote_ids)


def ids(table: Table, integration_id: str) -> dict[str, str]:
    """Every record's id by its remote id, deleted ones included. For small tables."""
    records = table.record.objects.filter(integration_id=integration_id)
    return dict(records.values_list("remote_id", "id"))


def jobs_by_vacancy(integration_id: str) -> dict[int, str]:
    """Each job's remote id by the plain vacancy id that applicants name; deleted ones included."""
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
