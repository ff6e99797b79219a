"""The applicants of a run, batch by batch: each is one transaction."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from integrations.flatchr.reader import FlatchrReader
from integrations.records import Finding, Model, RawApplicant, Rejected
from integrations.sync.applicant_changes import Prepared, Preparer, Saved
from integrations.sync.bulk.store import Store
from integrations.sync.bulk.tables import APPLICATIONS, CANDIDATE_TAGS, CANDIDATES


@dataclass(slots=True)
class Batch:
    """What a run read, as it is to be written, and what was found on the way."""

    seen: list[str]
    size: int
    rejected: list[Rejected]
    prepared: Prepared
    findings: list[Finding]
    written: threading.Event = field(default_factory=threading.Event)


class ApplicantWriter:
    """Writes applicants; jobs and stages must have been written before.

    `prepare` may run on another thread and one batch ahead of `write`: it takes into account
    what the batch before it is about to write.
    """

    def __init__(self, store: Store, reader: FlatchrReader) -> None:
        self.store = store
        self._preparer = Preparer(
            store.integration_id, reader.application, store.since, first_read=store.first_read
        )
        self._before: Batch | None = None

    def prepare(self, rows: Sequence[RawApplicant | Rejected]) -> Batch:
        """What is to be written of `rows`; an applicant met twice counts as last met."""
        latest = {row.remote_id: row for row in rows if isinstance(row, RawApplicant)}
        rejected = [row for row in rows if isinstance(row, Rejected)]
        self._await_same_applicants(latest)
        before = self._before.prepared if self._before else None
        prepared = self._preparer.prepare(list(latest.values()), before)
        identified = [row.remote_id for row in rejected if row.remote_id]
        self._before = Batch(
            seen=[*latest, *identified],
            size=len(latest) + len(rejected),
            rejected=prepared.rejected + rejected,
            prepared=prepared,
            findings=self.store.journal.take_findings(),
        )
        return self._before

    def _await_same_applicants(self, latest: Collection[str]) -> None:
        """Let the batch before be written first where it holds one of these applicants too."""
        before = self._before
        if before is not None and not before.prepared.records.keys().isdisjoint(latest):
            while not before.written.wait(1.0):
                self.store.journal.tick()

    def write(self, batch: Batch) -> None:
        """Write a batch in one transaction."""
        try:
            self._write(batch)
        except IntegrityError:
            # A submission has stored one of the new applicants since.
            self._preparer.compare_again(batch.prepared)
            self._write(batch)
        batch.written.set()

    def _write(self, batch: Batch) -> None:
        store, journal = self.store, self.store.journal
        with transaction.atomic():
            store.lease.renew()
            if batch.prepared.records:
                self._count(self._preparer.save(batch.prepared))
            store.see(batch.seen)
            journal.quarantine(batch.rejected)
            journal.counts(Model.APPLICATIONS).seen += batch.size
            journal.save(
                Model.APPLICATIONS,
                Model.CANDIDATES,
                Model.CANDIDATE_TAGS,
                findings=batch.findings,
            )

    def _count(self, saved: Saved) -> None:
        for changes in saved.candidates:
            self.store.count(CANDIDATES, changes)
        self.store.count(APPLICATIONS, saved.applications)
        self.store.count(CANDIDATE_TAGS, saved.tags)
        self.store.journal.counts(Model.CANDIDATE_TAGS).deleted += saved.tags_deleted
