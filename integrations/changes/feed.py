"""The feed: which records have changed since a position, in the order of the commits.

A record is found where it has changed last, and once, however often it has changed since: in the
batch of the `changed_at` that it has. One that changes again while the feed is read moves to the
end of it, so whoever goes on from a position misses none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from integrations.changes import batches
from integrations.changes.models import RECORDS
from integrations.models import ChangeBatch, RecordChange
from integrations.records import Model

# So many of a record's changes are kept (`sync/history.py`).
KEPT_EACH = 20
# Batches looked at together.
CHUNK = 200
# Greater than any place: behind all that one transaction has changed.
END = 2**15 - 1
DELETED = "remote_deleted_at"


class FeedPosition(NamedTuple):
    """A place in the feed: behind one record, or behind all of a number."""

    number: int
    place: int = END
    arrival: int = 0
    id: str = ""

    @property
    def seen_through(self) -> int:
        """The highest number of which everything is before this place."""
        return self.number if self.place == END else self.number - 1


class PositionExpired(Exception):
    """Changes after this position have been removed."""


@dataclass(frozen=True, slots=True)
class ChangedRecord:
    """A record that has changed. `created`: it was first stored after the position that was read
    from; `restored`: it was back after a deletion. `fields` are those that have changed; None when
    more has changed than is kept.
    """

    position: FeedPosition
    model: Model
    id: str
    created: bool
    restored: bool
    fields: list[str] | None


@dataclass(slots=True)
class FeedPage:
    """Records in the order of their positions, and where to go on."""

    records: list[ChangedRecord]
    following: FeedPosition


@dataclass(slots=True)
class _Found:
    """Where a record was found, before more is known of it."""

    position: FeedPosition
    batch: ChangeBatch
    history: list[RecordChange] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        """Whether the batch has stored it first."""
        first, last = self.batch.arrival_from, self.batch.arrival_to
        return first is not None and last is not None and first <= self.position.arrival <= last


def beginning(integration_id: str) -> FeedPosition:
    """The earliest position that can be read from."""
    return FeedPosition(batches.removed_through(integration_id))


def newest(integration_id: str) -> FeedPosition:
    """Behind everything that can be read."""
    return FeedPosition(batches.last_number(integration_id))


def read(
    integration_id: str, after: FeedPosition, *, models: Collection[Model], limit: int
) -> FeedPage:
    """At most `limit` records of `models` that have changed after a position.

    Raises `PositionExpired`. What has been committed when this is called is on the page, or comes
    after its `following`.
    """
    # In this order: what is removed meanwhile is found to be missing, and a batch that is committed
    # meanwhile is not passed over.
    last = batches.last_number(integration_id)
    found: list[_Found] = []
    for batch in _batches(integration_id, after, last, models):
        found += _records(batch, after, limit + 1 - len(found))
        if len(found) > limit:
            break
    if after.seen_through < batches.removed_through(integration_id):
        raise PositionExpired
    following = FeedPosition(max(last, after.number))
    if len(found) > limit:
        found = found[:limit]
        following = found[-1].position
    return FeedPage(list(_described(integration_id, after, found)), following)


def _batches(
    integration_id: str, after: FeedPosition, last: int, models: Collection[Model]
) -> Iterator[ChangeBatch]:
    """The batches that have records after the position, through the number `last`."""
    rows = ChangeBatch.objects.filter(
        integration_id=integration_id, model__in=list(models), number__lte=last
    ).order_by("number", "place")
    behind = Q(number=after.number, place__gte=after.place) | Q(number__gt=after.number)
    while chunk := list(rows.filter(behind, number__gte=after.number)[:CHUNK]):
        yield from _with_records(chunk)
        number, place = chunk[-1].number, chunk[-1].place
        after = FeedPosition(number, place)
        behind = Q(number=number, place__gt=place) | Q(number__gt=number)


def _with_records(chunk: Sequence[ChangeBatch]) -> list[ChangeBatch]:
    """Those of which a record has not changed again since."""
    alive: set[int] = set()
    for model in {batch.model for batch in chunk}:
        records = RECORDS[Model(model)].objects.filter(changed_at=OuterRef("changed_at"))
        own = ChangeBatch.objects.filter(pk__in=[row.pk for row in chunk if row.model == model])
        alive.update(own.filter(Exists(records.order_by())).values_list("pk", flat=True))
    return [batch for batch in chunk if batch.pk in alive]


def _records(batch: ChangeBatch, after: FeedPosition, limit: int) -> list[_Found]:
    """At most `limit` records of the batch after the position."""
    arrival, record_id = -1, ""
    if (batch.number, batch.place) == (after.number, after.place):
        arrival, record_id = after.arrival, after.id
    table = RECORDS[Model(batch.model)]._meta.db_table
    found: list[_Found] = []
    while len(found) < limit:
        with connection.cursor() as cursor:
            # Without the tenant, for whose own indexes a planner could take a fancy: hardly ever
            # has another tenant the same microsecond.
            cursor.execute(
                f"SELECT arrival, id, integration_id FROM {table} WHERE changed_at = %s"  # noqa: S608
                " AND (arrival, id) > (%s, %s) ORDER BY arrival, id LIMIT %s",
                [
                    connection.ops.adapt_datetimefield_value(batch.changed_at),
                    *(arrival, record_id, limit),
                ],
            )
            rows = cursor.fetchall()
        found += [
            _Found(FeedPosition(batch.number, batch.place, arrival, record_id), batch)
            for arrival, record_id, tenant in rows
            if tenant == batch.integration_id
        ]
        if len(rows) < limit:
            break
        arrival, record_id, _ = rows[-1]
    return found[:limit]


def _described(
    integration_id: str, after: FeedPosition, found: Sequence[_Found]
) -> Iterator[ChangedRecord]:
    by_model: dict[str, dict[str, _Found]] = {}
    for one in found:
        by_model.setdefault(one.batch.model, {})[one.position.id] = one
    new: set[str] = set()
    for model, records in by_model.items():
        changes = RecordChange.objects.filter(
            model=model,
            record_id__in=list(records),
            integration_id=integration_id,
            number__gt=after.seen_through,
        )
        for change in changes.order_by("id"):
            records[change.record_id].history.append(change)
        new |= _new(integration_id, model, after, records.values())
    for one in found:
        names = [entry["field"] for change in one.history for entry in change.fields]
        fields = [name for name in dict.fromkeys(names) if name != DELETED]
        created = one.position.id in new
        whole = created or len(one.history) < KEPT_EACH
        yield ChangedRecord(
            position=one.position,
            model=Model(one.batch.model),
            id=one.position.id,
            created=created,
            restored=DELETED in names,
            fields=([] if created else fields) if whole else None,
        )


def _new(integration_id: str, model: str, after: FeedPosition, found: Iterable[_Found]) -> set[str]:
    """The ids of the records that were first stored after the position."""
    new = {one.position.id for one in found if one.is_new}
    others = [one.position for one in found if not one.is_new]
    if others:
        arrivals = [position.arrival for position in others]
        ranges = ChangeBatch.objects.filter(
            integration_id=integration_id,
            model=model,
            number__gt=after.seen_through,
            arrival_to__gte=min(arrivals),
            arrival_from__lte=max(arrivals),
        ).values_list("arrival_from", "arrival_to")
        for first, last in ranges:
            new |= {
                position.id
                for position in others
                if first is not None and last is not None and first <= position.arrival <= last
            }
    return new
