"""Applicants as rows: which are new, whose they are, and what has to be written.

Most applicants of a sync are unchanged: their fingerprint says so, and they are neither mapped
nor written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from integrations.ids import unified_id
from integrations.models import Application, Submission
from integrations.records import PROVISIONAL, ApplicationRecord, RawApplicant, Rejected
from integrations.sync.bulk.bloom_filter import Met
from integrations.sync.bulk.dialects import dialect
from integrations.sync.bulk.store import Changes, Stored, apply, as_bytes, compare, ids
from integrations.sync.bulk.tables import (
    APPLICATIONS,
    CANDIDATES,
    JOBS,
    STAGES,
    Draft,
    application_columns,
)
from integrations.sync.candidate_tags import retag
from integrations.sync.candidates import known_people, new_candidate, refresh

MapApplicant = Callable[[RawApplicant], ApplicationRecord | Rejected]


@dataclass(frozen=True, slots=True)
class Known:
    """An application as stored, and its candidate, which it keeps for good."""

    stored: Stored
    candidate_id: str


@dataclass(slots=True)
class Prepared:
    """Applicants as they are to be written.

    `records` are those that are new, changed, or back after a deletion; the others need nothing.
    """

    records: dict[str, ApplicationRecord] = field(default_factory=dict)
    fingerprints: dict[str, bytes] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    # By remote id: the id of each new application, and the candidate of every application.
    new_ids: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    candidates: Changes = field(default_factory=Changes)
    applications: Changes = field(default_factory=Changes)

    def holds(self) -> dict[str, tuple[str, str]]:
        """The person key and the candidate of each application that is to be written."""
        return {
            remote_id: (record.person_key, self.people[remote_id])
            for remote_id, record in self.records.items()
        }


@dataclass(frozen=True, slots=True)
class Saved:
    """What writing took, for those who count it."""

    candidates: tuple[Changes, ...]
    applications: Changes
    tags: Changes
    tags_deleted: int


class _FirstRead:
    """A read that began when nothing was stored: only what it has met itself needs a look-up.

    Unless candidates are submitted meanwhile, whose applicants are stored by others.
    """

    def __init__(self, integration_id: str) -> None:
        self._submissions = Submission.objects.filter(integration_id=integration_id)
        self._applicants = Met()
        self._people = Met()
        self.disturbed = False

    def applicants(self, remote_ids: Collection[str]) -> Collection[str]:
        """Asked once for each batch, before `people`."""
        self.disturbed = self.disturbed or self._submissions.exists()
        return self._narrowed(self._applicants, remote_ids)

    def people(self, keys: Collection[str]) -> Collection[str]:
        return self._narrowed(self._people, keys)

    def _narrowed(self, met: Met, texts: Collection[str]) -> Collection[str]:
        again = met.again(texts)
        return texts if self.disturbed else again


class Preparer:
    """Prepares applicants of one tenant; its jobs and stages must have been written before.

    `since` is the moment from which on a change is the caller's own doing. With `first_read`,
    all applicants of the tenant are prepared here, from the first one on.
    """

    def __init__(
        self,
        integration_id: str,
        application: MapApplicant,
        since: datetime,
        *,
        first_read: bool = False,
    ) -> None:
        self._integration_id = integration_id
        self._first_read = _FirstRead(integration_id) if first_read else None
        self._application = application
        self._since = since
        self._job_ids = ids(JOBS, integration_id)
        self._stage_ids = ids(STAGES, integration_id)

    def prepare(self, rows: Sequence[RawApplicant], before: Prepared | None = None) -> Prepared:
        """What is to be written of `rows`. `before` may not have been written yet, and shares no
        applicant with them.
        """
        prepared = Prepared()
        remote_ids: Collection[str] = [row.remote_id for row in rows]
        if first_read := self._first_read:
            remote_ids = first_read.applicants(remote_ids)
        stored = self._fingerprints(remote_ids)
        for row in rows:
            remote_id, fingerprint = row.remote_id, row.fingerprint
            if stored.get(remote_id) == fingerprint:
                continue
            record = self._application(row)
            if isinstance(record, Rejected):
                prepared.rejected.append(record)
            else:
                prepared.records[remote_id] = record
                prepared.fingerprints[remote_id] = fingerprint
        if prepared.records:
            changed = [remote_id for remote_id in prepared.records if remote_id in stored]
            self._compare(prepared, changed, before)
        return prepared

    def compare_again(self, prepared: Prepared) -> None:
        """Prepare the same records once more, as others have stored some of them meanwhile."""
        self._first_read = None
        self._compare(prepared, list(prepared.records), None)

    def _compare(self, prepared: Prepared, stored_ids: list[str], before: Prepared | None) -> None:
        known = self._known(stored_ids)
        new = {key: record for key, record in prepared.records.items() if key not in known}
        undisturbed = self._first_read is not None and not self._first_read.disturbed
        prepared.known = known if undisturbed else known | self._expected(new)
        self._find_people(prepared, before)
        self._new_candidates(prepared)
        stored = {remote_id: known.stored for remote_id, known in prepared.known.items()}
        prepared.applications = compare(
            APPLICATIONS, self._integration_id, self._drafts(prepared), stored
        )

    def save(self, prepared: Prepared) -> Saved:
        """Write the candidates, then the applications, then what candidates say now.

        Inside a transaction. Raises `IntegrityError` when somebody else has stored one of the
        new applicants since they were compared.
        """
        apply(CANDIDATES, prepared.candidates)
        apply(APPLICATIONS, prepared.applications)
        touched = set(prepared.people.values()).difference(prepared.candidates.new_ids)
        changed = Changes()
        if touched:
            changed = refresh(
                self._integration_id, touched, read=prepared.records, since=self._since
            )
            apply(CANDIDATES, changed)
        tags, tags_deleted = Changes(), 0
        back = {known.candidate_id for known in prepared.known.values() if known.stored.deleted}
        if back:
            # A deleted application's tags were taken off; they come back with it.
            tags, tags_deleted = retag(self._integration_id, back)
        return Saved((prepared.candidates, changed), prepared.applications, tags, tags_deleted)

    def _fingerprints(self, remote_ids: Collection[str]) -> dict[str, bytes | None]:
        """Those of `remote_ids` that are stored; a deleted one matches no fingerprint."""
        if not remote_ids:
            return {}
        with connection.cursor() as cursor:
            dialect().find(
                cursor,
                "remote_id, CASE WHEN remote_deleted_at IS NULL THEN fingerprint END",
                APPLICATIONS.name,
                "remote_id",
                remote_ids,
                "integration_id = %s",
                self._integration_id,
            )
            return {remote_id: as_bytes(found) for remote_id, found in cursor}

    def _known(self, remote_ids: list[str]) -> dict[str, Known]:
        rows = Application.objects.filter(
            integration_id=self._integration_id, remote_id__in=remote_ids
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
                    counted=changed_at >= self._since,
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

    def _expected(self, records: dict[str, ApplicationRecord]) -> dict[str, Known]:
        """Applications that were submitted from here before Flatchr told their ids, by the id
        that it tells now: one of the same person for the same job.
        """
        # The tenant is compared here, as it would tempt SQLite to read all of the tenant's rows.
        expected = {
            (application.person_key, application.job_id): application
            for application in Application.objects.filter(
                remote_id__gte=PROVISIONAL, remote_id__lt=f"{PROVISIONAL}~"
            ).defer("remote_data")
            if application.integration_id == self._integration_id
        }
        found: dict[str, Known] = {}
        for remote_id, record in records.items() if expected else ():
            job_id = self._job_ids.get(record.job_remote_id or "")
            application = expected.pop((record.person_key, job_id), None)
            if application is not None:
                stored = Stored(
                    id=application.pk,
                    fingerprint=None,
                    content_hash=as_bytes(application.content_hash),
                    changed_at=dialect().moment(application.changed_at),
                    deleted=application.remote_deleted_at is not None,
                )
                found[remote_id] = Known(stored, application.candidate_id)
        return found

    def _find_people(self, prepared: Prepared, before: Prepared | None) -> None:
        """Each application's candidate: its own, else the one of its e-mail, else a new one."""
        new_ids: dict[str, str] = {}
        people = {key: known.candidate_id for key, known in prepared.known.items()}
        new = [record for key, record in prepared.records.items() if key not in prepared.known]
        keys: Collection[str] = {record.person_key for record in new if record.person_key}
        if first_read := self._first_read:
            keys = set(first_read.people(keys))
        by_key = known_people(
            self._integration_id, keys, pending=before.holds() if before and keys else {}
        )
        for record in new:
            remote_id, key = record.remote_id, record.person_key
            own_id = unified_id(self._integration_id, remote_id)
            new_ids[remote_id] = own_id
            people[remote_id] = by_key.setdefault(key, own_id) if key else own_id
        # Each at once: whoever prepares the next batch meanwhile must not meet half of them.
        prepared.new_ids, prepared.people = new_ids, people

    def _new_candidates(self, prepared: Prepared) -> None:
        """The candidates whose first application is among the records.

        Such a candidate has the id of that application, whose remote id it shares.
        """
        members = defaultdict(list)
        for remote_id in prepared.new_ids:
            member = (prepared.records[remote_id], prepared.fingerprints[remote_id])
            members[prepared.people[remote_id]].append(member)
        drafts = [
            new_candidate(own_id, remote_id, members[own_id])
            for remote_id, own_id in prepared.new_ids.items()
            if prepared.people[remote_id] == own_id
        ]
        prepared.candidates = compare(CANDIDATES, self._integration_id, drafts, {})

    def _drafts(self, prepared: Prepared) -> list[Draft]:
        to_columns = dialect()
        return [
            Draft(
                remote_id,
                application_columns(
                    record,
                    job_id=self._job_ids.get(record.job_remote_id or ""),
                    candidate_id=prepared.people[remote_id],
                    stage_id=self._stage_ids.get(record.stage_remote_id or ""),
                    dialect=to_columns,
                ),
                (record.person_key, record.raw),
                prepared.fingerprints[remote_id],
                prepared.new_ids.get(remote_id),
            )
            for remote_id, record in prepared.records.items()
        ]
