"""The entries that have every term of a search, found in the way that is quickest for it."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction

from integrations.models import SearchEntry, SearchKind
from integrations.search.terms import SHORT, Search

_TABLE = SearchEntry._meta.db_table

Entry = tuple[str, str]


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
