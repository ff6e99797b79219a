"""Candidates read for export: in chunks, each with the latest of its applications and its tags."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from itertools import compress, count, islice, pairwise
from operator import ne
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, FilteredRelation, Q, QuerySet, TextField, Value, When
from django.db.models.expressions import Combinable

from integrations.exports.streaming import Row, stream
from integrations.exports.values import as_text
from integrations.models import CandidateTag
from integrations.models.conditions import Among

# Rows read at a time. More would save little and cost memory; fewer, and what is done once for
# each batch begins to show.
CHUNK_ROWS = 1500

LATEST = "exported_application"
"""The name under which `values_list` paths reach the candidate's latest live application."""

TAG = "exported_tag"


@dataclass(frozen=True)
class Chunk:
    """Some records: what is always read of each, and the values that were asked for.

    Of candidates, `applications` is how many live ones there are, `applied_at` when the latest
    was made, as the database writes it, and `tags` the names of the tags, sorted and joined.
    """

    ids: Sequence[str]
    values: Sequence[Sequence[Any]]
    applications: Sequence[int] = ()
    applied_at: Sequence[str | None] = ()
    tags: Sequence[str] = ()


def read_chunks(
    queryset: QuerySet[Any], sources: Sequence[Any], *, with_tags: bool
) -> Generator[Chunk, None, None]:
    """The candidates of `queryset`, as it orders them; `values` has a sequence for each source.

    One query: a candidate comes as one row per application and tag, of which that of the latest
    application is kept. (A query for the applications of each chunk takes three times as long,
    and a subquery for the tags of each candidate longer than all the rest.)
    """
    rows = _rows(queryset, sources, with_tags)
    with as_they_come(), closing(_taken(rows)) as taken:
        for several, ends in _whole_candidates(taken):
            yield _chunk(several, ends)


def _rows(queryset: QuerySet[Any], sources: Sequence[Any], with_tags: bool) -> QuerySet[Any]:
    """Rows of the candidate's id, an application's id and moment, a tag's key and name, and what
    was asked for. The rows of a candidate are neighbours.
    """
    relations = {LATEST: _live("applications")}
    tag: tuple[str | Combinable, ...] = (Value(None, TextField()), Value(None, TextField()))
    order = [*_ordering(queryset)]
    if not {"pk", "-pk", "id", "-id"}.intersection(part for part in order if type(part) is str):
        order.append("pk")
    if with_tags:
        relations[TAG] = _live("candidate_tags")
        still_there = When(**{f"{TAG}__tag__remote_deleted_at": None}, then=F(f"{TAG}__tag__name"))
        tag = (f"{TAG}__pk", Case(still_there))
        if connection.vendor == "postgresql":
            # As its collation has it; SQLite, where this would take a pass of its own, has none.
            order += [f"{TAG}__tag__name", f"{TAG}__tag_id"]
    applied_at = as_text(f"{LATEST}__remote_created_at")
    return (
        queryset.annotate(**relations)
        .order_by(*order)
        .values_list("pk", f"{LATEST}__pk", applied_at, *tag, *sources)
    )


def _live(name: str) -> FilteredRelation:
    return FilteredRelation(name, condition=Q(**{f"{name}__remote_deleted_at": None}))


def _taken(rows: QuerySet[Any]) -> Generator[Row, None, None]:
    if connection.vendor == "postgresql":
        return stream(rows, CHUNK_ROWS)
    return rows.iterator(chunk_size=CHUNK_ROWS)  # type: ignore[return-value]


def as_they_come() -> AbstractContextManager[None]:
    """Let PostgreSQL hand out rows while it finds more.

    Outside a transaction a cursor of its own outlives the statement only by finding and storing
    every row first: a second per 100,000 before the first one comes. In SQLite, where a
    transaction would keep everybody else from writing, rows always come one by one.

    Whoever reads within it writes nothing on the same connection before its end: that would be
    seen by nobody until then, and by nobody at all if the reading is broken off.
    """
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


def _ordering(queryset: QuerySet[Any]) -> Sequence[Any]:
    query = queryset.query
    return query.order_by or (queryset.model._meta.ordering if query.default_ordering else ())


def _whole_candidates(rows: Iterator[Row]) -> Iterator[tuple[list[Row], list[int]]]:
    """Some rows at a time, never a part of a candidate's, and where each candidate's end."""
    waiting: list[Row] = []
    while batch := list(islice(rows, CHUNK_ROWS)):
        waiting += batch
        ids = [row[0] for row in waiting]
        ends = list(compress(count(1), map(ne, ids, islice(ids, 1, None))))
        # Of a full batch the last rows wait: the next one may have more of the same.
        if len(batch) < CHUNK_ROWS:
            ends.append(len(waiting))
        if ends:
            yield waiting[: ends[-1]], ends
            del waiting[: ends[-1]]
    if waiting:
        yield waiting, [len(waiting)]


def _chunk(rows: list[Row], ends: list[int]) -> Chunk:
    """What is told of each candidate, given where the rows of each end."""
    kept = [rows[end - 1] for end in ends]
    counts = [1 if row[1] else 0 for row in kept]
    names = [row[4] or "" for row in kept]
    # Most have one row, and then that is all.
    if len(kept) < len(rows):
        put_in_order = list if connection.vendor == "postgresql" else sorted
        for place, (start, end) in enumerate(pairwise([0, *ends])):
            if end - start == 1:
                continue
            theirs = rows[start:end]
            applications = {row[1] for row in theirs}
            if len(applications) > 1:
                kept[place] = max(theirs, key=_age)
                counts[place] = len(applications)
            if tags := {row[3]: row[4] for row in theirs if row[4]}:
                names[place] = "; ".join(put_in_order(tags.values()))
    ids, _, applied_at, _, _, *values = zip(*kept, strict=True)
    return Chunk(ids, values, counts, applied_at, names)


def _age(row: Row) -> tuple[str, str]:
    """By when the application was made, as the database writes it, then by its id."""
    _, application, made = row[:3]
    return made or "", application


def tags_of(chunk: Chunk) -> Iterable[str]:
    """For each candidate the names of the tags that Flatchr still has on it, sorted."""
    names: dict[str, list[str]] = {}
    for candidate_id, name in (
        CandidateTag.objects.filter(
            Among("candidate_id", chunk.ids), remote_deleted_at=None, tag__remote_deleted_at=None
        )
        .order_by("tag__name", "tag_id")
        .values_list("candidate_id", "tag__name")
    ):
        if name:
            names.setdefault(candidate_id, []).append(name)
    return ["; ".join(names.get(candidate_id, ())) for candidate_id in chunk.ids]
