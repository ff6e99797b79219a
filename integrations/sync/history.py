"""Change history: what each update changes in a record, field by field.

New and unchanged rows cost nothing: only the rows of an update are compared with what is stored,
in one query. Of personal fields and long texts only the fact of a change is kept, not the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Count
from django.utils import timezone

from integrations import jobs
from integrations.changes.feed import KEPT_EACH
from integrations.database import batched_writes
from integrations.field_catalogue import fields_of
from integrations.models import RecordChange
from integrations.records import Model, PersonRecord
from integrations.sync.bulk.dialects import RECORD_COLUMNS, Row, Table, json_text

KEPT_FOR = timedelta(days=90)
# Records trimmed at a time.
BATCH = 2000
MAX_LENGTH = 200

# The values of these are not kept.
PERSONAL = {Model.CANDIDATES: {field.name for field in fields_of(PersonRecord)}}
LONG = {"description"}
# Moves with every other change, so it is listed only when it is the only one.
FOLLOWS = "remote_updated_at"
# Not recorded: their parents' changes show what happens to these.
NOT_RECORDED = {Model.JOB_STAGES, Model.CANDIDATE_TAGS}

_ID = RECORD_COLUMNS.index("id")
_TENANT = RECORD_COLUMNS.index("integration_id")
_DELETED = "remote_deleted_at"


def changes_by(cursor: CursorWrapper, table: Table, rows: Sequence[Row]) -> list[RecordChange]:
    """What the update to `rows` is about to change. Inside the update's transaction."""
    if table.model in NOT_RECORDED:
        return []
    columns = (_DELETED, *table.mapped)
    before = _before(cursor, table, columns, [row[_ID] for row in rows])
    places = [table.columns.index(column) for column in columns]
    now = timezone.now()
    noted = []
    for row in rows:
        old = before.get(row[_ID])
        if old is None:
            continue
        new = [row[place] for place in places]
        fields = _differences(table, columns, old, new)
        if fields:
            noted.append(
                RecordChange(
                    model=table.model,
                    record_id=row[_ID],
                    integration_id=row[_TENANT],
                    at=now,
                    fields=fields,
                )
            )
    return noted


def restorations(
    model: Model, integration_id: str, record_ids: Iterable[str], *, deleted_at: datetime
) -> list[RecordChange]:
    """The changes of records that are about to be restored, and else are as they were."""
    if model in NOT_RECORDED:
        return []
    now = timezone.now()
    fields = [{"field": _DELETED, "old": _text(deleted_at), "new": None}]
    return [
        RecordChange(
            model=model, record_id=record_id, integration_id=integration_id, at=now, fields=fields
        )
        for record_id in record_ids
    ]


@jobs.RETENTION.register("changes of records")
def retain() -> None:
    """Delete changes older than `KEPT_FOR`, and all but the newest `KEPT_EACH` of a record.

    Idempotent.
    """
    batched_writes.delete(RecordChange.objects.filter(at__lt=timezone.now() - KEPT_FOR))
    crowded = (
        RecordChange.objects.order_by()
        .values("model", "record_id")
        .annotate(count=Count("id"))
        .filter(count__gt=KEPT_EACH)
    )
    for record in list(crowded[:BATCH]):
        mine = RecordChange.objects.filter(model=record["model"], record_id=record["record_id"])
        oldest = mine.order_by("-id").values_list("id", flat=True)[KEPT_EACH - 1]
        mine.filter(id__lt=oldest).delete()


def _before(
    cursor: CursorWrapper, table: Table, columns: Sequence[str], ids: list[str]
) -> dict[str, tuple[Any, ...]]:
    names = ", ".join(f'"{column}"' for column in ("id", *columns))
    among = "= ANY(%s)"
    values: Any = ids
    if connection.vendor != "postgresql":
        among, values = "IN (SELECT value FROM json_each(%s))", json_text(ids)
    cursor.execute(f"SELECT {names} FROM {table.name} WHERE id {among}", [values])
    return {row[0]: row[1:] for row in cursor.fetchall()}


def _differences(
    table: Table, columns: Sequence[str], old: Sequence[Any], new: Sequence[Any]
) -> list[dict[str, str | None]]:
    changed = [
        (column, was, becomes)
        for column, was, becomes in zip(columns, old, new, strict=True)
        if was is not becomes and _parsed(was) != _parsed(becomes)
    ]
    if len(changed) > 1:
        changed = [change for change in changed if change[0] != FOLLOWS]
    hidden = PERSONAL.get(table.model, set()) | LONG
    return [
        {"field": column}
        if column in hidden
        else {"field": column, "old": _text(was), "new": _text(becomes)}
        for column, was, becomes in changed
    ]


def _parsed(value: Any) -> Any:
    """A value in a form that is equal for both databases: JSON parsed, times as text in UTC."""
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _text(value: Any) -> str | None:
    return None if value is None else str(_parsed(value))[:MAX_LENGTH]
