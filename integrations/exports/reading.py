"""Candidates read for export: in chunks, each with the latest of its applications and its tags."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from django.db import connection, transaction
from django.db.models import FilteredRelation, Q, QuerySet

from integrations.exports.among import Among
from integrations.exports.values import as_text
from integrations.models import CandidateTag

# Rows read at a time. More would save little and cost memory; fewer, and the query for tags, one
# a chunk, begins to show.
CHUNK_ROWS = 1500

Row = tuple[Any, ...]

LATEST = "exported_application"
"""The name under which `values_list` paths reach the candidate's latest live application."""


@dataclass(frozen=True)
class Chunk:
    """Some candidates: what is always read of each, and the values that were asked for.

    `applications` is how many live ones there are; `applied_at` when the latest was made, as the
    database writes it.
    """

    ids: Sequence[str]
    applications: Sequence[int]
    applied_at: Sequence[str | None]
    values: Sequence[Sequence[Any]]


def read_chunks(queryset: QuerySet[Any], sources: Sequence[Any]) -> Generator[Chunk, None, None]:
    """The candidates of `queryset`, as it orders them; `values` has a sequence for each source.

    One query: a candidate comes as one row per application, of which the latest is kept. (A
    query for the applications of each chunk takes three times as long.)
    """
    relation = FilteredRelation("applications", condition=Q(applications__remote_deleted_at=None))
    rows = (
        queryset.annotate(**{LATEST: relation})
        # Ending in the key, so that the rows of a candidate are neighbours.
        .order_by(*_ordering(queryset), "pk")
        .values_list("pk", f"{LATEST}__pk", as_text(f"{LATEST}__remote_created_at"), *sources)
        .iterator(chunk_size=CHUNK_ROWS)
    )
    with as_they_come():
        for kept, counts in _latest_of_each(rows):
            ids, applications, applied_at, *values = zip(*kept, strict=True)
            counts = [count if pk else 0 for count, pk in zip(counts, applications, strict=True)]
            yield Chunk(ids, counts, applied_at, values)


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


def _latest_of_each(rows: Iterator[Row]) -> Iterator[tuple[list[Row], list[int]]]:
    """Of neighbouring rows with the same first value the latest, and how many there were."""
    waiting: list[Row] = []
    while chunk := list(islice(rows, CHUNK_ROWS)):
        waiting += chunk
        ends = [
            index
            for index, (row, following) in enumerate(pairwise(waiting), start=1)
            if row[0] != following[0]
        ]
        # Of a full chunk the last rows wait: the next one may have more of the same.
        if len(chunk) < CHUNK_ROWS:
            ends.append(len(waiting))
        if ends:
            yield _condensed(waiting, ends)
            del waiting[: ends[-1]]
    if waiting:
        yield _condensed(waiting, [len(waiting)])


def _condensed(rows: list[Row], ends: list[int]) -> tuple[list[Row], list[int]]:
    """The latest row of each group, given where the groups end, and the sizes of the groups."""
    sizes = [end - start for start, end in pairwise([0, *ends])]
    latest = [
        rows[end - 1] if size == 1 else max(rows[end - size : end], key=_age)
        for end, size in zip(ends, sizes, strict=True)
    ]
    return latest, sizes


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
