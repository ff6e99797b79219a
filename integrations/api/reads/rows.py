"""Pieces of the records that several lists show (`docs/unified-api.md §5`)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection
from django.db.models import F, Func, TextField
from django.db.models.functions import Cast

from integrations.records import PROVISIONAL

Row = dict[str, Any]

# The pattern that the contract gives for an address (§5.2); any other is left out.
_EMAIL = re.compile(r"(?!\.)(?!.*\.\.)([\w'+-.]*)[\w+-]@([\da-z][\da-z-]*\.)+[a-z]{2,}", re.ASCII)


# A time as `bodies.moment` writes it, made by the database: making objects of the hundreds on a
# page and texts of those took a fifth of the page's time. Milliseconds are cut off, not rounded.
_MOMENTS = {
    "postgresql": (
        """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
    ),
    "sqlite": "replace(substr(%(expressions)s || '.000', 1, 23), ' ', 'T') || 'Z'",
}


def moments(*columns: str) -> dict[str, Func]:
    """Times as they go out, each as `<column>_text`."""
    template = _MOMENTS[connection.vendor]
    return {
        f"{column}_text": Func(F(column), template=template, output_field=TextField())
        for column in columns
    }


def moment_sql(column: str) -> str:
    """The same, for a statement."""
    return _MOMENTS[connection.vendor] % {"expressions": column}


def texts(*columns: str) -> dict[str, Cast]:
    """JSON columns as the database writes them, each as `<column>_text`, to go out unread."""
    return {f"{column}_text": Cast(column, TextField()) for column in columns}


def as_stored(text: str | None) -> orjson.Fragment | None:
    """JSON text, for the answer."""
    return None if text is None else orjson.Fragment(text)


def known_remote_id(remote_id: str) -> str | None:
    """An application's remote id; null while Flatchr has not shown it."""
    return None if remote_id.startswith(PROVISIONAL) else remote_id


def emails(text: str) -> list[Row]:
    """The addresses of a candidate, as `[{type, email_address}]`."""
    return [
        {"type": item.get("type"), "email_address": item["email_address"]}
        for item in orjson.loads(text)
        if _EMAIL.fullmatch(item.get("email_address") or "")
    ]


def phones(text: str) -> list[Row]:
    """The numbers of a candidate, as `[{type, phone_number}]`."""
    return [
        {"type": item.get("type"), "phone_number": item["phone_number"]}
        for item in orjson.loads(text)
        if item.get("phone_number")
    ]


def current_stage(
    stage_id: str | None, remote_id: str | None, name: str | None, position: int | None
) -> Row | None:
    """An application's stage. All keys of the contract's three shapes: each takes the others'."""
    if stage_id is None:
        return None
    return {
        "id": stage_id,
        "remote_id": remote_id,
        "name": name,
        "status": None,
        "custom_fields": {},
        "integration_fields": [],
        # Every column of a company belongs to every job, at the same place (`docs/mapping.md`).
        "index": position,
    }


def job(job_id: str | None, name: str | None, remote_id: str | None) -> Row | None:
    """An application's job."""
    if job_id is None:
        return None
    return {"id": job_id, "name": name, "remote_id": remote_id}


_TAGS = """
SELECT link.candidate_id, tag.id, tag.name, tag.remote_id
FROM integrations_candidatetag link JOIN integrations_tag tag ON tag.id = link.tag_id
WHERE link.candidate_id {ids}
  AND link.remote_deleted_at IS NULL AND tag.remote_deleted_at IS NULL
ORDER BY link.candidate_id, tag.id
"""


def tags_of(candidate_ids: Sequence[str]) -> dict[str, list[Row]]:
    """The tags on each candidate, as `[{id, name, remote_id}]`."""
    found: dict[str, list[Row]] = defaultdict(list)
    for candidate_id, tag_id, name, remote_id in among(_TAGS, candidate_ids):
        found[candidate_id].append({"id": tag_id, "name": name, "remote_id": remote_id})
    return found


# The ids are one JSON text, whatever their number. PostgreSQL is given them as the outcome of a
# subquery: of an array that it sees beforehand it weighs each value against its statistics, which
# took longer than the look-up.
_ONE_OF = {
    "postgresql": "= ANY(ARRAY(SELECT jsonb_array_elements_text(%s)))",
    "sqlite": "IN (SELECT value FROM json_each(%s))",
}


def among(statement: str, ids: Sequence[str], **parts: str) -> list[tuple[Any, ...]]:
    """The rows of `statement`, in which `{ids}` stands for the condition "is one of `ids`".

    The records inside those of a page come from the same few joins each time; compiling them by
    the ORM took a third of the page's time.
    """
    if not ids:
        return []
    with connection.cursor() as cursor:
        one_of = _ONE_OF[connection.vendor]
        cursor.execute(statement.format(ids=one_of, **parts), [orjson.dumps(ids).decode()])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
