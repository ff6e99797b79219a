"""Change detection: what has to be written of the applicants that Flatchr lists.

Most applicants of a sync are unchanged: their fingerprint is that of the stored row, and they are
neither mapped nor written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from integrations.models import Action, ActionKind, ActionState, ApplicationStage
from integrations.records import ApplicationRecord, RawApplicant, Rejected
from integrations.sync.applicants.candidate_tags import retag
from integrations.sync.applicants.candidates import new_candidate, refresh
from integrations.sync.applicants.matching import (
    KnownApplication,
    Pending,
    People,
    known_applications,
    known_people,
    match_people,
    stored_fingerprints,
    submitted_applications,
)
from integrations.sync.bulk.bloom_filter import FirstReadFilter
from integrations.sync.bulk.dialects import dialect
from integrations.sync.bulk.store import RowChanges, apply, compare, ids
from integrations.sync.bulk.tables import (
    APPLICATIONS,
    CANDIDATES,
    JOBS,
    STAGES,
    Draft,
    application_columns,
)

MapApplicant = Callable[[RawApplicant], ApplicationRecord | Rejected]


@dataclass(slots=True)
class ApplicantChanges:
    """What is to be written of one batch of applicants.

    `records` are those that are new, changed, or back after a deletion; the others need nothing.
    """

    records: dict[str, ApplicationRecord] = field(default_factory=dict)
    fingerprints: dict[str, bytes] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    known: dict[str, KnownApplication] = field(default_factory=dict)
    people: People = field(default_factory=lambda: People({}, {}))
    candidates: RowChanges = field(default_factory=RowChanges)
    applications: RowChanges = field(default_factory=RowChanges)

    def pending(self) -> Pending:
        """The person key and the candidate of each application that is to be written."""
        # Read once: the writing thread may replace them meanwhile.
        candidates = self.people.candidates
        return {
            remote_id: (record.person_key, candidates[remote_id])
            for remote_id, record in self.records.items()
        }


@dataclass(frozen=True, slots=True)
class SavedChanges:
    """What was written, for those who count it."""

    candidates: tuple[RowChanges, ...]
    applications: RowChanges
    tags: RowChanges
    tags_deleted: int


class ApplicantChangeDetector:
    """Finds out what is to be written of a tenant's applicants, and writes it.

    The tenant's jobs and stages must have been written before. A row changed from `since` on was
    changed by the caller, and is not counted again. `first_read` narrows look-ups; with it, all
    applicants of the tenant must pass through here, from the first one on.
    """

    def __init__(
        self,
        integration_id: str,
        to_record: MapApplicant,
        since: datetime,
        *,
        first_read: FirstReadFilter | None = None,
    ) -> None:
        self._integration_id = integration_id
        self._first_read = first_read
        self._to_record = to_record
        self._since = since

    @cached_property
    def _job_ids(self) -> dict[str, str]:
        return ids(JOBS, self._integration_id)

    @cached_property
    def _stage_ids(self) -> dict[str, str]:
        return ids(STAGES, self._integration_id)

    def detect(
        self, rows: Sequence[RawApplicant], *, pending: Callable[[], Pending] = dict
    ) -> ApplicantChanges:
        """What is to be written of `rows`, which hold no applicant twice.

        `pending` gives the applications of an earlier batch that may not have been written yet,
        none of which is among `rows`.
        """
        changes = ApplicantChanges()
        remote_ids: Collection[str] = [row.remote_id for row in rows]
        if first_read := self._first_read:
            remote_ids = first_read.applicants(remote_ids)
        stored = stored_fingerprints(self._integration_id, remote_ids)
        for row in rows:
            remote_id, fingerprint = row.remote_id, row.fingerprint
            if stored.get(remote_id) == fingerprint:
                continue
            record = self._to_record(row)
            if isinstance(record, Rejected):
                changes.rejected.append(record)
            else:
                changes.records[remote_id] = record
                changes.fingerprints[remote_id] = fingerprint
        if changes.records:
            known = [remote_id for remote_id in changes.records if remote_id in stored]
            self._compare(changes, known, pending)
        return changes

    def detect_again(self, changes: ApplicantChanges) -> None:
        """Compare the same records again, as others have stored some of them meanwhile."""
        self._first_read = None
        self._compare(changes, list(changes.records), dict)

    def save(self, changes: ApplicantChanges) -> SavedChanges:
        """Write the candidates, the applications, and the candidates that follow from these.

        Inside `recorded`. Raises `IntegrityError` when somebody else has stored one of the new
        applicants since they were compared.
        """
        apply(CANDIDATES, changes.candidates)
        apply(APPLICATIONS, changes.applications)
        touched = set(changes.people.candidates.values()).difference(changes.candidates.new_ids)
        refreshed = RowChanges()
        if touched:
            refreshed = refresh(
                self._integration_id, touched, read=changes.records, since=self._since
            )
            apply(CANDIDATES, refreshed)
        tags, tags_deleted = RowChanges(), 0
        restored = {known.candidate_id for known in changes.known.values() if known.stored.deleted}
        if restored:
            # A deleted application's tags were taken off; they come back with it.
            tags, tags_deleted = retag(self._integration_id, restored)
        return SavedChanges(
            (changes.candidates, refreshed), changes.applications, tags, tags_deleted
        )

    def _compare(
        self,
        changes: ApplicantChanges,
        stored_ids: Collection[str],
        pending: Callable[[], Pending],
    ) -> None:
        # `detect_again`, on another thread, may take it away meanwhile.
        first_read = self._first_read
        known = known_applications(self._integration_id, stored_ids, since=self._since)
        if first_read is None or first_read.disabled:
            new = {key: record for key, record in changes.records.items() if key not in known}
            known |= submitted_applications(self._integration_id, new, job_ids=self._job_ids)
        changes.known = known

        def lookup(keys: Collection[str]) -> dict[str, str]:
            if first_read is not None:
                keys = set(first_read.people(keys))
            return known_people(self._integration_id, keys, pending=pending() if keys else {})

        changes.people = match_people(self._integration_id, changes.records, known, lookup=lookup)
        changes.candidates = compare(
            CANDIDATES, self._integration_id, self._new_candidates(changes), {}
        )
        stored = {remote_id: application.stored for remote_id, application in known.items()}
        changes.applications = compare(
            APPLICATIONS, self._integration_id, self._drafts(changes), stored
        )

    def _new_candidates(self, changes: ApplicantChanges) -> list[Draft]:
        """The candidates whose first application is among the records.

        Such a candidate has the id and the remote id of that application.
        """
        people = changes.people
        members = defaultdict(list)
        for remote_id in people.new_ids:
            member = (changes.records[remote_id], changes.fingerprints[remote_id])
            members[people.candidates[remote_id]].append(member)
        return [
            new_candidate(own_id, remote_id, members[own_id])
            for remote_id, own_id in people.new_ids.items()
            if people.candidates[remote_id] == own_id
        ]

    @cached_property
    def _shared_titles(self) -> dict[str, str]:
        """The title of each stage that has it together with another one."""
        stages = ApplicationStage.objects.live().filter(integration_id=self._integration_id)
        titles = dict(stages.exclude(name=None).values_list("pk", "name"))
        counts = Counter(titles.values())
        return {pk: title for pk, title in titles.items() if counts[title] > 1}

    def _told_stages(self, changes: ApplicantChanges) -> dict[str, str]:
        """By remote id, the stages that a move has told and a list cannot: it names a stage by its
        title, so of several with one title the application stays in that to which it was moved.
        """
        titles, doubtful = self._shared_titles, {}
        for remote_id, known in changes.known.items() if titles else ():
            named = self._stage_ids.get(changes.records[remote_id].stage_remote_id or "")
            if named == known.stage_id or known.stage_id not in titles:
                continue
            if titles.get(named or "") == titles[known.stage_id]:
                doubtful[known.stored.id] = (remote_id, known.stage_id)
        moves = Action.objects.filter(
            application_id__in=list(doubtful), kind=ActionKind.MOVE, state=ActionState.DONE
        ).order_by("ended_at")
        # The last one counts.
        told = dict(moves.values_list("application_id", "parameters__stage")) if doubtful else {}
        return {
            remote_id: stage_id
            for application_id, (remote_id, stage_id) in doubtful.items()
            if told.get(application_id) == stage_id
        }

    def _drafts(self, changes: ApplicantChanges) -> list[Draft]:
        to_columns, told = dialect(), self._told_stages(changes)
        return [
            Draft(
                remote_id,
                application_columns(
                    record,
                    job_id=self._job_ids.get(record.job_remote_id or ""),
                    candidate_id=changes.people.candidates[remote_id],
                    stage_id=told.get(remote_id)
                    or self._stage_ids.get(record.stage_remote_id or ""),
                    dialect=to_columns,
                ),
                (record.person_key, record.source, record.score, record.raw),
                changes.fingerprints[remote_id],
                changes.people.new_ids.get(remote_id),
            )
            for remote_id, record in changes.records.items()
        ]
