"""The unified ATS schema as plain data: what a connector yields and a store takes.

Field names and meanings are those of `docs/unified-api.md §5`; JSON-valued fields hold the
contract's shapes. `remote_id` is always a string. `raw` is the source object as JSON text, exactly
as it was read, and becomes `remote_data`. Nobody changes a record. The three that a sync makes for
each applicant are not frozen, as making a frozen one takes several times as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

# Begins the remote id of a record that was submitted from here and whose own remote id Flatchr
# has not told yet; the submission's id follows.
PROVISIONAL = "submission:"
# Stands in the source object of an applicant for the e-mail address, where that is left out: a
# digest by which a person's applications still find each other.
PERSON = "relais_person"


class Model(StrEnum):
    """The mirrored models, in the order in which a sync writes them."""

    JOBS = "jobs"
    APPLICATION_STAGES = "application_stages"
    JOB_STAGES = "job_stages"
    CANDIDATES = "candidates"
    APPLICATIONS = "applications"
    TAGS = "tags"
    CANDIDATE_TAGS = "candidate_tags"


class EmploymentType(StrEnum):
    FULL_TIME = "FULL_TIME"
    PART_TIME = "PART_TIME"
    CONTRACT = "CONTRACT"
    SEASONAL = "SEASONAL"
    INTERNSHIP = "INTERNSHIP"


class JobStatus(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    DRAFT = "DRAFT"
    ARCHIVED = "ARCHIVED"


class Visibility(StrEnum):
    PUBLIC = "PUBLIC"
    INTERNAL = "INTERNAL"
    UNLISTED = "UNLISTED"
    CONFIDENTIAL = "CONFIDENTIAL"


class RemoteWorkStatus(StrEnum):
    REMOTE = "REMOTE"
    HYBRID = "HYBRID"
    TEMPORARY = "TEMPORARY"
    ON_SITE = "ON_SITE"


class SalaryPeriod(StrEnum):
    YEAR = "YEAR"
    MONTH = "MONTH"
    TWO_WEEKS = "TWO_WEEKS"
    WEEK = "WEEK"
    DAY = "DAY"
    HOUR = "HOUR"


class Outcome(StrEnum):
    """A closed enum: anything else is null (`docs/unified-api.md §5.3`)."""

    PENDING = "PENDING"
    HIRED = "HIRED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a mapping could not carry over whole; becomes a warning on the sync run.

    `code` groups findings of one kind (`unknown_contract`, `invalid_email`, ...); `value` is the
    value as Flatchr sent it, shortened; `message` is one English sentence for the user.
    """

    code: str
    model: Model
    remote_id: str
    field: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class JobRecord:
    remote_id: str
    # Flatchr's two other keys of a vacancy (`docs/flatchr-api.md §A`): applicants are joined on the
    # plain id, candidates are created by slug.
    vacancy_id: int | None
    slug: str | None
    name: str | None
    description: str | None
    employment_type: str | None
    status: str | None
    visibility: str | None
    category: str | None
    department: str | None
    post_url: str | None
    experience_level: str | None
    remote_work_status: str | None
    salary_amount: float | None
    salary_amount_from: float | None
    salary_amount_to: float | None
    salary_currency: str | None
    salary_period: str | None
    location: dict[str, str | None] | None
    opened_at: datetime | None
    closed_at: datetime | None
    remote_created_at: datetime | None
    remote_updated_at: datetime | None
    integration_fields: list[dict[str, Any]]
    # Values by the keys that the installation has given them.
    custom_fields: dict[str, Any]
    raw: str


@dataclass(frozen=True, slots=True)
class StageRecord:
    remote_id: str
    name: str | None
    position: int
    visible: bool
    hired: bool
    raw: str


@dataclass(frozen=True, slots=True)
class TagRecord:
    """One unified tag: a Flatchr tag without values, or one value of a tag that has values."""

    remote_id: str
    name: str
    # The Flatchr tag it belongs to: values met on candidates live as long as their tag does.
    parent_id: str
    discovered: bool


@dataclass(slots=True)
class PersonRecord:
    """What one application says of the person who applied."""

    first_name: str | None
    last_name: str | None
    email_addresses: list[dict[str, str | None]]
    phone_numbers: list[dict[str, str | None]]


@dataclass(slots=True)
class ApplicationRecord:
    """One applicant row of Flatchr: an application and the person behind it.

    `job_remote_id` and `stage_remote_id` are null when Flatchr's join keys name nothing known.
    `person_key` is the trimmed, lower-cased e-mail by which applications share a candidate, or
    an empty string (`docs/mapping.md`, Identity).
    """

    remote_id: str
    outcome: Outcome
    job_remote_id: str | None
    stage_remote_id: str | None
    remote_created_at: datetime | None
    remote_updated_at: datetime | None
    person_key: str
    person: PersonRecord
    raw: str


@dataclass(slots=True)
class RawApplicant:
    """An applicant as read and not yet mapped: most are unchanged and never need to be.

    `fingerprint` covers the source text and everything else the mapping of this row depends on:
    the remote ids of its job and its stage, null where none is known.
    """

    remote_id: str
    fingerprint: bytes
    data: dict[str, Any]
    raw: str
    job_remote_id: str | None = None
    stage_remote_id: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A source object that cannot be mapped at all; quarantined on the run with its reason."""

    model: Model
    remote_id: str
    reason: str
    raw: str
