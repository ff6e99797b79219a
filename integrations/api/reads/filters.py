"""Filters as conditions: what their values mean in the tables (`docs/unified-api.md §5`)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django.db.models import Q, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Lower
from django.db.models.lookups import Contains

from integrations.records import PROVISIONAL

# Flatchr's days begin there.
PARIS = ZoneInfo("Europe/Paris")


def any_of(column: str, values: list[str] | None) -> Q:
    """One of `values`; everything when the filter is not given."""
    return Q() if values is None else Q(**{f"{column}__in": values})


def exactly(column: str, value: str | None) -> Q:
    return Q() if value is None else Q(**{column: value})


def told_ids(values: list[str] | None) -> list[str] | None:
    """Remote ids of applications, without those that Flatchr has not told."""
    return None if values is None else [v for v in values if not v.startswith(PROVISIONAL)]


def same_text(column: str, value: str | None) -> Q:
    """`value`, in whatever case."""
    return Q() if value is None else Q(**{f"{column}__regex": rf"\A{_in_any_case(value)}\Z"})


def containing(column: str, value: str | None) -> Q:
    """With `value` somewhere inside, in whatever case."""
    return Q() if value is None else Q(**{f"{column}__regex": _in_any_case(value)})


def created_since(value: datetime | None) -> Q:
    """Created at the tool on the day of `value` or later.

    Flatchr's applications have days, which are stored as their start in Paris, an hour or two
    before the same day begins in UTC. From then on nothing of the day is missed in either zone.
    """
    if value is None:
        return Q()
    # The first year of all has no start in UTC.
    day = max(value.astimezone(UTC), datetime(2, 1, 1, tzinfo=UTC)).date()
    return Q(remote_created_at__gte=datetime.combine(day, time(), PARIS).astimezone(UTC))


def with_email(address: str | None) -> Q:
    """A candidate with that address (in lower case) among its own, which are compared in theirs.

    Who may have it is found by the index on the applications' e-mails.
    """
    if address is None:
        return Q()
    owners = RawSQL(
        "SELECT candidate_id FROM integrations_application"
        # The partial index's own condition, word for word: else SQLite does not use it.
        " WHERE person_key = %s AND NOT (person_key = '')",
        (address,),
    )
    own = Lower(Cast("email_addresses", TextField()))
    return Q(id__in=owners) & Q(Contains(own, f'"{address}"'))


def _in_any_case(value: str) -> str:
    """A regular expression that says the same to PostgreSQL and to SQLite, which have their own
    ideas of case: by the database's locale, or for the letters of English alone.
    """
    return "".join(_letter(character) for character in value)


def _letter(character: str) -> str:
    cases = {character, character.lower(), character.upper()}
    if len(cases) == 1 or any(len(case) != 1 for case in cases):
        return re.escape(character)
    return f"[{''.join(sorted(cases))}]"
