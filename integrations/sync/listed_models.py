"""The models that Flatchr lists whole, and the reader that a sync and a retry read them with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.mapping.values import Report
from integrations.flatchr.reader import FlatchrReader
from integrations.models import Integration
from integrations.records import JobRecord, Model, Rejected
from integrations.sync.bulk.dialects import Table, dialect
from integrations.sync.bulk.store import jobs_by_vacancy
from integrations.sync.bulk.tables import (
    JOBS,
    STAGES,
    TAGS,
    Draft,
    job_draft,
    stage_draft,
    tag_draft,
)
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
        filtered_source(client, settings.scopes, integration.pk),
        careers_url=clients.endpoints(integration.environment).careers_url,
        integration_id=integration.pk,
        integration_fields=frozenset(settings.integration_fields),
        custom_fields=mapped_fields(integration.pk),
        value_maps=value_maps_of(integration.pk),
        known_jobs=jobs_by_vacancy(integration.pk),
        report=report,
    )
