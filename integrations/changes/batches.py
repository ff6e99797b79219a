"""Batches: what each transaction has changed, under numbers that are in the order of the commits.

A number is the tenant's last one plus one, or the microseconds since 1970 where these are more: so
that numbers which a crash or a restored backup has undone are not given again, to others.

Rows are stamped with `changed_at` when they are prepared, and become visible when they are
committed, later. From a batch it is known when its rows had become visible at the latest
(`known_at`), by the clock of the database; one that can be read and has no `known_at` yet may just
have. `floor` turns an instant into the earliest stamp of what may have become visible since.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from integrations import jobs
from integrations.models import ChangeBatch, ChangeSequence
from integrations.records import Model

# Rows removed in one transaction.
BATCH = 1000
# Clocks of machines are less apart than this.
CLOCK_SET_BACK = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)

_NEXT = {
    "postgresql": """
INSERT INTO integrations_changesequence AS s
  (integration_id, number, removed_through, longest)
VALUES (%(tenant)s, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, 0, 0)
ON CONFLICT (integration_id) DO UPDATE SET
  number = GREATEST(s.number + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
RETURNING number
""",
    # Older versions know no RETURNING.
    "sqlite": """
INSERT INTO integrations_changesequence (integration_id, number, removed_through, longest)
VALUES (%(tenant)s, %(now)s, 0, 0)
ON CONFLICT (integration_id) DO UPDATE SET number = max(number + 1, excluded.number)
""",
}
# It need not be on the disk: what is not settled is settled by the next sweep.
_SETTLE = {
    "postgresql": """
WITH unsynced AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS done)
UPDATE integrations_changebatch SET known_at = clock_timestamp() FROM unsynced
WHERE known_at IS NULL AND integration_id = %(tenant)s AND done IS NOT NULL
""",
    "sqlite": """
UPDATE integrations_changebatch SET known_at = %(now)s
WHERE known_at IS NULL AND integration_id = %(tenant)s
""",
}


@dataclass(frozen=True, slots=True)
class CommittedBatch:
    """What one transaction has changed. `known_at` is when it had been committed at the latest,
    None if that is not known yet.
    """

    number: int
    models: frozenset[Model]
    known_at: datetime | None


def next_number(integration_id: str) -> int:
    """The tenant's next number. Inside a transaction, and the last lock that it takes: whoever is
    given the number after waits until this one has been committed.
    """
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"tenant": integration_id, "now": time.time_ns() // 1000}
        cursor.execute(_NEXT[connection.vendor], values)
        if connection.vendor != "postgresql":
            cursor.execute(
                "SELECT number FROM integrations_changesequence WHERE integration_id = %s",
                [integration_id],
            )
        return int(cursor.fetchone()[0])


def settle(integration_id: str) -> None:
    """Note of the tenant's batches that they have been committed: those that can be read have.

    Not inside a transaction that has changed records. Idempotent.
    """
    # SQLite's writers take turns, so the time is asked for in one's own: what somebody else has
    # committed while it was waited for is settled, too, and could not be read before.
    with transaction.atomic(), connection.cursor() as cursor:
        values: dict[str, Any] = {
            "tenant": integration_id,
            "now": connection.ops.adapt_datetimefield_value(timezone.now()),
        }
        cursor.execute(_SETTLE[connection.vendor], values)


@jobs.SWEEP.register("changes")
def settle_all() -> None:
    """Settle what processes that have died, or could not write, have left. Idempotent."""
    open_ = ChangeBatch.objects.filter(known_at=None).order_by()
    for integration_id in open_.values_list("integration_id", flat=True).distinct():
        settle(integration_id)


def last_number(integration_id: str) -> int:
    """The number of the tenant's newest batch; 0 before there is one."""
    found = ChangeSequence.objects.filter(pk=integration_id).values_list("number", flat=True)
    return found.first() or 0


def removed_through(integration_id: str) -> int:
    """The highest number whose batch was removed, since it was kept for long enough; 0 for none."""
    found = ChangeSequence.objects.filter(pk=integration_id)
    return found.values_list("removed_through", flat=True).first() or 0


