"""What can be taken away: the columns of candidates, jobs and applications, in their order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.fields.json import KT

from integrations.enumerations import Outcome
from integrations.exports.columns import ChunkColumn, Column, RecordResource, Type
from integrations.exports.reading import (
    CHUNK_ROWS,
    LATEST,
    Chunk,
    as_they_come,
    read_chunks,
    tags_of,
)
from integrations.exports.values import as_text, joined
from integrations.field_catalogue import FieldType, export_heading, fields_of
from integrations.models import Application, ExportKind
from integrations.models.conditions import Among
from integrations.records import ApplicationRecord, JobRecord, PersonRecord

COLUMN_TYPES = {FieldType.NUMBER: Type.NUMBER, FieldType.MOMENT: Type.MOMENT}


def catalogue_columns(
    record: type, after: str
) -> Callable[[type[RecordResource]], type[RecordResource]]:
    """Add the exported fields of the catalogue, for the record class `record`, to a resource.

    Columns stand in the order of the resource's `order`; those it does not name follow `after`.
    """

    def add(resource: type[RecordResource]) -> type[RecordResource]:
        found = dict(resource.fields)
        for field in fields_of(record):
            if field.entry.export and field.name not in found:
                source = as_text(field.name) if field.type is FieldType.MOMENT else None
                found[field.name] = Column(
                    field.name,
                    source,
                    label=field.entry.export,
                    type=COLUMN_TYPES.get(field.type, Type.TEXT),
                    words=field.entry.values,
                )
        names = [name for name in resource.order if name in found]
        place = names.index(after) + 1
        names[place:place] = [name for name in found if name not in names]
        resource.fields = {name: found[name] for name in names}
        return resource

    return add


def _ids(chunk: Chunk) -> Iterable[str]:
    return chunk.ids


def _application_counts(chunk: Chunk) -> Iterable[int]:
    return chunk.applications


def _tags(chunk: Chunk) -> Iterable[str]:
    return chunk.tags


def _latest_applied_at(chunk: Chunk) -> Iterable[str | None]:
    return chunk.applied_at


@catalogue_columns(PersonRecord, after="phone_numbers")
class CandidateResource(RecordResource):
    """Candidates; only applications and tags that Flatchr still has are told of."""

    order = (
        *("id", "remote_id", "first_name", "last_name", "email_addresses", "phone_numbers"),
        *("tags", "applications", "latest_job", "job_reference", "latest_stage"),
        *("latest_outcome", "latest_applied_at", "source", "score", "changed_at"),
        *("remote_deleted_at", "organization", "integration_id"),
    )
    id = ChunkColumn("id", _ids, label="Relais ID")
    remote_id = Column("remote_id", label="Flatchr ID")
    email_addresses = Column(
        "email_addresses",
        *joined("email_addresses", "email_address"),
        label=export_heading(PersonRecord, "email_addresses"),
    )
    phone_numbers = Column(
        "phone_numbers",
        *joined("phone_numbers", "phone_number"),
        label=export_heading(PersonRecord, "phone_numbers"),
        holds_phones=True,
    )
    tags = ChunkColumn("tags", _tags, label="Tags")
    applications = ChunkColumn(
        "applications", _application_counts, label="Applications", type=Type.NUMBER
    )
    latest_job = Column("latest_job", f"{LATEST}__job__name", label="Latest job")
    job_reference = Column(
        "job_reference",
        f"{LATEST}__job__reference",
        label="Reference of the latest job",
        by_name=True,
    )
    source = Column("source", f"{LATEST}__source", label="Latest source", by_name=True)
    score = Column(
        "score", f"{LATEST}__score", label="Latest score", type=Type.NUMBER, by_name=True
    )
    latest_stage = Column("latest_stage", f"{LATEST}__current_stage__name", label="Latest stage")
    latest_outcome = Column(
        "latest_outcome", f"{LATEST}__outcome", label="Latest outcome", words=Outcome
    )
    latest_applied_at = ChunkColumn(
        "latest_applied_at", _latest_applied_at, label="Latest application", type=Type.MOMENT
    )
    changed_at = Column("changed_at", as_text("changed_at"), label="Changed", type=Type.MOMENT)
    remote_deleted_at = Column(
        "remote_deleted_at",
        as_text("remote_deleted_at"),
        label="Deleted in Flatchr",
        type=Type.MOMENT,
    )
    organization = Column("organization", "integration__organization", label="Tenant")
    integration_id = Column("integration_id", label="Tenant ID")

    def chunks(
        self, queryset: QuerySet[Any], sources: Sequence[Any]
    ) -> Generator[Chunk, None, None]:
        return read_chunks(queryset, sources, with_tags="tags" in self.fields)


def _live_applications(chunk: Chunk) -> Iterable[int]:
    found = (
        Application.objects.live()
        .filter(Among("job_id", chunk.ids))
        .order_by()
        .values_list("job_id")
        .annotate(Count("pk"))
    )
    counts = dict(found)
    return [counts.get(job_id, 0) for job_id in chunk.ids]


@catalogue_columns(JobRecord, after="salary_period")
class JobResource(RecordResource):
    """Jobs; without their description, which is a page of HTML each."""

    order = (
        *("id", "remote_id", "reference", "name", "status", "employment_type", "department"),
        *("category", "city", "zip_code", "country", "remote_work_status", "experience_level"),
        *("salary_amount", "salary_amount_from", "salary_amount_to", "salary_currency"),
        *("salary_period", "applications", "opened_at", "closed_at", "post_url", "changed_at"),
        *("remote_deleted_at", "organization", "integration_id"),
    )
    id = ChunkColumn("id", _ids, label="Relais ID")
    remote_id = Column("remote_id", label="Flatchr ID")
    reference = Column("reference", label="Reference", by_name=True)
    city = Column("city", KT("location__city"), label="City")
    zip_code = Column("zip_code", KT("location__zip_code"), label="Postcode")
    country = Column("country", KT("location__country"), label="Country")
    applications = ChunkColumn(
        "applications", _live_applications, label="Applications", type=Type.NUMBER
    )
    changed_at = Column("changed_at", as_text("changed_at"), label="Changed", type=Type.MOMENT)
    remote_deleted_at = Column(
        "remote_deleted_at",
        as_text("remote_deleted_at"),
        label="Deleted in Flatchr",
        type=Type.MOMENT,
    )
    organization = Column("organization", "integration__organization", label="Tenant")
    integration_id = Column("integration_id", label="Tenant ID")

    def chunks(
        self, queryset: QuerySet[Any], sources: Sequence[Any]
    ) -> Generator[Chunk, None, None]:
        return _plain_chunks(queryset, "pk", sources)


@catalogue_columns(ApplicationRecord, after="outcome")
class ApplicationResource(RecordResource):
    """Applications, each with its candidate, job and stage."""

    order = (
        *("id", "remote_id", "candidate_id", "first_name", "last_name", "email_addresses"),
        *("phone_numbers", "tags", "job_id", "job", "job_reference", "stage", "outcome"),
        *("rejection_reason_name", "applied_at", "source", "score", "remote_updated_at"),
        *("changed_at", "remote_deleted_at", "organization", "integration_id"),
    )
    id = Column("id", label="Relais ID")
    remote_id = Column("remote_id", label="Flatchr ID")
    candidate_id = ChunkColumn("candidate_id", _ids, label="Candidate's Relais ID")
    first_name = Column(
        "first_name", "candidate__first_name", label=export_heading(PersonRecord, "first_name")
    )
    last_name = Column(
        "last_name", "candidate__last_name", label=export_heading(PersonRecord, "last_name")
    )
    email_addresses = Column(
        "email_addresses",
        *joined("candidate__email_addresses", "email_address"),
        label=export_heading(PersonRecord, "email_addresses"),
    )
    phone_numbers = Column(
        "phone_numbers",
        *joined("candidate__phone_numbers", "phone_number"),
        label=export_heading(PersonRecord, "phone_numbers"),
        holds_phones=True,
    )
    tags = ChunkColumn("tags", tags_of, label="Tags")
    job_id = Column("job_id", label="Job's Relais ID")
    job = Column("job", "job__name", label=export_heading(JobRecord, "name"))
    job_reference = Column("job_reference", "job__reference", label="Job reference", by_name=True)
    source = Column("source", label="Source", by_name=True)
    score = Column("score", label="Score", type=Type.NUMBER, by_name=True)
    stage = Column("stage", "current_stage__name", label="Stage")
    applied_at = Column(
        "applied_at", as_text("remote_created_at"), label="Received", type=Type.MOMENT
    )
    changed_at = Column("changed_at", as_text("changed_at"), label="Changed", type=Type.MOMENT)
    remote_deleted_at = Column(
        "remote_deleted_at",
        as_text("remote_deleted_at"),
        label="Deleted in Flatchr",
        type=Type.MOMENT,
    )
    organization = Column("organization", "integration__organization", label="Tenant")
    integration_id = Column("integration_id", label="Tenant ID")

    def chunks(
        self, queryset: QuerySet[Any], sources: Sequence[Any]
    ) -> Generator[Chunk, None, None]:
        return _plain_chunks(queryset, "candidate_id", sources)


def _plain_chunks(
    queryset: QuerySet[Any], key: str, sources: Sequence[Any]
) -> Generator[Chunk, None, None]:
    """The rows as they are; `ids` of a chunk are the values of `key`."""
    with as_they_come():
        rows = queryset.values_list(key, *sources).iterator(chunk_size=CHUNK_ROWS)
        while several := list(islice(rows, CHUNK_ROWS)):
            ids, *values = zip(*several, strict=True)
            yield Chunk(ids, values)


RESOURCES: Mapping[str, type[RecordResource]] = {
    ExportKind.CANDIDATE: CandidateResource,
    ExportKind.JOB: JobResource,
    ExportKind.APPLICATION: ApplicationResource,
}
