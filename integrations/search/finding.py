"""The records that a search finds, of the tenants that its user may see.

Names, addresses and numbers are looked for in `SearchEntry`, ids in the records' own indexes,
and applications by their ids or by their candidates. Nothing is counted past `CAP`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from integrations.models import (
    NEWEST_FIRST,
    Application,
    Candidate,
    Integration,
    Job,
    MirroredRecord,
    SearchEntry,
    SearchKind,
)
from integrations.models.conditions import Among
from integrations.search.terms import SHORT, Search

_TABLE = SearchEntry._meta.db_table

CAP = 1000
SHOWN = 20
# A vacancy's number, as large as the column takes.
_LARGEST = 2**63 - 1

_LEFT_OUT: dict[Any, tuple[str, ...]] = {
    Candidate: (),
    Job: ("remote_data", "description", "custom_fields"),
    Application: (
        "remote_data",
        "job__remote_data",
        "job__description",
        "job__custom_fields",
        "job__integration_fields",
        "current_stage__remote_data",
    ),
}
_RELATED = {
    Candidate: ("integration",),
    Job: ("integration",),
    Application: ("integration", "candidate", "job", "current_stage"),
}


Entry = tuple[str, str]


@dataclass(slots=True)
class Found:
    """The best `SHOWN` records of one kind, and how many there are (at most `CAP` + 1)."""

    records: list[Any] = field(default_factory=list)
    total: int = 0


@dataclass(slots=True)
class Results:
    candidates: Found
    jobs: Found
    applications: Found

    @property
    def is_empty(self) -> bool:
        return not (self.candidates.records or self.jobs.records or self.applications.records)


def find(search: Search, user: Any, *, deleted: str = "all", tenant: str | None = None) -> Results:
    """What `search` finds. `deleted` is "all", "only" (no longer in Flatchr) or "no".

    A search that does not say enough (`Search.is_long_enough`) finds nothing.
    """
    visible = Integration.objects.visible_to(user)
    if tenant:
        visible = visible.filter(pk=tenant)
    tenants = list(visible.order_by().values_list("pk", flat=True))
    if not tenants or not search.is_long_enough:
        return Results(Found(), Found(), Found())
    states = _states(deleted)
    candidates = _found(Candidate, SearchKind.CANDIDATE, search, tenants, states)
    return Results(
        candidates,
        _found(Job, SearchKind.JOB, search, tenants, states),
        _applications(search, tenants, states, candidates.records),
    )


def _states(deleted: str) -> Q:
    return {"only": Q(remote_deleted_at__isnull=False), "no": Q(remote_deleted_at=None)}.get(
        deleted, Q()
    )


def _found(
    model: type[MirroredRecord], kind: str, search: Search, tenants: list[str], states: Q
) -> Found:
    named = entries(kind, search, tenants, CAP + 1)
    scores = {pk: _score(words, search) for pk, words in named}
    scores.update(dict.fromkeys(_identified(model, search, tenants), -1))
    if not scores:
        return Found()
    known = model._default_manager.filter(states, Among("pk", scores))
    facts = known.order_by(*NEWEST_FIRST).values_list("pk", "remote_deleted_at")
    ranked = sorted(facts, key=lambda fact: (scores[fact[0]], fact[1] is not None))
    return Found(_load(model, [pk for pk, _ in ranked[:SHOWN]]), len(ranked))


def _score(words: str, search: Search) -> int:
    """How much of a match it is; less is better: whole words, then beginnings of words."""
    score = 0
    padded = f"{words} "
    for term in search.terms:
        options = [spelling.strip() for spelling in term.spellings]
        if not any(f" {option} " in padded for option in options):
            score += 1 if any(f" {option}" in padded for option in options) else 2
    return score


def _identified(model: type[MirroredRecord], search: Search, tenants: list[str]) -> Sequence[str]:
    """The records that one of the words is an id of: Relais', Flatchr's, or a vacancy's number."""
    if not search.ids:
        return []
    named = Q(remote_id__in=search.ids)
    if model is Candidate:
        named = Q(
            pk__in=Application.objects.filter(named).order_by().values("candidate_id"),
            remote_id__in=search.ids,
        )
    numbers = [int(word) for word in search.ids if word.isascii() and word.isdigit()]
    if model is Job and (numbers := [number for number in numbers if number <= _LARGEST]):
        named |= Q(vacancy_id__in=numbers)
    manager = model._default_manager
    mine: QuerySet[Any] = manager.filter(named, integration_id__in=tenants)
    own: QuerySet[Any] = manager.filter(pk__in=search.ids, integration_id__in=tenants)
    ids = mine.order_by().values_list("pk", flat=True)
    return list(ids.union(own.order_by().values_list("pk", flat=True)))


