"""What can be taken away: the columns of candidates, jobs and applications, in their order."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.fields.json import KT

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
from integrations.models import Application, ExportKind
from integrations.models.conditions import Among


def _ids(chunk: Chunk) -> Iterable[str]:
    return chunk.ids


def _application_counts(chunk: Chunk) -> Iterable[int]:
    return chunk.applications


def _tags(chunk: Chunk) -> Iterable[str]:
    return chunk.tags


def _latest_applied_at(chunk: Chunk) -> Iterable[str | None]:
    return chunk.applied_at


class CandidateResource(RecordResource):
    """Candidates; only applications and tags that Flatchr still has are told of."""

    id = ChunkColumn("id", _ids, label="Relais ID")
    remote_id = Column("remote_id", label="Flatchr ID")
    first_name = Column("first_name", label="First name")
    last_name = Column("last_name", label="Last name")
    email_addresses = Column(
        "email_addresses", *joined("email_addresses", "email_address"), label="E-mail"
    )
    phone_numbers = Column("phone_numbers", *joined("phone_numbers", "phone_number"), label="Phone")
    tags = ChunkColumn("tags", _tags, label="Tags")
    applications = ChunkColumn(
        "applications", _application_counts, label="Applications", type=Type.NUMBER
    )
    latest_job = Column("latest_job", f"{LATEST}__job__name", label="Latest job")
    latest_stage = Column("latest_stage", f"{LATEST}__current_stage__name", label="Latest stage")
    latest_outcome = Column("latest_outcome", f"{LATEST}__outcome", label="Latest outcome")
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


class JobResource(RecordResource):
    """Jobs; without their description, which is a page of HTML each."""

    id = ChunkColumn("id", _ids, label="Relais ID")
    remote_id = Column("remote_id", label="Flatchr ID")
    name = Column("name", label="Job")
    status = Column("status", label="Status")
    employment_type = Column("employment_type", label="Contract")
    department = Column("department", label="Department")
    category = Column("category", label="Category")
    city = Column("city", KT("location__city"), label="City")
    zip_code = Column("zip_code", KT("location__zip_code"), label="Postcode")
    country = Column("country", KT("location__country"), label="Country")
    remote_work_status = Column("remote_work_status", label="Remote work")
    experience_level = Column("experience_level", label="Experience")
    salary_amount = Column("salary_amount", label="Salary", type=Type.NUMBER)
    salary_amount_from = Column("salary_amount_from", label="Salary from", type=Type.NUMBER)
    salary_amount_to = Column("salary_amount_to", label="Salary to", type=Type.NUMBER)
    salary_currency = Column("salary_currency", label="Currency")
    salary_period = Column("salary_period", label="Salary period")
    applications = ChunkColumn(
        "applications", _live_applications, label="Applications", type=Type.NUMBER
    )
    opened_at = Column("opened_at", as_text("opened_at"), label="Opened", type=Type.MOMENT)
    closed_at = Column("closed_at", as_text("closed_at"), label="Closed", type=Type.MOMENT)
    post_url = Column("post_url", label="Public page")
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


class ApplicationResource(RecordResource):
    """Applications, each with its candidate, job and stage."""

    id = Column("id", label="Relais ID")
    remote_id = Column("remote_id", label="Flatchr ID")
    candidate_id = ChunkColumn("candidate_id", _ids, label="Candidate's Relais ID")
    first_name = Column("first_name", "candidate__first_name", label="First name")
    last_name = Column("last_name", "candidate__last_name", label="Last name")
    email_addresses = Column(
        "email_addresses",
        *joined("candidate__email_addresses", "email_address"),
        label="E-mail",
    )
    phone_numbers = Column(
        "phone_numbers",
        *joined("candidate__phone_numbers", "phone_number"),
        label="Phone",
    )
    tags = ChunkColumn("tags", tags_of, label="Tags")
    job_id = Column("job_id", label="Job's Relais ID")
    job = Column("job", "job__name", label="Job")
    stage = Column("stage", "current_stage__name", label="Stage")
    outcome = Column("outcome", label="Outcome")
    applied_at = Column(
        "applied_at", as_text("remote_created_at"), label="Received", type=Type.MOMENT
    )
    remote_updated_at = Column(
        "remote_updated_at",
        as_text("remote_updated_at"),
        label="Updated in Flatchr",
        type=Type.MOMENT,
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
