"""GET /ats/application-stages and /ats/tags (`docs/unified-api.md §5.4`, §5.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.db.models import QuerySet

from integrations.api.reads.changes import Link
from integrations.api.reads.listing import Listing
from integrations.api.reads.rows import Row, as_stored, moments, texts
from integrations.api.reads.scope import ReadScope
from integrations.models import ApplicationStage, Tag

MOMENTS = ("changed_at", "remote_deleted_at")


def select_stages(scope: ReadScope, stages: QuerySet[Any]) -> QuerySet[Any]:
    """The columns that `render` reads."""
    raw = texts("remote_data") if scope.remote_data else {}
    return stages.values("id", "arrival", "remote_id", "name", **moments(*MOMENTS), **raw)


def render_stages(_: ReadScope, rows: Sequence[Row]) -> list[bytes]:
    """Stages as JSON objects."""
    return [
        orjson.dumps(
            {
                "id": row["id"],
                "remote_id": row["remote_id"],
                "name": row["name"],
                "status": None,
                "custom_fields": {},
                "integration_fields": [],
                "remote_data": as_stored(row.get("remote_data_text")),
                "changed_at": row["changed_at_text"],
                "remote_deleted_at": row["remote_deleted_at_text"],
            }
        )
        for row in rows
    ]


STAGES = Listing(
    name="application-stages",
    model=ApplicationStage,
    select=select_stages,
    render=render_stages,
    links=(Link(ApplicationStage),),
)


def select_tags(_: ReadScope, tags: QuerySet[Any]) -> QuerySet[Any]:
    """The columns that `render` reads."""
    return tags.values("id", "arrival", "remote_id", "name", **moments(*MOMENTS))


def render_tags(_: ReadScope, rows: Sequence[Row]) -> list[bytes]:
    """Tags as JSON objects. One value of a Flatchr tag is a tag here, so there is no raw one."""
    return [
        orjson.dumps(
            {
                "id": row["id"],
                "remote_id": row["remote_id"],
                "name": row["name"],
                "remote_data": None,
                "changed_at": row["changed_at_text"],
                "remote_deleted_at": row["remote_deleted_at_text"],
            }
        )
        for row in rows
    ]


TAGS = Listing(name="tags", model=Tag, select=select_tags, render=render_tags, links=(Link(Tag),))
