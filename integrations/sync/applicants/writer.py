"""The applicants of a run, written batch by batch: each batch is one transaction."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError

from integrations.changes.recording import recorded
from integrations.flatchr.reader import FlatchrReader
from integrations.records import Finding, Model, RawApplicant, Rejected
from integrations.sync.applicants.changes import (
    ApplicantChangeDetector,
    ApplicantChanges,
    SavedChanges,
)
from integrations.sync.bulk.bloom_filter import FirstReadFilter
from integrations.sync.bulk.store import Store
from integrations.sync.bulk.tables import APPLICATIONS, CANDIDATE_TAGS, CANDIDATES


@dataclass(slots=True)
class ApplicantBatch:
    """A batch as it is to be written, with the warnings that mapping it has given."""

    seen: list[str]
    size: int
    rejected: list[Rejected]
    changes: ApplicantChanges
    findings: list[Finding]
    written: threading.Event = field(default_factory=threading.Event)


class ApplicantWriter:
    """Writes applicants; jobs and stages must have been written before.

    `prepare` may run on another thread, one batch before `write`: it takes the batch into account
    that is about to be written.
    """

    def __init__(self, store: Store, reader: FlatchrReader) -> None:
        self.store = store
        self._detector = ApplicantChangeDetector(
            store.integration_id,
            reader.application,
            store.since,
            first_read=FirstReadFilter(store.integration_id) if store.first_read else None,
        )
        self._before: ApplicantBatch | None = None

    def prepare(self, rows: Sequence[RawApplicant | Rejected]) -> ApplicantBatch:
        """What is to be written of `rows`; if an applicant comes twice, the later one counts."""
        latest = {row.remote_id: row for row in rows if isinstance(row, RawApplicant)}
        rejected = [row for row in rows if isinstance(row, Rejected)]
        self._await_same_applicants(latest)
        changes = self._detector.detect(
            list(latest.values()), pending=self._before.changes.pending if self._before else dict
        )
        identified = [row.remote_id for row in rejected if row.remote_id]
        self._before = ApplicantBatch(
            seen=[*latest, *identified],
            size=len(latest) + len(rejected),
            rejected=changes.rejected + rejected,
            changes=changes,
            findings=self.store.recorder.take_findings(),
        )
        return self._before

    def _await_same_applicants(self, latest: Collection[str]) -> None:
        """Wait for the batch before to be written, if it holds one of these applicants, too."""
        before = self._before
        if before is not None and not before.changes.records.keys().isdisjoint(latest):
            while not before.written.wait(1.0):
                self.store.recorder.tick()

    def write(self, batch: ApplicantBatch) -> None:
        """Write a batch in one transaction."""
        try:
            self._write(batch)
        except IntegrityError:
            # A submission has stored one of the new applicants since they were compared.
            self._detector.detect_again(batch.changes)
            self._write(batch)
        batch.written.set()

    def _write(self, batch: ApplicantBatch) -> None:
        store, recorder = self.store, self.store.recorder
        with recorded(store.integration_id):
            store.lease.renew()
            if batch.changes.records:
                self._count(self._detector.save(batch.changes))
            store.see(batch.seen)
            mapped = [*batch.changes.records, *(row.remote_id for row in batch.changes.rejected)]
            recorder.carried.processed(mapped)
            recorder.quarantine(batch.rejected)
            recorder.counts(Model.APPLICATIONS).seen += batch.size
            recorder.save(
                Model.APPLICATIONS,
                Model.CANDIDATES,
                Model.CANDIDATE_TAGS,
                findings=batch.findings,
            )

    def _count(self, saved: SavedChanges) -> None:
        for changes in saved.candidates:
            self.store.count(CANDIDATES, changes)
        self.store.count(APPLICATIONS, saved.applications)
        self.store.count(CANDIDATE_TAGS, saved.tags)
        self.store.recorder.counts(Model.CANDIDATE_TAGS).deleted += saved.tags_deleted
