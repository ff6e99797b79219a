"""The models that Flatchr lists whole: the reader that a sync and others read them with, storing
some of them between two syncs, and the job stages that follow from them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.mapping.values import Report
from integrations.flatchr.reader import FlatchrReader
from integrations.models import ApplicationStage, Integration, Job
from integrations.records import JobRecord, Model, Rejected
from integrations.sync.applicants.removed_people import without_removed
from integrations.sync.bulk.dialects import Table, dialect
from integrations.sync.bulk.store import RowChanges, jobs_by_vacancy, upsert
from integrations.sync.bulk.tables import (
    JOBS,
    STAGES,
    TAGS,
    Draft,
    draft,
    job_draft,
    stage_draft,
    tag_draft,
)
from integrations.sync.deletions import release
from integrations.sync.scope_filter import filtered_source
from integrations.tenants import clients
from integrations.tenants.custom_fields import mapped_fields
from integrations.tenants.value_maps import value_maps_of


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model that is read whole: its table, how to read it, and the draft of each record."""

    table: Table
    read: Callable[[FlatchrReader], Iterable[Any | Rejected]]
    to_draft: Callable[[Any], Draft]


def _job_draft(record: JobRecord) -> Draft:
    return job_draft(record, dialect())


LISTED_MODELS: Mapping[Model, ListedModel] = {
    listed.table.model: listed
    for listed in (
        ListedModel(JOBS, lambda reader: reader.jobs(), _job_draft),
        ListedModel(STAGES, lambda reader: reader.stages(), stage_draft),
        ListedModel(TAGS, lambda reader: reader.tags(), tag_draft),
    )
}


def build_reader(
    client: FlatchrClient, integration: Integration, *, report: Report
) -> FlatchrReader:
    """A reader of `integration` with its settings as they are now. Warnings go to `report`."""
    settings = integration.flatchr_settings
    return FlatchrReader(
        filtered_source(without_removed(client, settings), settings.scopes, integration.pk),
        careers_url=clients.endpoints(integration.environment).careers_url,
        integration_id=integration.pk,
        integration_fields=frozenset(settings.integration_fields),
        custom_fields=mapped_fields(integration.pk),
        value_maps=value_maps_of(integration.pk),
        known_jobs=jobs_by_vacancy(integration.pk),
        report=report,
    )


def store_listed(integration_id: str, listed: ListedModel, records: Iterable[Any]) -> RowChanges:
    """Write records between two syncs as one would. Inside `recorded`, with syncs held off."""
    drafts = [listed.to_draft(record) for record in records]
    changes = upsert(listed.table, integration_id, drafts)
    stored = listed.table.record.objects.filter(
        integration_id=integration_id, remote_id__in=[draft.remote_id for draft in drafts]
    )
    release(integration_id, listed.table.model, stored.values_list("pk", flat=True))
    return changes


def job_stage_drafts(
    integration_id: str,
    *,
    jobs: Collection[str] | None = None,
    stages: Collection[str] | None = None,
) -> Iterator[Draft]:
    """The stages of every job, or of those with these ids; `stages` narrows likewise.

    Every column of the company belongs to every job (`docs/mapping.md`, job stage).
    """
    wanted_jobs = Job.objects.live().filter(integration_id=integration_id)
    wanted = ApplicationStage.objects.live().filter(integration_id=integration_id)
    if jobs is not None:
        wanted_jobs = wanted_jobs.filter(pk__in=jobs)
    if stages is not None:
        wanted = wanted.filter(pk__in=stages)
    ordered = wanted.order_by("position", "remote_id")
    columns = list(ordered.values_list("id", "remote_id", "position"))
    return (
        draft(f"{job_remote}:{stage_remote}", (job_id, stage_id, position))
        for job_id, job_remote in wanted_jobs.values_list("id", "remote_id").order_by("id")
        for stage_id, stage_remote, position in columns
    )
