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


@dataclass(frozen=True, slots=True)
class Known:
    """An application as stored, and its candidate, which it keeps for good."""

    stored: Stored
    candidate_id: str


@dataclass(slots=True)
class Batch:
    """The applicants of one batch that are new, changed, or back after a deletion."""

    known: dict[str, Known]
    records: dict[str, ApplicationRecord] = field(default_factory=dict)
    fingerprints: dict[str, bytes] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    # By remote id: the id of each new application, and the candidate of every application.
    new_ids: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)


class ApplicantWriter:
    """Writes batches of applicants; jobs and stages must have been written before."""

    def __init__(self, store: Store, reader: FlatchrReader) -> None:
        self.store = store
        self.reader = reader
        self._job_ids = store.ids(JOBS)
        self._stage_ids = store.ids(STAGES)

    def write(self, raws: Sequence[RawApplicant], rejected: Sequence[Rejected]) -> None:
        """Write one batch in one transaction; an applicant met twice counts as last met."""
        latest = {raw.remote_id: raw for raw in raws}
        batch = self._map(latest)
        identified = [item.remote_id for item in rejected if item.remote_id]
        store, journal = self.store, self.store.journal
        with transaction.atomic():
            store.lease.renew()
            if batch.records:
                self._save(batch)
            store.see([*latest, *identified])
            journal.quarantine([*batch.rejected, *rejected])
            journal.counts(Model.APPLICATIONS).seen += len(latest) + len(rejected)
            journal.save(Model.APPLICATIONS, Model.CANDIDATES, Model.CANDIDATE_TAGS)

    def _map(self, raws: dict[str, RawApplicant]) -> Batch:
        fingerprints = self._fingerprints(list(raws))
        batch = Batch(known={})
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
        return batch

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
        self._find_people(batch)
        fresh = self._new_candidates(batch)
        self.store.apply(CANDIDATES, fresh)
        stored = {remote_id: known.stored for remote_id, known in batch.known.items()}
        drafts = self._drafts(batch)
        self.store.apply(APPLICATIONS, compare(self.store.integration_id, drafts, stored))
        touched = set(batch.people.values()).difference(row[0] for row in fresh.inserts)
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
            self.store.integration_id, {record.person_key for record in new if record.person_key}
        )
        for record in new:
            own_id = unified_id(self.store.integration_id, record.remote_id)
            candidate_id = by_key.get(record.person_key, own_id)
            batch.new_ids[record.remote_id] = own_id
            batch.people[record.remote_id] = candidate_id
            if record.person_key:
                by_key[record.person_key] = candidate_id

    def _new_candidates(self, batch: Batch) -> Changes:
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
        return compare(self.store.integration_id, drafts, {})

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
