"""One person in one tenant: what Relais knows them by, and telling a text that is about them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_
from typing import Any
from urllib.parse import quote, quote_plus

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from integrations.flatchr.mapping.contacts import valid_email
from integrations.models import (
    Application,
    BulkRow,
    Candidate,
    FlatchrSettings,
    Integration,
    Submission,
)
from integrations.models.conditions import Among
from integrations.records import PROVISIONAL
from integrations.sync.bulk.batches import batches
from integrations.sync.scope_filter import ScopeFilter
from integrations.tenants.scopes import scopes_of

# Conditions in one query; one may hold a few dozen itself.
MOST_TERMS = 400
# A phone number with fewer digits could be any number.
LEAST_DIGITS = 8
# What may stand between a first and a last name: "Camille_Dupont.pdf", "Dupont, Camille".
_BETWEEN = r"(?:%[0-9A-F]{2}|[\W_]){1,3}"
# A word begins, also after a character that is written in percent; and ends.
_BEGIN = r"(?:(?<![^\W_])|(?<=%[0-9A-F]{2}))"
_END = r"(?![^\W_])"
# An e-mail address begins: not within a longer one, as in "jo.ann@…", but also after a line break
# or another character as JSON and addresses write them.
_ADDRESS = r"(?:(?<![^\W_])(?<![^\W_][.+])|(?<=%[0-9A-F]{2})|(?<=\\[nrt])|(?<=\\u[0-9A-F]{4}))"
MASK = "…"


class NoAddress(ValueError):
    """The text is no e-mail address."""


def address(text: str) -> str:
    """The e-mail address as people are known by it: trimmed, in lower case. Raises `NoAddress`."""
    found = valid_email(text.strip())
    if found is None:
        raise NoAddress(text)
    return found.lower()


@dataclass(slots=True)
class Names:
    """What identifies somebody in a text: their e-mail, phone numbers and names."""

    email: str = ""
    phones: set[str] = field(default_factory=set)
    # First and last name as written somewhere.
    names: set[tuple[str, str]] = field(default_factory=set)
    # Flatchr's ids of their applicants.
    applicants: set[str] = field(default_factory=set)

    def add(self, *, first: Any = "", last: Any = "", phone: Any = "") -> None:
        pair = (str(first or "").strip(), str(last or "").strip())
        if all(pair):
            self.names.add(pair)
        self.phones.update(_written(str(phone or "")))


def _written(phone: str) -> Iterator[str]:
    """A phone number as typed, and in the ways in which it is usually written."""
    digits = re.sub(r"\D", "", phone)
    if len(digits) < LEAST_DIGITS:
        return
    yield phone.strip()
    yield digits
    national = digits
    for prefix in ("0033", "33"):
        if digits.startswith(prefix) and len(digits) > LEAST_DIGITS + len(prefix):
            national = "0" + digits.removeprefix(prefix).removeprefix("0")
    if national.startswith("0") and not national.startswith("00"):
        yield national
        yield f"33{national[1:]}"
        pairs = [national[at : at + 2] for at in range(0, len(national), 2)]
        yield from (mark.join(pairs) for mark in " .-")
        international = [national[1], *pairs[1:]]
        yield from (mark.join(international) for mark in " .-")


class Matcher:
    """Tells texts that are about somebody, and masks what identifies them in a text."""

    def __init__(self, known: Names) -> None:
        self._known = known
        self._emails = _all_forms([known.email])
        self._phones = _all_forms(known.phones)

    def terms(self, column: str, *, ids: bool = True) -> list[Q]:
        """Conditions of rows whose `column`, a text, may be about the person: each that is meets
        one of them, and maybe others do. `any_of` finds the rows.
        """
        wanted = [Q(**{f"{column}__icontains": text}) for text in (*self._emails, *self._phones)]
        if ids:
            wanted += [Q(**{f"{column}__contains": one}) for one in self._known.applicants]
        for first, last in self._known.names:
            wanted.append(_contains(column, first) & _contains(column, last))
        return wanted

    def is_about(self, text: str, *, ids: bool = True) -> bool:
        """Whether the text has the e-mail, a phone number or the whole name of the person, or with
        `ids` the id of one of their applicants.
        """
        return bool(self._pattern.search(text)) or (
            ids and any(one in text for one in self._known.applicants)
        )

    def is_searched(self, words: str) -> bool:
        """Whether somebody looks for the person with these words: a name is enough."""
        return self.is_about(words) or bool(self._single and self._single.search(words))

    def masked(self, text: str) -> str:
        return self._pattern.sub(MASK, text)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = [rf"{_ADDRESS}{re.escape(text)}{_END}" for text in self._emails]
        parts += [re.escape(text) for text in self._phones]
        for first, last in self._known.names:
            for one, other in ((first, last), (last, first)):
                ones, others = (_alternatives(name) for name in (one, other))
                parts.append(rf"{_BEGIN}{ones}{_BETWEEN}{others}{_END}")
                # The two values of one JSON object.
                parts.append(rf'"{ones}"[^{{}}\[\]]{{1,80}}"{others}"')
        return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)

    @cached_property
    def _single(self) -> re.Pattern[str] | None:
        single = {_alternatives(last) for _, last in self._known.names if len(last) > 1}
        return re.compile(rf"{_BEGIN}(?:{'|'.join(single)}){_END}", re.I) if single else None


def _all_forms(texts: Iterable[str]) -> list[str]:
    """The forms of all these texts, the longest first."""
    return sorted({form for text in texts if text for form in _forms(text)}, key=len, reverse=True)


def _forms(text: str) -> set[str]:
    """A text as it is, as JSON in ASCII and addresses write it, and without accents, as in names
    of files.
    """
    parts = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in parts if not unicodedata.combining(char))
    return {text, json.dumps(text)[1:-1], quote(text), quote_plus(text), plain}


def _alternatives(name: str) -> str:
    """A pattern of the ways to write a name, whose parts may be divided otherwise."""
    written = sorted(_forms(name), key=len, reverse=True)
    patterns = [re.sub(r"(?:\\[ -]|['’+])+", r"[\\W_]+", re.escape(form)) for form in written]
    return f"(?:{'|'.join(dict.fromkeys(patterns))})"


def _contains(column: str, name: str) -> Q:
    # SQLite compares letters with accents as they are.
    longest = max(re.split(r"[\W_]+", name), key=len) or name
    spelled = (longest, longest.upper(), longest.lower(), longest.title())
    written = {form for one in spelled for form in _forms(one)}
    return reduce(or_, (Q(**{f"{column}__icontains": form}) for form in written))


@dataclass
class Person:
    """Somebody in one tenant, with the keys of the rows that are theirs."""

    tenant: Integration
    names: Names
    candidates: list[str] = field(default_factory=list)
    applications: list[str] = field(default_factory=list)
    # Applications that Flatchr still has, as far as is known.
    at_flatchr: int = 0
    submissions: list[str] = field(default_factory=list)
    bulk_rows: list[int] = field(default_factory=list)

    @property
    def email(self) -> str:
        return self.names.email

    @cached_property
    def matcher(self) -> Matcher:
        """Once everything about the person has been found."""
        return Matcher(self.names)


def find(tenant: Integration, email: str) -> Person:
    """The person of an e-mail address, as `address` gives it; empty if nothing is known of them."""
    person = Person(tenant, Names(email))
    person.candidates = sorted(_candidates(tenant.pk, email))
    _add_records(person)
    _add_submissions(person)
    _add_bulk_rows(person)
    return person


def tenants_of(email: str) -> set[str]:
    """Ids of all tenants with records, submissions or rows of uploads of the address."""
    mine = Q(person_key=email)
    # Where addresses are left out, each tenant has a digest of its own in their place.
    for settings in FlatchrSettings.objects.exclude(scope_choices={}):
        key = ScopeFilter(settings.scopes, settings.pk).person_key(email)
        if key != email:
            mine |= Q(person_key=key)
    sent = Submission.objects.filter(Q(person_key=email) | Q(email_address__iexact=email))
    rows = texts_of(BulkRow.objects.all(), ["values"]).filter(text_values__icontains=email)
    unmapped = texts_of(Application.objects.filter(person_key=""), ["remote_data"])
    return {
        *Application.objects.filter(mine).values_list("integration_id", flat=True).distinct(),
        *unmapped.filter(text_remote_data__icontains=email).values_list(
            "integration_id", flat=True
        ),
        *sent.values_list("integration_id", flat=True).distinct(),
        *rows.values_list("upload__integration_id", flat=True).distinct(),
    }


def of_candidates(tenant: Integration, candidates: Iterable[str]) -> Person:
    """The people behind some candidates, all as one: what is known of them in the mirror."""
    people = Person(tenant, Names(), list(candidates))
    _add_records(people)
    return people


def _candidates(tenant: str, email: str) -> set[str]:
    keys = {email, ScopeFilter(scopes_of(tenant), tenant).person_key(email)}
    mine = Application.objects.filter(integration_id=tenant)
    found = set(mine.filter(person_key__in=keys).values_list("candidate_id", flat=True))
    # An address that Flatchr has and that counts as none.
    unmapped = texts_of(mine.filter(person_key=""), ["remote_data"])
    for application in unmapped.filter(text_remote_data__icontains=email):
        raw = application.remote_data
        written = raw.get("email") if isinstance(raw, dict) else None
        if isinstance(written, str) and written.strip().lower() == email:
            found.add(application.candidate_id)
    return found


def _add_records(person: Person) -> None:
    known = person.names
    for candidate in Candidate.objects.filter(Among("pk", person.candidates)):
        known.add(first=candidate.first_name, last=candidate.last_name)
        for number in candidate.phone_numbers:
            known.add(phone=number.get("phone_number"))
    for application in Application.objects.filter(Among("candidate_id", person.candidates)):
        person.applications.append(application.pk)
        person.at_flatchr += application.remote_deleted_at is None
        if not application.remote_id.startswith(PROVISIONAL):
            known.applicants.add(application.remote_id)
        raw = application.remote_data
        if isinstance(raw, dict):
            known.add(first=raw.get("firstname"), last=raw.get("lastname"), phone=raw.get("phone"))


def _add_submissions(person: Person) -> None:
    own = Q(person_key=person.email) | Q(email_address__iexact=person.email)
    own |= Q(candidate__in=person.candidates)
    for submission in Submission.objects.filter(own, integration=person.tenant):
        person.submissions.append(submission.pk)
        person.names.add(
            first=submission.first_name,
            last=submission.last_name,
            phone=submission.phone_number,
        )


def _add_bulk_rows(person: Person) -> None:
    rows = texts_of(BulkRow.objects.filter(upload__integration=person.tenant), ["values"])
    own = Q(submission__in=person.submissions) | Q(text_values__icontains=person.email)
    known = Matcher(Names(person.email))
    for row in rows.filter(own):
        sent = row.submission_id in person.submissions
        if not sent and not any(known.is_about(str(cell)) for cell in row.values.values()):
            continue
        person.bulk_rows.append(row.pk)
        # Somebody else's row may quote the address.
        if sent or known.is_about(str(row.values.get("email_address", ""))):
            person.names.add(
                first=row.values.get("first_name"),
                last=row.values.get("last_name"),
                phone=row.values.get("phone_number"),
            )


def any_of(rows: QuerySet[Any], terms: Iterable[Q]) -> Iterator[QuerySet[Any]]:
    """Those of `rows` that meet any of the conditions, in parts: a row may be in several of them.

    Somebody may have applied hundreds of times, and SQLite takes no more than 1000 conditions.
    """
    for some in batches(terms, MOST_TERMS):
        yield rows.filter(reduce(or_, some))


def texts_of(rows: QuerySet[Any], columns: Iterable[str]) -> QuerySet[Any]:
    """`rows` with each of `columns` as the text that the database has, as `text_<column>`."""
    return rows.annotate(**{f"text_{name}": Cast(name, TextField()) for name in columns})
