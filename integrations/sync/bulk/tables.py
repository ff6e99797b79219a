"""The unified records as rows: the columns of each mirrored table, and a draft of each record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from operator import attrgetter
from typing import Any

import orjson

from integrations.field_catalogue import FieldType, fields_of
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
from integrations.sync.bulk.dialects import PostgreSQL, SQLite, Table, dialect, json_text


class Columns:
    """The catalogue's fields of a record class as columns: plain ones, then JSON, then timestamps,
    and at the end plain ones that were added when there were rows already.

    `content_hash` covers the values in this order. `timestamp` is the dialect's.
    """

    def __init__(self, record: type) -> None:
        fields = fields_of(record)
        plain = [field.name for field in fields if field.type.is_plain and not field.entry.added]
        objects = [field.name for field in fields if field.type is FieldType.JSON]
        timestamps = [field.name for field in fields if field.type is FieldType.MOMENT]
        added = [field.name for field in fields if field.entry.added]
        self.added = len(added)
        self.names = (*plain, *objects, *timestamps, *added)
        self._read = attrgetter(*self.names)
        self._objects = range(len(plain), len(plain) + len(objects))
        self._timestamps = range(len(plain) + len(objects), len(self.names) - self.added)

    def of(self, record: Any, timestamp: Callable[[datetime | None], Any]) -> tuple[Any, ...]:
        """The record's values, as the database takes them."""
        values = list(self._read(record))
        for place in self._objects:
            if values[place] is not None:
                values[place] = json_text(values[place])
        for place in self._timestamps:
            values[place] = timestamp(values[place])
        return tuple(values)


def _timestamp(value: datetime | None) -> Any:
    return dialect().timestamp(value)


JOB_COLUMNS = Columns(JobRecord)
PERSON_COLUMNS = Columns(PersonRecord)
APPLICATION_COLUMNS = Columns(ApplicationRecord)

# The unified fields of a person of whom nothing is kept.
NOBODY: dict[str, Any] = {
    field.name: [] if field.type is FieldType.JSON else None for field in fields_of(PersonRecord)
}

JOBS = Table(
    model=Model.JOBS,
    record=Job,
    mapped=JOB_COLUMNS.names,
    carried=("vacancy_id", "slug", "reference", "remote_data"),
)
STAGES = Table(
    model=Model.APPLICATION_STAGES,
    record=ApplicationStage,
    mapped=("name",),
    carried=("position", "visible", "hired", "remote_data"),
)
JOB_STAGES = Table(model=Model.JOB_STAGES, record=JobStage, mapped=("job_id", "stage_id", "index"))
TAGS = Table(model=Model.TAGS, record=Tag, mapped=("name",), carried=("parent_id", "discovered"))
CANDIDATES = Table(model=Model.CANDIDATES, record=Candidate, mapped=PERSON_COLUMNS.names)
APPLICATIONS = Table(
    model=Model.APPLICATIONS,
    record=Application,
    mapped=("job_id", "candidate_id", "current_stage_id", *APPLICATION_COLUMNS.names),
    carried=("person_key", "source", "score", "remote_data"),
    added=APPLICATION_COLUMNS.added,
)
CANDIDATE_TAGS = Table(
    model=Model.CANDIDATE_TAGS, record=CandidateTag, mapped=("candidate_id", "tag_id")
)


@dataclass(slots=True)
class Draft:
    """A row as Flatchr sends it now, before it is known whether it is new or changed.

    `id` is the id of a new row; None derives it from the remote id.
    """

    remote_id: str
    mapped: tuple[Any, ...]
    carried: tuple[Any, ...]
    fingerprint: bytes
    id: str | None = None


def digest(values: tuple[Any, ...]) -> bytes:
    """A 16-byte blake2b digest of `values`, which are column values."""
    return blake2b(orjson.dumps(values, default=str), digest_size=16).digest()


def content_hash(table: Table, mapped: tuple[Any, ...]) -> bytes:
    """What the mapped columns of a row are compared by. Nulls of added columns are left out of it:
    the rows that were there before these columns have not changed.
    """
    end = len(mapped)
    while end > len(table.mapped) - table.added and mapped[end - 1] is None:
        end -= 1
    return digest(mapped[:end])


def draft(remote_id: str, mapped: tuple[Any, ...], carried: tuple[Any, ...] = ()) -> Draft:
    """A draft whose fingerprint is the digest of all its values."""
    return Draft(remote_id, mapped, carried, digest((*mapped, *carried)))


def job_draft(record: JobRecord, dialect: PostgreSQL | SQLite) -> Draft:
    mapped = JOB_COLUMNS.of(record, dialect.timestamp)
    carried = (record.vacancy_id, record.slug, record.reference, record.raw)
    return draft(record.remote_id, mapped, carried)


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
    return PERSON_COLUMNS.of(person, _timestamp)


def application_columns(
    record: ApplicationRecord,
    *,
    job_id: str | None,
    candidate_id: str,
    stage_id: str | None,
    dialect: PostgreSQL | SQLite,
) -> tuple[Any, ...]:
    """The mapped columns of `APPLICATIONS`."""
    return (job_id, candidate_id, stage_id, *APPLICATION_COLUMNS.of(record, dialect.timestamp))
