"""What an update changes in records, field by field, kept for whoever asks "since when?".

Rows that are new or unchanged cost nothing here: only the rows of an update are compared, with
one look at how they were. Values of personal fields are not kept, nor are long texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Count
from django.utils import timezone

from integrations.models import RecordChange
from integrations.records import Model
from integrations.sync.bulk.dialects import KEPT, Row, Table, json_text

KEPT_EACH = 20
KEPT_FOR = timedelta(days=90)
# Records trimmed at a time.
BATCH = 2000
LONGEST = 200

# Of these only is told that they changed.
PERSONAL = {
    Model.CANDIDATES: {"first_name", "last_name", "email_addresses", "phone_numbers"},
}
LONG = {"description"}
# Moves with every other change, and says nothing by itself.
FOLLOWS = "remote_updated_at"
# Their parents' changes tell what happens to these.
NOT_TOLD = {Model.JOB_STAGES, Model.CANDIDATE_TAGS}

_ID = KEPT.index("id")
_TENANT = KEPT.index("integration_id")
_DELETED = "remote_deleted_at"


def note_changes(cursor: CursorWrapper, table: Table, rows: Sequence[Row]) -> None:
    """Write down what an update to `rows` is about to change. In the update's own transaction."""
    if table.model in NOT_TOLD:
        return
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
    RecordChange.objects.bulk_create(noted, batch_size=BATCH)


def retain() -> None:
    """Remove changes that are old, and all but the newest of each record. Idempotent."""
    RecordChange.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()
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
    """A value whichever way its database spells it: JSON parsed, a moment as text in UTC."""
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _text(value: Any) -> str | None:
    return None if value is None else str(_parsed(value))[:LONGEST]
