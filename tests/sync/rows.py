"""The mirrored tables as plain values, to be compared."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection

from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    Integration,
    Job,
    JobStage,
    MirroredRecord,
    Tag,
)

TABLES: tuple[type[MirroredRecord], ...] = (
    Job,
    ApplicationStage,
    JobStage,
    Candidate,
    Application,
    Tag,
    CandidateTag,
)
RELATIONS = {
    "job": "job__remote_id",
    "candidate": "candidate__remote_id",
    "stage": "stage__remote_id",
    "current_stage": "current_stage__remote_id",
    "tag": "tag__remote_id",
}
NAMES = {table._meta.db_table for table in TABLES}
WRITE = re.compile(r'\s*(?:INSERT (?:OR FAIL )?INTO|UPDATE|DELETE FROM)\s+"?(\w+)')
Key = tuple[str, str]
Rows = dict[Key, dict[str, Any]]


def every_row(tenant: Integration) -> Rows:
    """Every column of every mirrored row of the tenant, by table and remote id."""
    return {
        (table.__name__, row["remote_id"]): {
            name: bytes(value) if isinstance(value, memoryview) else value
            for name, value in row.items()
        }
        for table in TABLES
        for row in table.objects.filter(integration=tenant).values()
    }


def difference(before: Rows, after: Rows) -> dict[Key, set[str]]:
    """The columns that differ, row by row; `{"+"}` for a new row, `{"-"}` for one that is gone."""
    found: dict[Key, set[str]] = {}
    for key in before.keys() | after.keys():
        if key not in before or key not in after:
            found[key] = {"+" if key in after else "-"}
        elif columns := {name for name, value in after[key].items() if value != before[key][name]}:
            found[key] = columns
    return found


def moved(before: Rows, after: Rows) -> set[Key]:
    """The rows of `before` whose `changed_at` is another one now."""
    return {key for key, columns in difference(before, after).items() if "changed_at" in columns}


def as_flatchr_has_it(tenant: Integration) -> Rows:
    """What is live, without ids, times of ours and hashes: comparable between tenants.

    A relation is the remote id of a live record; one to a deleted record counts as none.
    """
    ours = {
        "id",
        "integration",
        "arrival",
        "changed_at",
        "fingerprint",
        "content_hash",
        "remote_deleted_at",
    }
    found: Rows = {}
    for table in TABLES:
        names = [field.name for field in table._meta.concrete_fields if field.name not in ours]
        wanted: list[str] = []
        for name in names:
            wanted.append(RELATIONS.get(name, name))
            if name in RELATIONS:
                wanted.append(f"{name}__remote_deleted_at")
        for row in table.objects.live().filter(integration=tenant).values(*wanted):
            for name in names:
                if name in RELATIONS and row.pop(f"{name}__remote_deleted_at"):
                    row[RELATIONS[name]] = None
            found[table.__name__, row["remote_id"]] = row
    return found


class Writes:
    """The rows of mirrored tables that statements inside the block wrote, and how many.

    PostgreSQL's COPY passes by unseen; what it wrote is a new row, which `every_row` shows.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.statements: list[str] = []
        self._watch = connection.execute_wrapper(self._note)

    def __enter__(self) -> Writes:
        self._watch.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._watch.__exit__(*exc)

    def _note(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        found = WRITE.match(sql)
        if found and found[1] in NAMES and context["cursor"].rowcount:
            self.rows += context["cursor"].rowcount
            self.statements.append(sql)
        return result
