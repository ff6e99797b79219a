"""Candidate tags, from the readings of their applications (`docs/mapping.md`, Candidate tags).

A reading is complete for its applicant, so a tag that it no longer has is removed. Who is read when
is `sync/tags/`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from integrations.changes.recording import note
from integrations.models import Application, CandidateTag, Tag, TraitReading
from integrations.records import Model, TagRecord
from integrations.sync.bulk.store import RowChanges, Store, apply, compare, read_stored
from integrations.sync.bulk.tables import CANDIDATE_TAGS, TAGS, Draft, digest, tag_draft


def tag_candidates(store: Store, candidate_ids: Collection[str]) -> None:
    """Retag candidates, and count the changes. Inside `recorded`."""
    changes, deleted = retag(store.integration_id, candidate_ids)
    store.count(CANDIDATE_TAGS, changes)
    store.recorder.counts(Model.CANDIDATE_TAGS).deleted += deleted


def seen_tags(
    integration_id: str, since: datetime, *, candidate_ids: Collection[str] | None = None
) -> int:
    """The number of candidates' tags that were read or restored from `since` on: of all candidates,
    or of some.
    """
    read = TraitReading.objects.filter(
        application__candidate_id=OuterRef("candidate_id"), read_at__gte=since
    )
    live = CandidateTag.objects.live().filter(integration_id=integration_id)
    if candidate_ids is not None:
        live = live.filter(candidate_id__in=list(candidate_ids))
    return live.filter(Q(changed_at__gte=since) | Exists(read)).count()


def shown_with(integration_id: str, tags: Set[str]) -> set[str]:
    """The ids of candidates of whose applications readings show one of these tags' remote ids."""
    readings = TraitReading.objects.filter(integration_id=integration_id)
    rows = readings.values_list("application__candidate_id", "tags").iterator(chunk_size=2000)
    return {candidate for candidate, shown in rows if not tags.isdisjoint(shown)}


def retag(integration_id: str, candidate_ids: Collection[str]) -> tuple[RowChanges, int]:
    """Give each candidate the tags that its live applications' readings show, and no others.

    Inside `recorded`. Tags that are not stored, or deleted, are left out. Return what was
    written, and how many tags were removed.
    """
    wanted = _wanted(integration_id, candidate_ids)
    candidates = dict(
        Application.objects.filter(candidate_id__in=list(candidate_ids)).values_list(
            "candidate_id", "candidate__remote_id"
        )
    )
    drafts: list[Draft] = []
    for candidate_id, tags in wanted.items():
        for tag_id, tag_remote_id in tags:
            mapped = (candidate_id, tag_id)
            remote_id = f"{candidates[candidate_id]}:{tag_remote_id}"
            drafts.append(Draft(remote_id, mapped, (), digest(mapped)))
    stored = read_stored(CANDIDATE_TAGS, integration_id, [draft.remote_id for draft in drafts])
    changes = compare(CANDIDATE_TAGS, integration_id, drafts, stored)
    apply(CANDIDATE_TAGS, changes)
    moment = timezone.now()
    deleted = (
        CandidateTag.objects.live()
        .filter(integration_id=integration_id, candidate_id__in=list(candidate_ids))
        .exclude(remote_id__in=[draft.remote_id for draft in drafts])
        .update(remote_deleted_at=moment, changed_at=moment)
    )
    if deleted:
        note(integration_id, Model.CANDIDATE_TAGS, moment)
    return changes, deleted


def _wanted(integration_id: str, candidate_ids: Collection[str]) -> dict[str, set[tuple[str, str]]]:
    """Each candidate's tags as (id, remote id), from the readings of its live applications."""
    readings = list(
        TraitReading.objects.filter(
            application__candidate_id__in=list(candidate_ids),
            application__remote_deleted_at=None,
        ).values_list("application__candidate_id", "tags")
    )
    named = {remote_id for _, remote_ids in readings for remote_id in remote_ids}
    tags = dict(
        Tag.objects.live()
        .filter(integration_id=integration_id, remote_id__in=list(named))
        .values_list("remote_id", "id")
    )
    wanted: dict[str, set[tuple[str, str]]] = {}
    for candidate_id, remote_ids in readings:
        found = {(tags[remote_id], remote_id) for remote_id in remote_ids if remote_id in tags}
        wanted.setdefault(candidate_id, set()).update(found)
    return wanted


def store_readings(
    integration_id: str, readings: Mapping[str, list[TagRecord]], *, at: datetime
) -> None:
    """Store what applications' readings have shown. Inside a transaction."""
    TraitReading.objects.bulk_create(
        [
            TraitReading(
                application_id=application_id,
                integration_id=integration_id,
                read_at=at,
                tags=[tag.remote_id for tag in tags],
            )
            for application_id, tags in readings.items()
        ],
        update_conflicts=True,
        unique_fields=["application"],
        update_fields=["read_at", "retry_at", "tags"],
    )


def add_discovered(integration_id: str, readings: Mapping[str, list[TagRecord]]) -> RowChanges:
    """Add the tags that were first met on applicants. Inside `recorded`."""
    found = {tag.remote_id: tag for tags in readings.values() for tag in tags if tag.discovered}
    if not found:
        return RowChanges()
    stored = read_stored(TAGS, integration_id, list(found))
    new = [
        tag_draft(tag)
        for remote_id, tag in found.items()
        if remote_id not in stored or stored[remote_id].deleted
    ]
    changes = compare(TAGS, integration_id, new, stored)
    apply(TAGS, changes)
    return changes
