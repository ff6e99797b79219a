"""The unified ATS schema as plain data: what a connector yields and a store takes.

Field names and meanings are those of `docs/unified-api.md §5`; JSON-valued fields hold the
contract's shapes. A field annotated with `Unified` is one entry of `field_catalogue.py`.
`remote_id` is always a string. `raw` is the source object as JSON text, exactly as it was read,
and becomes `remote_data`. Nobody changes a record. The three that a sync makes for each applicant
are not frozen, as making a frozen one takes several times as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from integrations.enumerations import (
    EmploymentType,
    JobStatus,
    Outcome,
    RemoteWorkStatus,
    SalaryPeriod,
    Visibility,
)
from integrations.field_catalogue import (
    AS_A_DAY,
    CREATED,
    TRIMMED,
    UPDATED,
    WITH_A_SALARY,
    Unified,
)
from integrations.messages import Message

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


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a mapping could not carry over whole; becomes a warning on the sync run.

    `code` groups findings of one kind (`unknown_contract`, `invalid_email`, ...); `value` is the
    value as Flatchr sent it, shortened; `message` is for the user.
    """

    code: str
    model: Model
    remote_id: str
    field: str
    value: str
    message: Message


@dataclass(frozen=True, slots=True)
class JobRecord:
    remote_id: str
    # Flatchr's two other keys of a vacancy (`docs/flatchr-api.md §A`): applicants are joined on the
    # plain id, candidates are created by slug.
    vacancy_id: int | None
    slug: str | None
    name: Annotated[
        str | None, Unified("Title", "title", TRIMMED, example="Menuisier poseur H/F", export="Job")
    ]
    description: Annotated[
        str | None,
        Unified(
            "Description",
            "description mission profile",
            "Joined in this order, each only if it is not empty.",
            note="HTML.",
            example="<p>Pose de menuiseries.</p>",
        ),
    ]
    employment_type: Annotated[
        str | None,
        Unified(
            "Contract",
            "contract_type_id contract_type partial",
            "The contract's label by the table of contract types; part time where it says so.",
            note="The kind of contract.",
            values=EmploymentType,
            export="Contract",
        ),
    ]
    status: Annotated[
        str | None,
        Unified(
            "Status",
            "status",
            "1 is open, 0 is closed.",
            note="Whether it takes applications.",
            values=JobStatus,
            export="Status",
        ),
    ]
    visibility: Annotated[
        str | None,
        Unified(
            "Visibility",
            "items",
            "Public when published on the career site, internal on the intranet only.",
            note="Who can see it.",
            values=Visibility,
        ),
    ]
    category: Annotated[
        str | None,
        Unified(
            "Category",
            "channel_id channel",
            "The channel's label.",
            note="As Flatchr names it.",
            example="Artisanat",
            export="Category",
        ),
    ]
    department: Annotated[
        str | None,
        Unified(
            "Department",
            "tags",
            "The title of the first tag of vacancies that is a folder.",
            note="As Flatchr names it.",
            export="Department",
        ),
    ]
    post_url: Annotated[
        str | None,
        Unified(
            "Public page",
            "slug items",
            "The career site's address with the slug, when the job is public.",
            note="The public page.",
            example="https://atelier-nord.example/menuisier",
            export="Public page",
        ),
    ]
    experience_level: Annotated[
        str | None,
        Unified(
            "Experience",
            "experience",
            "The code's label.",
            note="As Flatchr names it.",
            example="2 à 5 ans",
            export="Experience",
        ),
    ]
    remote_work_status: Annotated[
        str | None,
        Unified(
            "Remote work",
            "remote",
            "None is on site, part of the time is hybrid, full time is remote.",
            note="Where the work is done.",
            values=RemoteWorkStatus,
            example="ON_SITE",
            export="Remote work",
        ),
    ]
    salary_amount: Annotated[
        float | None,
        Unified(
            "Salary",
            "salary",
            "When there is no maximum; 0 is not given.",
            note="When there is one figure.",
            export="Salary",
        ),
    ]
    salary_amount_from: Annotated[
        float | None,
        Unified(
            "Salary from",
            "salary",
            "When there is a maximum.",
            example=26000.0,
            export="Salary from",
        ),
    ]
    salary_amount_to: Annotated[
        float | None,
        Unified("Salary to", "salary_max", "0 is not given.", example=31000.0, export="Salary to"),
    ]
    salary_currency: Annotated[
        str | None,
        Unified(
            "Currency",
            "currency",
            WITH_A_SALARY,
            note="ISO 4217.",
            example="EUR",
            export="Currency",
        ),
    ]
    salary_period: Annotated[
        str | None,
        Unified(
            "Paid by",
            "mensuality",
            WITH_A_SALARY,
            note="What the figures are for.",
            values=SalaryPeriod,
            export="Salary period",
        ),
    ]
    location: Annotated[
        dict[str, str | None] | None,
        Unified(
            "Place",
            "address",
            "City, region, street and postal code; the country as its two-letter code.",
        ),
    ]
    opened_at: Annotated[
        datetime | None,
        Unified(
            "Opened",
            "items created_at",
            "When it was first published, else when it was created.",
            export="Opened",
        ),
    ]
    closed_at: Annotated[
        datetime | None,
        Unified(
            "Closed",
            "updated_at",
            "The last change, unless it is open.",
            note="May lie ahead.",
            example=None,
            export="Closed",
        ),
    ]
    remote_created_at: Annotated[
        datetime | None, Unified("Created in Flatchr", "created_at", note=CREATED)
    ]
    remote_updated_at: Annotated[
        datetime | None, Unified("Updated in Flatchr", "updated_at", note=UPDATED)
    ]
    # Values by the keys that the installation has given them.
    custom_fields: Annotated[dict[str, Any], Unified()]
    integration_fields: Annotated[list[dict[str, Any]], Unified()]
    raw: str
    # The customer's own.
    reference: str | None = None


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

    first_name: Annotated[
        str | None,
        Unified("First name", "firstname", TRIMMED, example="Nadia", export="First name"),
    ]
    last_name: Annotated[
        str | None, Unified("Last name", "lastname", TRIMMED, example="Perrot", export="Last name")
    ]
    email_addresses: Annotated[
        list[dict[str, str | None]],
        Unified(
            "E-mail",
            "email",
            "As typed, with the domain in lower case; left out when it is not valid.",
            export="E-mail",
        ),
    ]
    phone_numbers: Annotated[
        list[dict[str, str | None]],
        Unified(
            "Phone",
            "phone",
            "In international form when it can be read as a French number, else as given.",
            export="Phone",
        ),
    ]


