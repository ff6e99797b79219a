"""GET /ats/candidates (`docs/unified-api.md §5.2`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import orjson
from django.db.models import OuterRef, QuerySet, Subquery, TextField

from integrations.api.reads.changes import Link
from integrations.api.reads.listing import Listing
from integrations.api.reads.parameters import Parameters
from integrations.api.reads.rows import (
    Row,
    among,
    as_stored,
    current_stage,
    emails,
    job,
    known_remote_id,
    moment_sql,
    moments,
    phones,
    tags_of,
    texts,
)
from integrations.api.reads.scope import CREATED, ReadScope
from integrations.field_catalogue import FieldType, api_names
from integrations.models import (
    Application,
    Candidate,
    CandidateQuerySet,
    CandidateTag,
    RecordQuerySet,
)
from integrations.records import PersonRecord

PLAIN = api_names(PersonRecord, FieldType.TEXT, FieldType.NUMBER)
COLUMNS = ("id", "arrival", "remote_id", *PLAIN)
TEXTS = ("email_addresses", "phone_numbers")
MOMENTS = ("changed_at", "remote_deleted_at", *api_names(PersonRecord, FieldType.MOMENT))
# `Candidate.remote_data`, as it is stored.
_SOURCE = Subquery(
    Application.objects.filter(candidate_id=OuterRef("id"), fingerprint=OuterRef("fingerprint"))
    .order_by()
    .values("remote_data")[:1],
    output_field=TextField(),
)


def narrow(candidates: CandidateQuerySet, parameters: Parameters) -> RecordQuerySet:
    """Limited by the list's own parameters.

    With deleted records, the list has candidates whose application is gone, too.
    """
    found: Any = candidates.with_email(parameters.email("email"))
    deleted = parameters.flag("include_deleted")
    found = found.applied_to(parameters.several("job_ids"), deleted=deleted)
    found = found.with_text("first_name", parameters.text("first_name"))
    return found.with_text("last_name", parameters.text("last_name"))


def select(scope: ReadScope, candidates: QuerySet[Any]) -> QuerySet[Any]:
    """The columns that `render` reads."""
    shown = {"remote_data_text": _SOURCE} if scope.remote_data else {}
    return candidates.values(*COLUMNS, **moments(*MOMENTS), **texts(*TEXTS), **shown)


def render(scope: ReadScope, rows: Sequence[Row]) -> list[bytes]:
    """Candidates as JSON objects, each with its applications and tags."""
    ids = [row["id"] for row in rows]
    applications, tags = _applications(scope, ids), tags_of(ids)
    return [orjson.dumps(_candidate(row, applications, tags)) for row in rows]


def _candidate(row: Row, applications: dict[str, list[Row]], tags: dict[str, list[Row]]) -> Row:
    return {
        "id": row["id"],
        "remote_id": row["remote_id"],
        **{name: row[name] for name in PLAIN},
        "company": None,
        "title": None,
        "confidential": None,
        "source": None,
        "phone_numbers": phones(row["phone_numbers_text"]),
        "email_addresses": emails(row["email_addresses_text"]),
        "social_media": [],
        "location": None,
        "custom_fields": {},
        "integration_fields": [],
        "remote_url": None,
        "remote_created_at": None,
        "remote_updated_at": None,
        "remote_data": as_stored(row.get("remote_data_text")),
        **{name: row[f"{name}_text"] for name in MOMENTS},
        "applications": applications.get(row["id"], []),
        "tags": tags.get(row["id"], []),
    }


_APPLICATIONS = """
SELECT application.candidate_id, application.id, application.remote_id, application.outcome,
  {changed_at}, {remote_created_at}, {remote_updated_at}, application.rejection_reason_name,
  stage.id, stage.remote_id, stage.name, stage.position, job.id, job.name, job.remote_id
FROM integrations_application application
LEFT JOIN integrations_applicationstage stage ON stage.id = application.current_stage_id
LEFT JOIN integrations_job job ON job.id = application.job_id
WHERE application.candidate_id {ids}
  AND application.remote_deleted_at IS NULL {condition}
ORDER BY application.candidate_id, application.id
"""
APPLICATION_MOMENTS = ("changed_at", "remote_created_at", "remote_updated_at")


def _applications(scope: ReadScope, candidate_ids: Sequence[str]) -> dict[str, list[Row]]:
    """Each candidate's applications that Flatchr has.

    They have few stages and jobs in common, so each is put into JSON once for a page.
    """
    found: dict[str, list[Row]] = defaultdict(list)
    stages: dict[str | None, orjson.Fragment] = {}
    jobs: dict[str | None, orjson.Fragment] = {}
    parts = {name: moment_sql(f"application.{name}") for name in APPLICATION_MOMENTS}
    parts["condition"] = (
        f"AND {CREATED.format(application='application')}" if scope.only_created else ""
    )
    for values in among(_APPLICATIONS, candidate_ids, **parts):
        candidate_id, record_id, remote_id, outcome, changed, created, updated, why = values[:8]
        stage_id, job_id = values[8], values[12]
        if stage_id not in stages:
            stages[stage_id] = orjson.Fragment(orjson.dumps(current_stage(*values[8:12])))
        if job_id not in jobs:
            jobs[job_id] = orjson.Fragment(orjson.dumps(job(*values[12:])))
        found[candidate_id].append(
            {
                "id": record_id,
                "remote_id": known_remote_id(remote_id),
                "outcome": outcome,
                "rejection_reason_name": why,
                "rejected_at": None,
                "remote_url": None,
                "changed_at": changed,
                "remote_created_at": created,
                "remote_updated_at": updated,
                "current_stage": stages[stage_id],
                "job": jobs[job_id],
            }
        )
    return found


CANDIDATES = Listing(
    name="candidates",
    model=Candidate,
    select=select,
    render=render,
    links=(
        Link(Candidate),
        Link(Application, "candidate_id"),
        # Written when a tag is put on or taken off, and at no other time.
        Link(CandidateTag, "candidate_id"),
    ),
    narrow=narrow,
)
