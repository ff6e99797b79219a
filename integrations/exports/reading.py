"""Candidates read for export: in chunks, each with the latest of its applications and its tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet

from integrations.exports.among import Among
from integrations.models import CandidateTag

# Rows read at a time. More would save little and cost memory; fewer, and the query for tags, one
# a chunk, begins to show.
CHUNK_ROWS = 1500

LATEST = "exported_application"
"""The name under which `values_list` paths reach the candidate's latest live application."""


@dataclass(frozen=True)
class Chunk:
    """Some candidates: their ids, how many live applications each has, and what was read."""

    ids: Sequence[str]
    applications: Sequence[int]
    values: Sequence[Sequence[Any]]


def read_chunks(queryset: QuerySet[Any], sources: Sequence[Any]) -> Iterator[Chunk]:
    """The candidates of `queryset`, as it orders them; `values` has a sequence for each source.

    One query: a candidate comes as one row per application, the latest last, and of those rows
    only the last is kept. (A query for the applications of each chunk takes three times as long.)
    """
    relation = FilteredRelation("applications", condition=Q(applications__remote_deleted_at=None))
    rows = (
        queryset.annotate(**{LATEST: relation})
        .order_by(
            *_ordering(queryset),
            # Keeps the rows of a candidate together.
            "pk",
            F(f"{LATEST}__remote_created_at").asc(nulls_first=True),
            f"{LATEST}__pk",
        )
        .values_list("pk", f"{LATEST}__pk", *sources)
        .iterator(chunk_size=CHUNK_ROWS)
    )
    for kept, counts in _last_of_each(rows):
        ids, applications, *values = zip(*kept, strict=True)
        counts = [count if pk else 0 for count, pk in zip(counts, applications, strict=True)]
        yield Chunk(ids, counts, values)


def _ordering(queryset: QuerySet[Any]) -> Sequence[Any]:
    query = queryset.query
    return query.order_by or (queryset.model._meta.ordering if query.default_ordering else ())


def _last_of_each(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[list[Any], list[int]]]:
    """Of neighbouring rows with the same first value the last, and how many there were."""
    waiting: list[tuple[Any, ...]] = []
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
            yield _cut(waiting, ends)
            del waiting[: ends[-1]]
    if waiting:
        yield _cut(waiting, [len(waiting)])


def _cut(rows: list[Any], ends: list[int]) -> tuple[list[Any], list[int]]:
    return [rows[end - 1] for end in ends], [end - start for start, end in pairwise([0, *ends])]


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