def _applications(search: Search, tenants: list[str], states: Q, candidates: list[Any]) -> Found:
    """Those with an id that was typed, then the newest of the candidates that are shown."""
    ids = list(_identified(Application, search, tenants))
    theirs = Application.objects.filter(states, candidate_id__in=[one.pk for one in candidates])
    newest = list(
        theirs.exclude(pk__in=ids).order_by(*NEWEST_FIRST).values_list("pk", flat=True)[: CAP + 1]
    )
    ids = list(Application.objects.filter(states, pk__in=ids).values_list("pk", flat=True))
    return Found(_load(Application, [*ids, *newest][:SHOWN]), len(ids) + len(newest))


def _load(model: type[MirroredRecord], ids: list[str]) -> list[Any]:
    """The records as a page shows them, in the order of `ids`."""
    if not ids:
        return []
    records = model._default_manager.filter(pk__in=ids).order_by()
    by_id = {
        record.pk: record
        for record in records.select_related(*_RELATED[model]).defer(*_LEFT_OUT[model])
    }
    return [by_id[pk] for pk in ids if pk in by_id]


def entries(kind: str, search: Search, tenants: list[str], most: int) -> list[Entry]:
    """Ids and words of up to `most` entries of the tenants that have every term.

    Of more than that those that come first in the table.
    """
    conditions, values = _conditions(kind, search, tenants, connection.vendor == "postgresql")
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A planner that expects many matches reads the table until it has enough of them,
            # which is all of the table when it was wrong. By the index it never takes long.
            cursor.execute("SET LOCAL enable_seqscan TO off; SET LOCAL enable_indexscan TO off")
        cursor.execute(
            f"SELECT record_id, words FROM {_TABLE} WHERE {' AND '.join(conditions)} LIMIT {most}",
            values,
        )
        return list(cursor.fetchall())


def _conditions(
    kind: str, search: Search, tenants: list[str], postgresql: bool
) -> tuple[list[str], list[Any]]:
    # On SQLite the table is read through, which is quicker than following an index of many rows.
    hidden = "+" if not postgresql and kind == SearchKind.CANDIDATE else ""
    among = "= ANY(%s)" if postgresql else "IN (SELECT value FROM json_each(%s))"
    conditions = [f"{hidden}kind = %s"]
    values: list[Any] = [kind]
    # The trigrams would find the candidates of that name, too, before the first job: jobs, of which
    # there are few, are looked through. What is joined to nothing is not in an index.
    words = "(words || '')" if postgresql and kind == SearchKind.JOB else "words"
    for term in search.terms:
        alternatives = [_has(words, spelling, postgresql) for spelling in term.spellings]
        conditions.append(f"({' OR '.join(condition for condition, _ in alternatives)})")
        values.extend(value for _, given in alternatives for value in given)
    conditions.append(f"{'' if postgresql else '+'}integration_id {among}")
    values.append(tenants if postgresql else json.dumps(tenants))
    return conditions, values


def _has(words: str, spelling: str, postgresql: bool) -> tuple[str, list[str]]:
    """The condition that an entry's `words` have `spelling`, with its values.

    Most addresses end alike: PostgreSQL is given what is before the `@` to look for along the
    index, and compares the whole with the few that have that. Folded words hold no sign that
    means something to LIKE.
    """
    rare = spelling.partition("@")[0]
    if postgresql and "@" in spelling and len(rare) >= SHORT:
        return f"({words} LIKE %s AND strpos({words}, %s) > 0)", [f"%{rare}%", spelling]
    return f"{words} LIKE %s", [f"%{spelling}%"]
