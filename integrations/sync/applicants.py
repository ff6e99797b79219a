"""Applications and the candidates behind them, batch by batch.

Most applicants of a sync are unchanged: their fingerprint says so, and they are neither mapped
nor written.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from integrations.flatchr.reader import FlatchrReader
from integrations.ids import unified_id
from integrations.models import Application
from integrations.records import ApplicationRecord, Finding, Model, RawApplicant, Rejected
from integrations.sync.candidates import known_people, new_candidate, refresh
from integrations.sync.sql import dialect
from integrations.sync.store import Changes, Store, Stored, as_bytes, compare
from integrations.sync.tables import (
    APPLICATIONS,
    CANDIDATES,
    JOBS,
    STAGES,
    Draft,
    application_columns,
)
from integrations.sync.traits import tag_candidates


@dataclass(frozen=True, slots=True)
class Known:
    """An application as stored, and its candidate, which it keeps for good."""

    stored: Stored
    candidate_id: str


@dataclass(slots=True)
class Batch:
    """One batch of applicants as it is to be written.

    `records` are those that are new, changed, or back after a deletion; the others were only seen.
    """

    seen: list[str]
    size: int
    rejected: list[Rejected]
    known: dict[str, Known] = field(default_factory=dict)
    records: dict[str, ApplicationRecord] = field(default_factory=dict)
    fingerprints: dict[str, bytes] = field(default_factory=dict)
    # By remote id: the id of each new application, and the candidate of every application.
    new_ids: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    candidates: Changes = field(default_factory=Changes)
    applications: Changes = field(default_factory=Changes)
    findings: list[Finding] = field(default_factory=list)
    written: threading.Event = field(default_factory=threading.Event)


class ApplicantWriter:
    """Writes applicants; jobs and stages must have been written before.

    `prepare` may run on another thread and one batch ahead of `write`: it takes into account
    what the batch before it is about to write.
    """

    def __init__(self, store: Store, reader: FlatchrReader) -> None:
        self.store = store
        self.reader = reader
        self._job_ids = store.ids(JOBS)
        self._stage_ids = store.ids(STAGES)
        self._before: Batch | None = None

    def prepare(self, rows: Sequence[RawApplicant | Rejected]) -> Batch:
        """What is to be written of `rows`; an applicant met twice counts as last met."""
        latest = {row.remote_id: row for row in rows if isinstance(row, RawApplicant)}
        rejected = [row for row in rows if isinstance(row, Rejected)]
        identified = [row.remote_id for row in rejected if row.remote_id]
        batch = Batch([*latest, *identified], len(latest) + len(rejected), rejected)
        self._await_same_applicants(latest)
        self._map(batch, latest)
        if batch.records:
            self._find_people(batch)
            self._new_candidates(batch)
            stored = {remote_id: known.stored for remote_id, known in batch.known.items()}
            integration_id = self.store.integration_id
            batch.applications = compare(integration_id, self._drafts(batch), stored)
        batch.findings = self.store.journal.take_findings()
        self._before = batch
        return batch

    def write(self, batch: Batch) -> None:
        """Write a batch in one transaction."""
        store, journal = self.store, self.store.journal
        with transaction.atomic():
            store.hasten()
            store.lease.renew()
            if batch.records:
                self._save(batch)
            store.see(batch.seen)
            journal.quarantine(batch.rejected)
            journal.counts(Model.APPLICATIONS).seen += batch.size
            journal.save(
                Model.APPLICATIONS,
                Model.CANDIDATES,
                Model.CANDIDATE_TAGS,
                findings=batch.findings,
            )
        batch.written.set()

    def _await_same_applicants(self, latest: Collection[str]) -> None:
        """Let the batch before be written first where it holds one of these applicants too."""
        before = self._before
        if (
            before is None
            or before.written.is_set()
            or before.fingerprints.keys().isdisjoint(latest)
        ):
            return
        while not before.written.wait(1.0):
            self.store.journal.tick()

    def _map(self, batch: Batch, raws: dict[str, RawApplicant]) -> None:
        fingerprints = self._fingerprints(list(raws))
        for remote_id, raw in raws.items():
            if fingerprints.get(remote_id) == raw.fingerprint:
                continue
            record = self.reader.application(raw)
            if isinstance(record, Rejected):
                batch.rejected.append(record)
            else:
                batch.records[remote_id] = record
                batch.fingerprints[remote_id] = raw.fingerprint
        batch.known = self._known(
            [remote_id for remote_id in batch.records if remote_id in fingerprints]
        )

    def _fingerprints(self, remote_ids: list[str]) -> dict[str, bytes | None]:
        """Those of `remote_ids` that are stored; a deleted one matches no fingerprint."""
        with connection.cursor() as cursor:
            dialect().find(
                cursor,
                "remote_id, CASE WHEN remote_deleted_at IS NULL THEN fingerprint END",
                APPLICATIONS.name,
                "remote_id",
                remote_ids,
                "integration_id = %s",
                self.store.integration_id,
            )
            return {remote_id: as_bytes(found) for remote_id, found in cursor}

    def _known(self, remote_ids: list[str]) -> dict[str, Known]:
        rows = Application.objects.filter(
            integration_id=self.store.integration_id, remote_id__in=remote_ids
        ).values_list(
            "remote_id",
            "id",
            "fingerprint",
            "content_hash",
            "changed_at",
            "remote_deleted_at",
            "candidate_id",
        )
        return {
            remote_id: Known(
                Stored(
                    id=record_id,
                    fingerprint=as_bytes(fingerprint),
                    content_hash=as_bytes(content_hash),
                    changed_at=dialect().moment(changed_at),
                    deleted=deleted_at is not None,
                    counted=changed_at >= self.store.since,
                ),
                candidate_id,
            )
            for (
                remote_id,
                record_id,
                fingerprint,
                content_hash,
                changed_at,
                deleted_at,
                candidate_id,
            ) in (rows if remote_ids else ())
        }

    def _save(self, batch: Batch) -> None:
        """Write the batch's candidates, then its applications, then what candidates say now."""
        self.store.apply(CANDIDATES, batch.candidates)
        self.store.apply(APPLICATIONS, batch.applications)
        new = (row[0] for row in batch.candidates.inserts)
        touched = set(batch.people.values()).difference(new)
        if touched:
            changes = refresh(
                self.store.integration_id, touched, read=batch.records, since=self.store.since
            )
            self.store.apply(CANDIDATES, changes)
        back = {known.candidate_id for known in batch.known.values() if known.stored.deleted}
        if back:
            # A deleted application's tags were taken off; they come back with it.
            tag_candidates(self.store, back)

    def _find_people(self, batch: Batch) -> None:
        """Each application's candidate: its own, else the one of its e-mail, else a new one."""
        batch.people = {remote_id: known.candidate_id for remote_id, known in batch.known.items()}
        new = [record for key, record in batch.records.items() if key not in batch.known]
        by_key = known_people(
            self.store.integration_id,
            {record.person_key for record in new if record.person_key},
            pending=self._pending(),
        )
        for record in new:
            own_id = unified_id(self.store.integration_id, record.remote_id)
            candidate_id = by_key.get(record.person_key, own_id)
            batch.new_ids[record.remote_id] = own_id
            batch.people[record.remote_id] = candidate_id
            if record.person_key:
                by_key[record.person_key] = candidate_id

    def _pending(self) -> dict[str, tuple[str, str]]:
        """Person key and candidate of each application that may not have been written yet."""
        before = self._before
        if before is None:
            return {}
        return {
            remote_id: (record.person_key, before.people[remote_id])
            for remote_id, record in before.records.items()
        }

    def _new_candidates(self, batch: Batch) -> None:
        """The candidates whose first application is in this batch.

        Such a candidate has the id of that application, whose remote id it shares.
        """
        members = defaultdict(list)
        for remote_id in batch.new_ids:
            member = (batch.records[remote_id], batch.fingerprints[remote_id])
            members[batch.people[remote_id]].append(member)
        drafts = [
            new_candidate(own_id, remote_id, members[own_id])
            for remote_id, own_id in batch.new_ids.items()
            if batch.people[remote_id] == own_id
        ]
        batch.candidates = compare(self.store.integration_id, drafts, {})

    def _drafts(self, batch: Batch) -> list[Draft]:
        to_columns = dialect()
        return [
            Draft(
                remote_id,
                application_columns(
                    record,
                    job_id=self._job_ids.get(record.job_remote_id or ""),
                    candidate_id=batch.people[remote_id],
                    stage_id=self._stage_ids.get(record.stage_remote_id or ""),
                    dialect=to_columns,
                ),
                (record.person_key, record.raw),
                batch.fingerprints[remote_id],
                batch.new_ids.get(remote_id),
            )
            for remote_id, record in batch.records.items()
        ]
