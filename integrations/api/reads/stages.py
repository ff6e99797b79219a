"""GET /ats/application-stages (`docs/unified-api.md §5.4`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.db.models import QuerySet

from integrations.api.reads.changes import Link
from integrations.api.reads.listing import Listing
from integrations.api.reads.rows import Row, as_stored, moments, texts
from integrations.api.reads.scope import Scope
from integrations.models import ApplicationStage

MOMENTS = ("changed_at", "remote_deleted_at")


def select(scope: Scope, stages: QuerySet[Any]) -> QuerySet[Any]:
    """The columns that `render` reads."""
    raw = texts("remote_data") if scope.remote_data else {}
    return stages.values("id", "arrival", "remote_id", "name", **moments(*MOMENTS), **raw)


def render(_: Scope, rows: Sequence[Row]) -> list[bytes]:
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
    select=select,
    render=render,
    links=(Link(ApplicationStage),),
)
