"""Which column takes what: the unified records as rows of their tables."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    Job,
    JobStage,
    Tag,
)
from integrations.records import (
    ApplicationRecord,
    JobRecord,
    Model,
    PersonRecord,
    StageRecord,
    TagRecord,
)
from integrations.sync.bulk.dialects import PostgreSQL, SQLite, Table, json_text

JOBS = Table(
    model=Model.JOBS,
    record=Job,
    mapped=(
        "name",
        "description",
        "employment_type",
        "status",
        "visibility",
        "category",
        "department",
        "post_url",
        "experience_level",
        "remote_work_status",
        "salary_amount",
        "salary_amount_from",
        "salary_amount_to",
        "salary_currency",
        "salary_period",
        "location",
        "custom_fields",
        "integration_fields",
        "opened_at",
        "closed_at",
        "remote_created_at",
        "remote_updated_at",
    ),
    carried=("vacancy_id", "slug", "remote_data"),
)
STAGES = Table(
    model=Model.APPLICATION_STAGES,
    record=ApplicationStage,
    mapped=("name",),
    carried=("position", "visible", "hired", "remote_data"),
)
JOB_STAGES = Table(model=Model.JOB_STAGES, record=JobStage, mapped=("job_id", "stage_id", "index"))
TAGS = Table(model=Model.TAGS, record=Tag, mapped=("name",), carried=("parent_id", "discovered"))
CANDIDATES = Table(
    model=Model.CANDIDATES,
    record=Candidate,
    mapped=("first_name", "last_name", "email_addresses", "phone_numbers"),
)
APPLICATIONS = Table(
    model=Model.APPLICATIONS,
    record=Application,
    mapped=(
        "job_id",
        "candidate_id",
        "current_stage_id",
        "outcome",
        "remote_created_at",
        "remote_updated_at",
    ),
    carried=("person_key", "remote_data"),
)
CANDIDATE_TAGS = Table(
    model=Model.CANDIDATE_TAGS, record=CandidateTag, mapped=("candidate_id", "tag_id")
)


@dataclass(slots=True)
class Draft:
    """A row as Flatchr would have it, before it is known whether it is new or changed.

    `id` is the one it gets if it is new; derived from the remote id where it is not given.
    """

    remote_id: str
    mapped: tuple[Any, ...]
    carried: tuple[Any, ...]
    fingerprint: bytes
    id: str | None = None


def digest(values: tuple[Any, ...]) -> bytes:
    """16 bytes that stand for `values`, which are column values."""
    return blake2b(orjson.dumps(values, default=str), digest_size=16).digest()


def draft(remote_id: str, mapped: tuple[Any, ...], carried: tuple[Any, ...] = ()) -> Draft:
    """A draft whose fingerprint covers all of it."""
    return Draft(remote_id, mapped, carried, digest((*mapped, *carried)))


def job_draft(record: JobRecord, dialect: PostgreSQL | SQLite) -> Draft:
    mapped = (
        record.name,
        record.description,
        record.employment_type,
        record.status,
        record.visibility,
        record.category,
        record.department,
        record.post_url,
        record.experience_level,
        record.remote_work_status,
        record.salary_amount,
        record.salary_amount_from,
        record.salary_amount_to,
        record.salary_currency,
        record.salary_period,
        None if record.location is None else json_text(record.location),
        json_text(record.custom_fields),
        json_text(record.integration_fields),
        dialect.moment(record.opened_at),
        dialect.moment(record.closed_at),
        dialect.moment(record.remote_created_at),
        dialect.moment(record.remote_updated_at),
    )
    return draft(record.remote_id, mapped, (record.vacancy_id, record.slug, record.raw))


def stage_draft(record: StageRecord) -> Draft:
    return draft(
        record.remote_id,
        (record.name,),
        (record.position, record.visible, record.hired, record.raw),
    )


def tag_draft(record: TagRecord) -> Draft:
    return draft(record.remote_id, (record.name,), (record.parent_id, record.discovered))


def person_columns(person: PersonRecord) -> tuple[Any, ...]:
    """The mapped columns of `CANDIDATES`."""
    return (
        person.first_name,
        person.last_name,
        json_text(person.email_addresses),
        json_text(person.phone_numbers),
    )


def application_columns(
    record: ApplicationRecord,
    *,
    job_id: str | None,
    candidate_id: str,
    stage_id: str | None,
    dialect: PostgreSQL | SQLite,
) -> tuple[Any, ...]:
    """The mapped columns of `APPLICATIONS`."""
    return (
        job_id,
        candidate_id,
        stage_id,
        record.outcome,
        dialect.moment(record.remote_created_at),
        dialect.moment(record.remote_updated_at),
    )
