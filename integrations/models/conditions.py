"""Conditions that Django's lookups do not have: many ids, any case, an e-mail, a period, and
columns that SQLite uses no index for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import copy
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson
from django.db import connections
from django.db.models import BooleanField, F, ForeignKey, Func, Q, QuerySet, TextField, Value
from django.db.models.expressions import Col, RawSQL
from django.db.models.functions import Cast, Lower
from django.db.models.lookups import Contains
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.where import WhereNode
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.text import smart_split

BETWEEN = "between"
# The parameters with the two days of `applied=between`, each of which may be left out.
DAYS = ("applied_from", "applied_to")
# How many days before today each of these begins.
BACK = {"today": 0, "7": 6, "30": 29}

# Matches are looked for, and counted, up to here.
CAP = 1000

# Of what is typed above a list so much is looked for: each word is compared with each row.
MOST_CHARACTERS = 200
MOST_WORDS = 12

# The dates with an index by which large lists are ordered.
ORDERS = {"changed_at", "created_at"}


def searched_words(typed: str) -> tuple[list[str], bool]:
    """The words of what was typed above a list that are looked for, quoted ones together and still
    in their quotes; and whether there are more.
    """
    words: list[str] = []
    left = MOST_CHARACTERS
    for word in smart_split(typed):
        if len(words) == MOST_WORDS or len(word) > left:
            return words, True
        words.append(word)
        left -= len(word)
    return words, False


class Among(Func):
    """Whether `column` is one of `ids`: `filter(Among("candidate_id", ids))`.

    What `candidate_id__in=ids` means, for which Django prepares, checks and quotes every id on
    its own: with 2,000 ids that takes longer than the query, and SQLite may allow only 999.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, column: str, ids: Iterable[str]) -> None:
        super().__init__(F(column), Value(orjson.dumps(list(ids)).decode()))

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="%(expressions)s::jsonb)))",
            arg_joiner=" = ANY(ARRAY(SELECT jsonb_array_elements_text(",
            **context,
        )

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="%(expressions)s))",
            arg_joiner=" IN (SELECT value FROM json_each(",
            **context,
        )


def owns_email(address: str) -> Q:
    """A candidate with that address (in lower case) among its own, which are compared in theirs.

    Who may have it is found by the index on the applications' e-mails.
    """
    owners = RawSQL(
        "SELECT candidate_id FROM integrations_application"
        # The partial index's own condition, word for word: else SQLite does not use it.
        " WHERE person_key = %s AND NOT (person_key = '')",
        (address,),
    )
    own = Lower(Cast("email_addresses", TextField()))
    return Q(id__in=owners) & Q(Contains(own, f'"{address}"'))


def in_any_case(value: str) -> str:
    """A regular expression that says the same to PostgreSQL and to SQLite, which have their own
    ideas of case: by the database's locale, or for the letters of English alone.
    """
    return "".join(_letter(character) for character in value)


def _letter(character: str) -> str:
    cases = {character, character.lower(), character.upper()}
    if len(cases) == 1 or any(len(case) != 1 for case in cases):
        return re.escape(character)
    return f"[{''.join(sorted(cases))}]"


def period_bounds(given: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """The first moment of the period that the parameters name, and the first moment after it."""
    applied = given.get("applied")
    if applied in BACK:
        return _midnight(timezone.localdate() - timedelta(days=BACK[applied])), None
    if applied != BETWEEN:
        return None, None
    first, last = (_day(given.get(name)) for name in DAYS)
    return (
        _midnight(first) if first else None,
        _midnight(last + timedelta(days=1)) if last else None,
    )


def _day(text: str | None) -> date | None:
    """None for what is no day, as a browser without such a field may send."""
    try:
        found = parse_date(text or "")
    except ValueError:
        return None
    # The ends of the calendar have no midnight in every time zone.
    return found if found and 1900 <= found.year <= 2200 else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


# Hidden columns: a hint to SQLite to read a table along the index of its order.
#
# SQLite uses any index on a filtered column, and then sorts all rows that match: for a tenant with
# a million candidates, two seconds a page. A unary plus before the column hides the index from it,
# so it walks the index of the order and stops after a page. PostgreSQL is given the query as it is.
#
# Statistics do not help: with `ANALYZE`, bounded by `PRAGMA analysis_limit = 400` or not, SQLite
# 3.40 chooses the same plans, since a limit does not enter its estimates. Measured with 20,000
# candidates and 21 tenants, whatever the statistics: the first page of four lists takes 20 to
# 207 ms without the hint and 1 to 10 ms with it; that of one job's applications 11 to 38 ms and 8
# to 28 ms.
#
# Django has no public way to rewrite the conditions of a queryset, and both forms of the same one
# are needed: an index finds few matches soonest, the order many. So the functions below, and no
# others, copy the nodes of `Query.where`.


class HiddenColumn(Col):
    """A column that no index is used for."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = super().as_sql(compiler, connection)
        return f"+{sql}", params


def walk_in_order(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """`queryset` with the hint, where it is ordered by a date that has an index."""
    query = queryset.query
    order = query.order_by or (queryset.model._meta.ordering if query.default_ordering else ())
    if not order or str(order[0]).lstrip("-") not in ORDERS:
        return queryset
    return hide_indexes(queryset)


def hide_indexes(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """`queryset` with the indexes of its own filtered columns hidden, on SQLite."""
    if connections[queryset.db].vendor != "sqlite":
        return queryset
    hidden = queryset.all()
    table = hidden.query.get_initial_alias()
    hidden.query.where = _hide(hidden.query.where, table)
    return hidden


def _hide(node: WhereNode, table: str) -> WhereNode:
    children: list[Any] = []
    child: Any
    for child in node.children:
        if isinstance(child, WhereNode):
            children.append(_hide(child, table))
            continue
        column = getattr(child, "lhs", None)
        if isinstance(column, Col) and column.alias == table and _is_key(column):
            child = copy(child)
            child.lhs = HiddenColumn(column.alias, column.target, column.output_field)
        children.append(child)
    hidden = copy(node)
    hidden.children = children
    return hidden


def _is_key(column: Col) -> bool:
    return column.target.primary_key or isinstance(column.target, ForeignKey)