@dataclass(slots=True)
class ApplicationRecord:
    """One applicant row of Flatchr: an application and the person behind it.

    `job_remote_id` and `stage_remote_id` are null when Flatchr's join keys name nothing known.
    `person_key` is the trimmed, lower-cased e-mail by which applications share a candidate, or
    an empty string (`docs/mapping.md`, Identity).
    """

    remote_id: str
    outcome: Annotated[
        Outcome,
        Unified(
            "Outcome",
            "hired status",
            "Hired if it says so, declined when the status is 0, else in progress.",
            note="Closed: no other value is ever sent.",
            values=Outcome,
            closed=True,
            export="Outcome",
        ),
    ]
    job_remote_id: str | None
    stage_remote_id: str | None
    remote_created_at: Annotated[
        datetime | None, Unified("Received", "created_at", AS_A_DAY, note=CREATED)
    ]
    remote_updated_at: Annotated[
        datetime | None,
        Unified(
            "Updated in Flatchr", "updated_at", AS_A_DAY, note=UPDATED, export="Updated in Flatchr"
        ),
    ]
    person_key: str
    person: PersonRecord
    raw: str
    rejection_reason_name: Annotated[
        str | None,
        Unified(
            "Rejection reason",
            "reason",
            "Of a declined application, where Flatchr shows it.",
            note="Of a declined application, where Flatchr shows it.",
            example="Profil non retenu",
            export="Rejection reason",
            added=True,
        ),
    ] = None
    # The job board it came from, and the customer's rating.
    source: str | None = None
    score: int | None = None


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
    reason: Message
    raw: str
