"""Applications and the candidates behind them, batch by batch.

Most applicants of a sync are unchanged: their fingerprint says so, and they are neither mapped
nor written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from integrations.flatchr.reader import FlatchrReader
from integrations.ids import unified_id
from integrations.models import Application
from integrations.records import ApplicationRecord, Model, RawApplicant, Rejected
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


@dataclass(slots=True)
class Batch:
    """What one batch of applicants comes to once it has been mapped."""

    seen: list[str]
    records: dict[str, ApplicationRecord] = field(default_factory=dict)
    fingerprints: dict[str, bytes] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)


class ApplicantWriter:
    """Writes batches of applicants; jobs and stages must have been written before."""

    def __init__(self, store: Store, reader: FlatchrReader) -> None:
        self.store = store
        self.reader = reader
        self._job_ids = store.ids(JOBS)
        self._stage_ids = store.ids(STAGES)

    def write(self, raws: Sequence[RawApplicant], rejected: Sequence[Rejected]) -> None:
        """Write one batch in one transaction; an applicant met twice counts as last met."""
        batch = self._map({raw.remote_id: raw for raw in raws})
        batch.rejected.extend(rejected)
        store, journal = self.store, self.store.journal
        with transaction.atomic():
            store.lease.renew()
            if batch.records:
                self._save(batch)
            store.see([*batch.seen, *(item.remote_id for item in rejected if item.remote_id)])
            journal.quarantine(batch.rejected)
            journal.counts(Model.APPLICATIONS).seen += len(batch.seen) + len(rejected)
            journal.save(Model.APPLICATIONS, Model.CANDIDATES)

    def _map(self, raws: dict[str, RawApplicant]) -> Batch:
        """Map those of `raws` that are new, changed, or come back after a deletion."""
        known = self._fingerprints(list(raws))
        batch = Batch(seen=list(raws))
        for remote_id, raw in raws.items():
            if known.get(remote_id) == raw.fingerprint:
                continue
            record = self.reader.application(raw)
            if isinstance(record, Rejected):
                batch.rejected.append(record)
            else:
                batch.records[remote_id] = record
                batch.fingerprints[remote_id] = raw.fingerprint
        return batch

    def _fingerprints(self, remote_ids: list[str]) -> dict[str, bytes | None]:
        condition, value = dialect().among(remote_ids)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT remote_id, fingerprint FROM {APPLICATIONS.name}"
                f" WHERE integration_id = %s AND remote_id {condition}"
                " AND remote_deleted_at IS NULL",
                [self.store.integration_id, value],
            )
            return {remote_id: as_bytes(found) for remote_id, found in cursor}

    def _save(self, batch: Batch) -> None:
        stored, candidates = self._stored(batch)
        people = self._people(batch, candidates)
        touched = {people[remote_id] for remote_id in batch.records}
        fresh = self._new_candidates(batch, people, candidates)
        self.store.apply(CANDIDATES, fresh)
        changes = compare(self.store.integration_id, self._drafts(batch, people), stored)
        self.store.apply(APPLICATIONS, changes)
        touched.difference_update(row[0] for row in fresh.inserts)
        if touched:
            known = refresh(self.store.integration_id, touched, read=batch.records)
            self.store.apply(CANDIDATES, known)
        back = {people[remote_id] for remote_id, old in stored.items() if old.deleted}
        if back:
            # A deleted application's tags were taken off; they come back with it.
            tag_candidates(self.store, back)

    def _stored(self, batch: Batch) -> tuple[dict[str, Stored], dict[str, str]]:
        """The batch's applications as stored, and the candidate that each of them keeps."""
        stored, candidates = {}, {}
        rows = Application.objects.filter(
            integration_id=self.store.integration_id, remote_id__in=list(batch.records)
        ).only(
            "id",
            "remote_id",
            "candidate_id",
            "fingerprint",
            "content_hash",
            "changed_at",
            "remote_deleted_at",
        )
        for row in rows:
            candidates[row.remote_id] = row.candidate_id
            stored[row.remote_id] = Stored(
                row.id,
                as_bytes(row.fingerprint),
                as_bytes(row.content_hash),
                dialect().moment(row.changed_at),
                row.remote_deleted_at is not None,
            )
        return stored, candidates

    def _people(self, batch: Batch, candidates: dict[str, str]) -> dict[str, str]:
        """Each application's candidate: its own, else the one of its e-mail, else a new one."""
        new = [record for record in batch.records.values() if record.remote_id not in candidates]
        by_key = known_people(
            self.store.integration_id, {record.person_key for record in new if record.person_key}
        )
        people = dict(candidates)
        for record in new:
            candidate_id = by_key.get(record.person_key) or unified_id(
                self.store.integration_id, record.remote_id
            )
            people[record.remote_id] = candidate_id
            if record.person_key:
                by_key[record.person_key] = candidate_id
        return people

    def _new_candidates(
        self, batch: Batch, people: dict[str, str], candidates: dict[str, str]
    ) -> Changes:
        """The candidates whose first application is in this batch."""
        members = defaultdict(list)
        firsts: dict[str, str] = {}
        for remote_id, record in batch.records.items():
            if remote_id in candidates:
                continue
            candidate_id = people[remote_id]
            members[candidate_id].append((record, batch.fingerprints[remote_id]))
            if candidate_id == unified_id(self.store.integration_id, remote_id):
                firsts[candidate_id] = remote_id
        drafts = [
            new_candidate(remote_id, members[candidate_id])
            for candidate_id, remote_id in firsts.items()
        ]
        return compare(self.store.integration_id, drafts, {})

    def _drafts(self, batch: Batch, people: dict[str, str]) -> list[Draft]:
        return [
            Draft(
                remote_id,
                application_columns(
                    record,
                    job_id=self._job_ids.get(record.job_remote_id or ""),
                    candidate_id=people[remote_id],
                    stage_id=self._stage_ids.get(record.stage_remote_id or ""),
                    dialect=dialect(),
                ),
                (record.person_key, record.raw),
                batch.fingerprints[remote_id],
            )
            for remote_id, record in batch.records.items()
        ]
