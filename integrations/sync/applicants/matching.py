"""Matching: which stored application an applicant is, and which candidate a person is.

An application is found by its remote id, or, if it was submitted from here and Flatchr has only now
told its id, by its person and job. A person is recognised by the e-mail address (`person_key`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from integrations.ids import unified_id
from integrations.models import Application
from integrations.records import PROVISIONAL, ApplicationRecord
from integrations.sync.bulk.dialects import dialect
from integrations.sync.bulk.store import StoredRow, as_bytes
from integrations.sync.bulk.tables import APPLICATIONS

# Of applications that are about to be written: person key and candidate by remote id.
Pending = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class KnownApplication:
    """An application as stored, its candidate, which never changes, and the stage it is in."""

    stored: StoredRow
    candidate_id: str
    stage_id: str | None


@dataclass(frozen=True, slots=True)
class People:
    """The candidate of each application by remote id, and the ids of the new applications.

    A candidate whose id is that of a new application is new itself.
    """

    candidates: dict[str, str]
    new_ids: dict[str, str]


def stored_fingerprints(
    integration_id: str, remote_ids: Collection[str]
) -> dict[str, bytes | None]:
    """The fingerprints of the stored applications; None for a deleted one, which matches none."""
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
            integration_id,
        )
        return {remote_id: as_bytes(found) for remote_id, found in cursor}


def known_applications(
    integration_id: str, remote_ids: Collection[str], *, since: datetime
) -> dict[str, KnownApplication]:
    """The stored applications by remote id; those changed from `since` on count as counted."""
    if not remote_ids:
        return {}
    rows = Application.objects.filter(
        integration_id=integration_id, remote_id__in=list(remote_ids)
    ).values_list(
        "remote_id",
        "id",
        "fingerprint",
        "content_hash",
        "changed_at",
        "remote_deleted_at",
        "candidate_id",
        "current_stage_id",
    )
    return {
        remote_id: KnownApplication(
            StoredRow(
                id=record_id,
                fingerprint=as_bytes(fingerprint),
                content_hash=as_bytes(content_hash),
                changed_at=dialect().timestamp(changed_at),
                deleted=deleted_at is not None,
                counted=changed_at >= since,
            ),
            candidate_id,
            stage_id,
        )
        for (
            remote_id,
            record_id,
            fingerprint,
            content_hash,
            changed_at,
            deleted_at,
            candidate_id,
            stage_id,
        ) in rows
    }


def submitted_applications(
    integration_id: str,
    records: Mapping[str, ApplicationRecord],
    *,
    job_ids: Mapping[str, str],
) -> dict[str, KnownApplication]:
    """Those of `records`, by remote id, that were submitted from here under a provisional id.

    Each is the stored application of the same person for the same job, which keeps its id.
    """
    # The tenant is compared in Python: as a condition it would tempt SQLite to use the tenant's
    # index, and to read all of the tenant's rows.
    submitted = {
        (application.person_key, application.job_id): application
        for application in Application.objects.filter(
            remote_id__gte=PROVISIONAL, remote_id__lt=f"{PROVISIONAL}~"
        ).defer("remote_data")
        if application.integration_id == integration_id
    }
    found: dict[str, KnownApplication] = {}
    for remote_id, record in records.items() if submitted else ():
        job_id = job_ids.get(record.job_remote_id or "")
        application = submitted.pop((record.person_key, job_id), None)
        if application is not None:
            stored = StoredRow(
                id=application.pk,
                fingerprint=None,
                content_hash=as_bytes(application.content_hash),
                changed_at=dialect().timestamp(application.changed_at),
                deleted=application.remote_deleted_at is not None,
                renamed=True,
            )
            found[remote_id] = KnownApplication(
                stored, application.candidate_id, application.current_stage_id
            )
    return found


def known_people(integration_id: str, keys: Collection[str], *, pending: Pending) -> dict[str, str]:
    """The candidate of each person key in `keys` that an application of the tenant has.

    Where edits have given two candidates one e-mail address, one with a live application is
    preferred, then the smaller id. `pending` takes the place of what the database holds of these
    applications.
    """
    if not keys:
        return {}
    with connection.cursor() as cursor:
        dialect().find(
            cursor,
            "integration_id, person_key, remote_deleted_at IS NOT NULL, candidate_id, remote_id",
            APPLICATIONS.name,
            "person_key",
            keys,
            # The partial index's own condition, word for word: else it is not used. The tenant is
            # compared in Python, as above.
            "NOT (person_key = '')",
        )
        found = [
            (key, bool(deleted), candidate_id)
            for tenant, key, deleted, candidate_id, remote_id in cursor
            if tenant == integration_id and remote_id not in pending
        ]
    found += [(key, False, candidate_id) for key, candidate_id in pending.values() if key in keys]
    # The preferred one comes last and overwrites the others.
    found.sort(reverse=True)
    return {key: candidate_id for key, _, candidate_id in found}


def match_people(
    integration_id: str,
    records: Mapping[str, ApplicationRecord],
    known: Mapping[str, KnownApplication],
    *,
    lookup: Callable[[Collection[str]], Mapping[str, str]],
) -> People:
    """Each application's candidate: its own, else that of its e-mail address, else a new one.

    `lookup` gives the stored candidates of person keys.
    """
    people = {key: application.candidate_id for key, application in known.items()}
    new = [record for key, record in records.items() if key not in known]
    by_key = dict(lookup({record.person_key for record in new if record.person_key}))
    new_ids: dict[str, str] = {}
    for record in new:
        remote_id, key = record.remote_id, record.person_key
        own_id = unified_id(integration_id, remote_id)
        new_ids[remote_id] = own_id
        people[remote_id] = by_key.setdefault(key, own_id) if key else own_id
    return People(people, new_ids)