def batches_after(integration_id: str, number: int, *, limit: int = 1000) -> list[CommittedBatch]:
    """The tenant's batches after `number`, at most `limit`, in the order of their commits.

    A batch whose number is below that of one that was returned never appears later.
    """
    rows = ChangeBatch.objects.filter(integration_id=integration_id, number__gt=number)
    numbers = rows.order_by("number").values_list("number", flat=True).distinct()[:limit]
    found: dict[int, tuple[set[Model], datetime | None]] = {}
    for row in rows.filter(number__in=list(numbers)).order_by("number", "place"):
        models, _ = found.setdefault(row.number, (set(), row.known_at))
        models.add(Model(row.model))
    return [
        CommittedBatch(number, frozenset(models), known_at)
        for number, (models, known_at) in found.items()
    ]


def floor(integration_id: str, since: datetime, models: Collection[Model]) -> datetime:
    """The earliest `changed_at` of what may have become visible after `since`, of `models`.

    Every record of them that could not be read at `since`, by the clock of the database, and can
    be read now has this stamp or a later one. What could be read already may have one, too.
    """
    with connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(models))
        cursor.execute(
            _FLOOR.format(models=marks),
            [
                *(integration_id, *(model.value for model in models)),
                *(integration_id, *(model.value for model in models)),
                connection.ops.adapt_datetimefield_value(since),
                integration_id,
            ],
        )
        earliest, removed_until, longest = cursor.fetchone()
    if removed_until is not None and since <= _moment(removed_until):
        since -= timedelta(microseconds=longest)
    return since if earliest is None else min(since, _moment(earliest))


# Two statements with one index condition each, for an OR would read all batches of the tenant.
_FLOOR = """
SELECT (
  SELECT MIN(changed_at) FROM (
    SELECT MIN(changed_at) AS changed_at FROM integrations_changebatch
    WHERE integration_id = %s AND known_at IS NULL AND model IN ({models})
    UNION ALL
    SELECT MIN(changed_at) FROM integrations_changebatch
    WHERE integration_id = %s AND model IN ({models}) AND known_at >= %s
  ) AS unseen
), s.removed_until, s.longest
FROM (SELECT 1) AS one LEFT JOIN integrations_changesequence s ON s.integration_id = %s
"""


def _moment(value: Any) -> datetime:
    """A time as a statement of our own returns it: on SQLite a text, or a time without a zone."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@jobs.RETENTION.register("changes")
def retain() -> None:
    """Remove batches that were kept for `CHANGES_KEEP_DAYS`. Idempotent.

    How long the longest of them took to become visible stays known, so that `floor` holds for
    earlier instants, too.
    """
    now = jobs.now()
    before = now - timedelta(days=settings.CHANGES_KEEP_DAYS)
    for integration_id in ChangeSequence.objects.values_list("pk", flat=True):
        of_tenant = ChangeBatch.objects.filter(integration_id=integration_id)
        # Settled by a clock that was set back since: else they and all after them would stay, and
        # every `updated_after` would find them, until that time has come.
        of_tenant.filter(known_at__gt=now + CLOCK_SET_BACK).update(known_at=now)
        oldest = of_tenant.order_by("number", "place").values_list("known_at", flat=True).first()
        if oldest is None or oldest >= before:
            continue
        while _remove_some(integration_id, before):
            pass


def _remove_some(integration_id: str, before: datetime) -> bool:
    """Remove at most `BATCH` rows; whether there may be more."""
    old = ChangeBatch.objects.filter(integration_id=integration_id).order_by("number", "place")
    rows = list(old.values_list("pk", "number", "changed_at", "known_at")[:BATCH])
    # In the order of the numbers: what is left has no gap.
    rows = list(takewhile(lambda row: row[3] is not None and row[3] < before, rows))
    if not rows:
        return False
    # No part of a number stays behind.
    through = rows[-1][1]
    removed = old.filter(number__lte=through)
    with transaction.atomic():
        sequence = ChangeSequence.objects.select_for_update().get(pk=integration_id)
        ends: list[tuple[datetime, datetime]] = [
            (changed_at, known_at)
            for changed_at, known_at in removed.values_list("changed_at", "known_at")
            if known_at is not None
        ]
        took = max((known_at - changed_at) // _MICROSECOND for changed_at, known_at in ends)
        until = max(known_at for _, known_at in ends)
        sequence.longest = max(sequence.longest, took)
        sequence.removed_through = max(sequence.removed_through, through)
        sequence.removed_until = max(until, sequence.removed_until or until)
        sequence.save(update_fields=["longest", "removed_through", "removed_until"])
        removed.delete()
    return len(rows) == BATCH
