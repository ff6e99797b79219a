"""GET /ats/applications (`docs/unified-api.md §5.3`).

`remote_created_after` is supported: Flatchr tells the day of every application (`docs/mapping.md`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.db.models import QuerySet

from integrations.api.reads.changes import Link
from integrations.api.reads.listing import Listing
from integrations.api.reads.parameters import Parameters
from integrations.api.reads.rows import (
    Row,
    as_stored,
    current_stage,
    emails,
    job,
    known_remote_id,
    moments,
    phones,
    tags_of,
    texts,
)
from integrations.api.reads.scope import ReadScope
from integrations.enumerations import Outcome
from integrations.field_catalogue import FieldType, api_names
from integrations.models import Application, Candidate, RecordQuerySet
from integrations.records import ApplicationRecord

PLAIN = api_names(ApplicationRecord, FieldType.TEXT, FieldType.NUMBER)
COLUMNS = (
    "id",
    "arrival",
    "remote_id",
    *PLAIN,
    "current_stage_id",
    "job_id",
    "candidate_id",
    "candidate__remote_id",
    "candidate__first_name",
    "candidate__last_name",
    "current_stage__remote_id",
    "current_stage__name",
    "current_stage__position",
    "job__name",
    "job__remote_id",
)
MOMENTS = ("changed_at", "remote_deleted_at", *api_names(ApplicationRecord, FieldType.MOMENT))
TEXTS = ("candidate__email_addresses", "candidate__phone_numbers")


def narrow(applications: RecordQuerySet, parameters: Parameters) -> RecordQuerySet:
    """Limited by the list's own parameters."""
    return (
        applications.with_any("outcome", parameters.several_of("outcomes", Outcome))
        .with_value("outcome", parameters.one_of("outcome", Outcome))
        .with_any("job_id", parameters.several("job_ids"))
        .with_any("job__remote_id", parameters.several("job_remote_ids"))
        .with_any("current_stage_id", parameters.several("current_stage_ids"))
        .created_since(parameters.moment("remote_created_after"))
    )


def select(scope: ReadScope, applications: QuerySet[Any]) -> QuerySet[Any]:
    """The columns that `render` reads."""
    shown = (*TEXTS, "remote_data") if scope.remote_data else TEXTS
    return applications.values(*COLUMNS, **moments(*MOMENTS), **texts(*shown))


def render(_: ReadScope, rows: Sequence[Row]) -> list[bytes]:
    """Applications as JSON objects, each with its candidate, stage and job."""
    tags = tags_of([row["candidate_id"] for row in rows])
    return [orjson.dumps(_application(row, tags)) for row in rows]


def _application(row: Row, tags: dict[str, list[Row]]) -> Row:
    return {
        "id": row["id"],
        "remote_id": known_remote_id(row["remote_id"]),
        **{name: row[name] for name in PLAIN},
        "rejected_at": None,
        "current_stage_id": row["current_stage_id"],
        "job_id": row["job_id"],
        "candidate_id": row["candidate_id"],
        "screening_question_answers": [],
        "custom_fields": {},
        "integration_fields": [],
        "remote_url": None,
        "remote_data": as_stored(row.get("remote_data_text")),
        **{name: row[f"{name}_text"] for name in MOMENTS},
        "candidate": _candidate(row, tags),
        "current_stage": current_stage(
            row["current_stage_id"],
            row["current_stage__remote_id"],
            row["current_stage__name"],
            row["current_stage__position"],
        ),
        "job": job(row["job_id"], row["job__name"], row["job__remote_id"]),
        "interviews": [],
        "offers": [],
    }


def _candidate(row: Row, tags: dict[str, list[Row]]) -> Row:
    return {
        "id": row["candidate_id"],
        "remote_id": row["candidate__remote_id"],
        "first_name": row["candidate__first_name"],
        "last_name": row["candidate__last_name"],
        "source": None,
        "remote_url": None,
        "phone_numbers": phones(row["candidate__phone_numbers_text"]),
        "email_addresses": emails(row["candidate__email_addresses_text"]),
        "social_media": [],
        "tags": tags.get(row["candidate_id"], []),
    }


APPLICATIONS = Listing(
    name="applications",
    model=Application,
    select=select,
    render=render,
    links=(Link(Application), Link(Application, source=Candidate, through="candidate_id")),
    narrow=narrow,
)
