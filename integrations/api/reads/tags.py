"""GET /ats/tags (`docs/unified-api.md §5.5`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.db.models import QuerySet

from integrations.api.reads.changes import Link
from integrations.api.reads.listing import Listing
from integrations.api.reads.rows import Row, moments
from integrations.api.reads.scope import Scope
from integrations.models import Tag


def select(_: Scope, tags: QuerySet[Any]) -> QuerySet[Any]:
    """The columns that `render` reads."""
    told = moments("changed_at", "remote_deleted_at")
    return tags.values("id", "arrival", "remote_id", "name", **told)


def render(_: Scope, rows: Sequence[Row]) -> list[bytes]:
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


TAGS = Listing(name="tags", model=Tag, select=select, render=render, links=(Link(Tag),))
