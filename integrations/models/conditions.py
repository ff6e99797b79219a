"""Conditions that Django's lookups do not have: many ids, any case, an e-mail, a period."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson
from django.db.models import BooleanField, F, Func, Q, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Lower
from django.db.models.lookups import Contains
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone
from django.utils.dateparse import parse_date

BETWEEN = "between"
# The parameters with the two days of `applied=between`, each of which may be left out.
DAYS = ("applied_from", "applied_to")
# How many days before today each of these begins.
BACK = {"today": 0, "7": 6, "30": 29}


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
