"""Candidates: the person behind applications, with the data of the latest application.

Of a person's live applications the most recently updated one counts, then the greatest applicant
id (`docs/mapping.md`). A candidate is a function of its applications in the database, so it does
not matter in which order or in how many runs these came.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef

from integrations.flatchr.mapping.applicants import ApplicantMapper
from integrations.models import Application, Candidate
from integrations.records import (
    PROVISIONAL,
    ApplicationRecord,
    PersonRecord,
    RawApplicant,
    Rejected,
)
from integrations.sync.bulk.dialects import dialect, json_text
from integrations.sync.bulk.store import RowChanges, StoredRow, as_bytes, compare
from integrations.sync.bulk.tables import CANDIDATES, Draft, person_columns

_NEVER = datetime.min.replace(tzinfo=UTC)


def rank(updated_at: datetime | None, applicant_id: str) -> tuple[datetime, str]:
    """A sort key: among a person's applications, the one with the greatest rank counts."""
    return updated_at or _NEVER, applicant_id


def new_candidate(
    candidate_id: str, remote_id: str, records: Sequence[tuple[ApplicationRecord, bytes]]
) -> Draft:
    """The candidate behind `records` (with their fingerprints), all of its applications."""
    winner, fingerprint = records[0]
    if len(records) > 1:
        winner, fingerprint = max(
            records, key=lambda item: rank(item[0].remote_updated_at, item[0].remote_id)
        )
    return Draft(remote_id, person_columns(winner.person), (), fingerprint, candidate_id)


def refresh(
    integration_id: str,
    candidate_ids: Collection[str],
    *,
    read: Mapping[str, ApplicationRecord],
    since: datetime | None = None,
) -> RowChanges:
    """The changes that bring `candidate_ids` in line with their applications as stored now.

    `read` holds the applications that the caller has mapped, by remote id; an application that
    counts and is not among them is mapped again from its stored source object. A candidate changed
    from `since` on is not counted again.
    """
    winners = _winners(candidate_ids)
    # Tuples, not objects: a first sync refreshes every person who has applied more than once.
    candidates = Candidate.objects.filter(id__in=list(winners)).values_list(
        "id", "remote_id", "fingerprint", "content_hash", "changed_at", "remote_deleted_at"
    )
    stale = [
        (candidate_id, remote_id, was, content_hash, changed_at, deleted_at)
        for candidate_id, remote_id, was, content_hash, changed_at, deleted_at in candidates
        if deleted_at or as_bytes(was) != winners[candidate_id][1]
    ]
    unread = [winners[candidate_id][0][1] for candidate_id, *_ in stale]
    sources: dict[str, Any] = dict(
        Application.objects.filter(
            integration_id=integration_id, remote_id__in=[key for key in unread if key not in read]
        ).values_list("remote_id", "remote_data")
    )
    drafts, stored = [], {}
    for candidate_id, remote_id, was, content_hash, changed_at, deleted_at in stale:
        (_, winner), fingerprint = winners[candidate_id]
        renamed = remote_id.startswith(PROVISIONAL)
        if renamed:
            remote_id = winner
        person = read[winner].person if winner in read else _person(winner, sources[winner])
        drafts.append(Draft(remote_id, person_columns(person), (), fingerprint))
        stored[remote_id] = StoredRow(
            candidate_id,
            as_bytes(was),
            as_bytes(content_hash),
            dialect().timestamp(changed_at),
            deleted_at is not None,
            since is not None and changed_at >= since,
            renamed,
        )
    return compare(CANDIDATES, integration_id, drafts, stored)


def outdated(integration_id: str) -> list[str]:
    """The ids of live candidates whose data are those of an application that is deleted now."""
    source = Application.objects.live().filter(
        candidate_id=OuterRef("id"), fingerprint=OuterRef("fingerprint")
    )
    return list(
        Candidate.objects.live()
        .filter(~Exists(source), integration_id=integration_id)
        .values_list("id", flat=True)
    )


def _winners(candidate_ids: Collection[str]) -> dict[str, tuple[tuple[datetime, str], bytes]]:
    """For each candidate the rank and the fingerprint of the live application that counts.

    An application that Flatchr has not listed yet has no fingerprint, and does not count.
    """
    rows = (
        Application.objects.live()
        .filter(candidate_id__in=list(candidate_ids), fingerprint__isnull=False)
        .values_list("candidate_id", "remote_updated_at", "remote_id", "fingerprint")
    )
    winners: dict[str, tuple[tuple[datetime, str], bytes]] = {}
    for candidate_id, updated_at, remote_id, fingerprint in rows:
        entry = (rank(updated_at, remote_id), as_bytes(fingerprint) or b"")
        winners[candidate_id] = max(entry, winners.get(candidate_id, entry))
    return winners


def _person(remote_id: str, data: dict[str, Any]) -> PersonRecord:
    """The person of a stored application; its warnings were reported when it was stored."""
    mapper = ApplicantMapper({}, {}, report=lambda _: None)
    record = mapper.application(RawApplicant(remote_id, b"", data, json_text(data)))
    if isinstance(record, Rejected):
        raise TypeError(f"Application {remote_id} was stored, and can no longer be mapped.")
    return record.person
