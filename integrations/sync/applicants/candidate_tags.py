"""Candidate tags, which Flatchr lists one applicant at a time (`docs/flatchr-api.md §15`).

A run reads the traits of applicants that are new or changed, then of those never read, then of
those read longest ago, within the tenant's budget of requests. A reading is complete for its
applicant, so a tag that it no longer has is removed in a run of any type.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from integrations.changes.recording import note, recorded
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.reader import FlatchrReader
from integrations.messages import Message
from integrations.models import Application, CandidateTag, Tag, TraitReading
from integrations.records import Finding, Model, TagRecord
from integrations.sync.bulk.batches import batches
from integrations.sync.bulk.store import RowChanges, Store, apply, compare, read_stored
from integrations.sync.bulk.tables import CANDIDATE_TAGS, TAGS, Draft, digest, tag_draft

BATCH = 50


def read_candidate_tags(store: Store, reader: FlatchrReader, *, budget: int) -> None:
    """Read the traits that are due, and tag the candidates.

    At most `budget` applicants are read in all attempts at a run.
    """
    read = TraitReading.objects.filter(
        integration_id=store.integration_id, read_at__gte=store.since
    ).count()
    budget = max(0, budget - read)
    for batch in batches(due(store.integration_id, store.run.started_at, budget), BATCH):
        readings = {
            application_id: tags
            for application_id, remote_id in batch
            if (tags := _read(store, reader, remote_id)) is not None
        }
        with recorded(store.integration_id):
            store.lease.renew()
            _save(store, readings)
            store.recorder.save(Model.TAGS, Model.CANDIDATE_TAGS)


def _read(store: Store, reader: FlatchrReader, remote_id: str) -> list[TagRecord] | None:
    """An applicant's tags; None, with a warning, when Flatchr has erased the applicant."""
    try:
        return reader.traits(remote_id)
    except FlatchrError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    message = Message("applicant_gone_tags_not_read")
    store.recorder.report(
        Finding("applicant_not_found", Model.CANDIDATE_TAGS, remote_id, "", "", message)
    )
    return None


def due(integration_id: str, since: datetime | None, budget: int) -> Iterator[tuple[str, str]]:
    """The applications whose traits to read, as (id, remote id), the most urgent first."""
    live: QuerySet[Application] = Application.objects.live().filter(integration_id=integration_id)
    fresh = TraitReading.objects.filter(
        application_id=OuterRef("id"), read_at__gte=OuterRef("changed_at")
    )
    groups = [
        live.filter(~Exists(fresh), changed_at__gte=since).order_by("-changed_at", "-id"),
        live.filter(trait_reading=None).order_by("-changed_at", "-id"),
        live.filter(trait_reading__integration_id=integration_id).order_by(
            "trait_reading__read_at"
        ),
    ]
    chosen: dict[str, str] = {}
    for group in groups:
        if len(chosen) < budget:
            for application_id, remote_id in group.values_list("id", "remote_id")[:budget]:
                if len(chosen) == budget:
                    break
                chosen.setdefault(application_id, remote_id)
    yield from chosen.items()


def tag_candidates(store: Store, candidate_ids: Collection[str]) -> None:
    """Retag candidates, and count the changes. Inside `recorded`."""
    changes, deleted = retag(store.integration_id, candidate_ids)
    store.count(CANDIDATE_TAGS, changes)
    store.recorder.counts(Model.CANDIDATE_TAGS).deleted += deleted


def seen_tags(integration_id: str, since: datetime) -> int:
    """The number of candidates' tags that were read or restored from `since` on."""
    read = TraitReading.objects.filter(
        application__candidate_id=OuterRef("candidate_id"), read_at__gte=since
    )
    live = CandidateTag.objects.live().filter(integration_id=integration_id)
    return live.filter(Q(changed_at__gte=since) | Exists(read)).count()


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


def _save(store: Store, readings: dict[str, list[TagRecord]]) -> None:
    """Store the readings, add the tags that they have discovered, and tag the candidates."""
    _add_discovered(store, readings)
    moment = timezone.now()
    TraitReading.objects.bulk_create(
        [
            TraitReading(
                application_id=application_id,
                integration_id=store.integration_id,
                read_at=moment,
                tags=[tag.remote_id for tag in tags],
            )
            for application_id, tags in readings.items()
        ],
        update_conflicts=True,
        unique_fields=["application"],
        update_fields=["read_at", "tags"],
    )
    candidates = Application.objects.filter(id__in=list(readings)).values_list(
        "candidate_id", flat=True
    )
    tag_candidates(store, set(candidates))


def _add_discovered(store: Store, readings: dict[str, list[TagRecord]]) -> None:
    found = {tag.remote_id: tag for tags in readings.values() for tag in tags if tag.discovered}
    stored = read_stored(TAGS, store.integration_id, list(found))
    new = [
        tag_draft(tag)
        for remote_id, tag in found.items()
        if remote_id not in stored or stored[remote_id].deleted
    ]
    store.apply(TAGS, compare(TAGS, store.integration_id, new, stored))
    store.recorder.counts(Model.TAGS).seen += len(new)
