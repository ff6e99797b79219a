"""Storing what was read of applicants' tags: the readings, the tags of their candidates, and the
figures and warnings of the run that began the round, which has ended. All inside `recorded`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import F

from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.messages import Message
from integrations.models import (
    Application,
    ModelResult,
    SyncRun,
    SyncWarning,
    TagProgress,
    TraitReading,
)
from integrations.records import Finding, Model, TagRecord
from integrations.sync.applicants.candidate_tags import (
    add_discovered,
    retag,
    seen_tags,
    store_readings,
)
from integrations.sync.kept_ids import renaming
from integrations.sync.review.carried_warnings import (
    EXAMPLES,
    MOST_FOLLOWED,
    own_followed,
)
from integrations.sync.tags.choice import NEVER_READ


def store(progress: TagProgress, readings: Mapping[str, list[TagRecord]], *, at: datetime) -> None:
    """Store readings by application id, tag the candidates, and count that into the round's run."""
    tenant, run = progress.integration_id, progress.run
    since = (run and run.started_at) or progress.began_at or at
    candidates = set(
        Application.objects.filter(pk__in=list(readings)).values_list("candidate_id", flat=True)
    )
    before = seen_tags(tenant, since, candidate_ids=candidates)
    discovered = add_discovered(tenant, readings)
    store_readings(tenant, readings, at=at)
    changes, deleted = retag(tenant, candidates)
    if discovered.created:
        renaming.settle(tenant)
    if run is None:
        return
    seen = seen_tags(tenant, since, candidate_ids=candidates) - before
    _count(
        run,
        Model.CANDIDATE_TAGS,
        seen=seen,
        created=changes.created,
        updated=changes.updated,
        restored=changes.restored,
        deleted=deleted,
    )
    new = discovered.created + discovered.restored
    _count(run, Model.TAGS, seen=new, created=discovered.created, restored=discovered.restored)


def put_off(integration_id: str, retries: Mapping[str, datetime]) -> None:
    """Leave applicants alone until then; what was read of them before stays."""
    TraitReading.objects.bulk_create(
        [
            TraitReading(
                application_id=application_id,
                integration_id=integration_id,
                read_at=NEVER_READ,
                retry_at=again,
            )
            for application_id, again in retries.items()
        ],
        update_conflicts=True,
        unique_fields=["application"],
        update_fields=["retry_at"],
    )


def unread(remote_id: str, error: FlatchrError) -> Finding:
    """What is said of an applicant whose tags could not be read."""
    if error.kind is ErrorKind.NOT_FOUND:
        gone = Message("applicant_gone_tags_not_read")
        return Finding("applicant_not_found", Model.CANDIDATE_TAGS, remote_id, "", "", gone)
    later = Message("tags_not_read", reason=error.message)
    return Finding("tags_not_read", Model.CANDIDATE_TAGS, remote_id, "", "", later)


def warn(run: SyncRun | None, findings: Sequence[Finding]) -> None:
    """Add warnings to a run that has ended."""
    if run is None:
        return
    for finding in findings:
        warning, _ = SyncWarning.objects.get_or_create(
            run=run, model=finding.model, code=finding.code
        )
        own = own_followed(warning)
        if own < MOST_FOLLOWED:
            ids = warning.remote_ids
            warning.remote_ids = [*ids[:own], finding.remote_id, *ids[own:]]
        warning.count += 1
        if len(warning.examples) < EXAMPLES:
            example = {
                "remote_id": finding.remote_id,
                "field": finding.field,
                "value": finding.value,
                "message": finding.message,
            }
            warning.examples = [*warning.examples, example]
        warning.save(update_fields=["count", "examples", "remote_ids"])


def _count(run: SyncRun, model: Model, **added: int) -> None:
    """Add to the figures of a run that has ended."""
    changed = {name: F(name) + number for name, number in added.items() if number}
    unchanged = added["seen"] - added["created"] - added["restored"] - added.get("updated", 0)
    if unchanged > 0:
        changed["unchanged"] = F("unchanged") + unchanged
    if changed:
        ModelResult.objects.filter(run=run, model=model).update(**changed)
