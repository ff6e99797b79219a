"""GET /ats/jobs (`docs/unified-api.md §5.1`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection
from django.db.models import QuerySet

from integrations.api.reads.changes import Link
from integrations.api.reads.listing import Listing
from integrations.api.reads.parameters import Parameters
from integrations.api.reads.rows import Row, among, as_stored, moments, texts
from integrations.api.reads.scope import ReadScope
from integrations.enumerations import EmploymentType, JobStatus, Visibility
from integrations.field_catalogue import FieldType, api_names
from integrations.models import Job, JobStage, RecordQuerySet
from integrations.records import JobRecord

# Columns that go out as they are, as their JSON text, and as times.
PLAIN = ("id", "remote_id", *api_names(JobRecord, FieldType.TEXT, FieldType.NUMBER))
STORED = api_names(JobRecord, FieldType.JSON)
MOMENTS = (*api_names(JobRecord, FieldType.MOMENT), "changed_at", "remote_deleted_at")


def narrow(jobs: RecordQuerySet, parameters: Parameters) -> RecordQuerySet:
    """Limited by the list's own parameters."""
    return (
        jobs.with_value("post_url", parameters.text("post_url"))
        .with_any("status", parameters.several_of("statuses", JobStatus))
        .with_value("status", parameters.one_of("status", JobStatus))
        .with_any("employment_type", parameters.several_of("employment_types", EmploymentType))
        .with_any("visibility", parameters.several_of("visibilities", Visibility))
        .created_since(parameters.moment("remote_created_after"))
        .containing("name", parameters.text("name_contains"))
    )


def select(scope: ReadScope, jobs: QuerySet[Any]) -> QuerySet[Any]:
    """The columns that `render` reads."""
    shown = (*STORED, "remote_data") if scope.remote_data else STORED
    return jobs.values(*PLAIN, "arrival", **moments(*MOMENTS), **texts(*shown))


def render(_: ReadScope, rows: Sequence[Row]) -> list[bytes]:
    """Jobs as JSON objects, each with its stages."""
    stages = _stages([row["id"] for row in rows])
    return [orjson.dumps(_job(row, stages.get(row["id"], []))) for row in rows]


def _job(row: Row, stages: list[orjson.Fragment]) -> Row:
    return {
        **{name: row[name] for name in PLAIN},
        **{name: row[f"{name}_text"] for name in MOMENTS},
        **{name: as_stored(row[f"{name}_text"]) for name in STORED},
        "job_code": None,
        "confidential": None,
        "weekly_hours": None,
        "remote_url": None,
        "contact_id": None,
        "remote_data": as_stored(row.get("remote_data_text")),
        "stages": stages,
        "screening_questions": [],
        "job_postings": [],
        "hiring_team": [],
    }


# Each job's stages as one text: of 100 jobs and 8 stages, 100 rows instead of 800.
_STAGES_OF = """
SELECT link.job_id, {gather}
FROM integrations_jobstage link
JOIN integrations_applicationstage stage ON stage.id = link.stage_id
WHERE link.job_id {ids}
  AND link.remote_deleted_at IS NULL AND stage.remote_deleted_at IS NULL
GROUP BY link.job_id
"""
_GATHER = {
    "postgresql": """string_agg(link."index" || ':' || stage.id, ' ')""",
    "sqlite": """group_concat(link."index" || ':' || stage.id, ' ')""",
}
_STAGES = """
SELECT stage.id, stage.remote_id, stage.name
FROM integrations_applicationstage stage WHERE stage.id {ids}
"""


def _stages(job_ids: Sequence[str]) -> dict[str, list[orjson.Fragment]]:
    """Each job's stages in their order. Stages hidden in Flatchr are among them.

    Jobs have the company's few stages in common, so each list of them is put together once for a
    page.
    """
    texts_of = dict(among(_STAGES_OF, job_ids, gather=_GATHER[connection.vendor]))
    placed = {text: _placed(text) for text in set(texts_of.values())}
    ids = {stage_id for places in placed.values() for _, stage_id in places}
    # One can have gone since, with its tenant.
    known = {row[0]: row[1:] for row in among(_STAGES, list(ids))}
    lists = {
        text: [
            orjson.Fragment(orjson.dumps(_stage(at, index, *known[at])))
            for index, at in places
            if at in known
        ]
        for text, places in placed.items()
    }
    return {job_id: lists[text] for job_id, text in texts_of.items()}


def _placed(text: str) -> list[tuple[int, str]]:
    """(index, stage id) in order, of "2:id 1:id"."""
    pairs = (place.split(":", 1) for place in text.split(" "))
    return sorted((int(index), stage_id) for index, stage_id in pairs)


def _stage(stage_id: str, index: int, remote_id: str, name: str) -> Row:
    return {
        "id": stage_id,
        "remote_id": remote_id,
        "name": name,
        "status": None,
        "custom_fields": {},
        "integration_fields": [],
        "remote_data": None,
        "index": index,
    }


JOBS = Listing(
    name="jobs",
    model=Job,
    select=select,
    render=render,
    # A job stage is written when it is added, taken off or moved; a stage's own change is not
    # the job's.
    links=(Link(Job), Link(JobStage, "job_id")),
    narrow=narrow,
    unsupported=("job_codes",),
    # Of vacancies there are thousands at most.
    few=1_000,
)
