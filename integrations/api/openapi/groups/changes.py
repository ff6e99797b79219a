"""The feed of changes."""

from __future__ import annotations

from integrations.api.openapi.operations import Failure, Operation, OperationGroup
from integrations.api.openapi.queries import of_reader
from integrations.api.openapi.shapes import (
    ID,
    OTHER_ID,
    Schema,
    array,
    integer,
    moment,
    one_of,
    record,
    ref,
    string,
)
from integrations.api.reads.feed import KINDS, FeedQuery
from integrations.changes.models import API_NAMES

_POSITION = "MTc5NTg4MzQwNTEyMzQ1NjowOjE3OTU4ODM0MDUwMDAxMjM6OGZMZVp4MlFtN0tjVnRSNHlOYldkUGpI"
_SHOWN = ("Application", "Candidate", "Job", "ApplicationStage", "Tag", "JobStageLink", "TagLink")

_TIMES: dict[str, Schema] = {
    "changed_at": moment("When the record last changed in Relais."),
    "remote_deleted_at": moment(
        "When the record was found to be gone from Flatchr.", null=True, example=None
    ),
}
_JOB_STAGE_LINK = record(
    {
        "id": string(example=ID),
        "job_id": string(example=ID),
        "stage_id": string(example=OTHER_ID),
        "index": integer("The stage's place in the pipeline of the job.", example=2),
        **_TIMES,
    }
)
_TAG_LINK = record(
    {
        "id": string(example=ID),
        "candidate_id": string(example=ID),
        "tag_id": string(example=OTHER_ID),
        **_TIMES,
    }
)
_CHANGED = record(
    {
        "position": string("Behind this record in the feed.", example=_POSITION),
        "model": one_of(API_NAMES.values(), "As `data-changed` names it.", example="ats_jobs"),
        "id": string("The record's id in Relais.", example=ID),
        "kind": one_of(
            KINDS,
            "What has become of it since the position that was asked for. A record that was "
            "first stored since is `created`, even if it has changed again.",
            example="updated",
        ),
        "changed_fields": {
            **array(
                {"type": "string"},
                "The fields that have changed, of an update or a restoration; empty where only "
                "what it is shown with has. Null when it has changed more often than is kept.",
                example=["outcome"],
            ),
            "type": ["array", "null"],
        },
        "changed_at": moment("When the record last changed in Relais."),
        "record": {
            "anyOf": [*map(ref, _SHOWN), {"type": "null"}],
            "description": "As its list shows it now; null when the scopes leave its model out.",
        },
    }
)
_PAGE = record(
    {
        "next": string(
            "Where to go on, at any later time: send it as `after`. It is always there.",
            example=_POSITION,
        ),
        "results": array(ref("ChangedRecord")),
    }
)

CHANGES = OperationGroup(
    "Follow changes",
    "Every change of every record, in the order in which they were committed, so that a copy is "
    "kept in step without a clock. Begin with `after=now`, read the lists as a whole, and go on "
    "from the position that you were given first.",
    (
        Operation(
            "GET changes",
            "Follow changes",
            "What has changed behind a position. A record that has changed several times comes "
            "once, as it is now. Store records by `id`: one may come again. A position can be gone "
            "on from as long as what has changed since is kept; after that the answer is 410, and "
            "the lists have to be read as a whole.",
            data=_PAGE,
            query=of_reader(FeedQuery),
            sample_query={"after": _POSITION, "wait": 30},
            failures=(
                Failure(
                    410,
                    "PLATFORM.INPUT_INVALID",
                    "The position is older than what is kept of changes.",
                ),
            ),
        ),
    ),
    {"ChangedRecord": _CHANGED, "JobStageLink": _JOB_STAGE_LINK, "TagLink": _TAG_LINK},
)
