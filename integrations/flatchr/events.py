"""Flatchr's events as they arrive (`docs/flatchr-api.md §26`): which record one is about.

Nothing in an event is signed, so nothing but ids is taken from it. Its id fields change their
meaning from event to event, so ids are told apart by their form: encoded ones are texts with
letters, plain ones are numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

_ENCODED = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{6,64}", re.ASCII)
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}", re.ASCII)
_LARGEST = 2**63


class Subject(Enum):
    """What an event is about, as far as records are concerned."""

    APPLICANT = "applicant"
    VACANCY = "vacancy"
    # Messages are not mirrored, and a search shows an applicant the same before and after one.
    MESSAGE = "message"
    NOTHING = "nothing"


# Kinds that are documented; what another is about is seen from the ids in it.
KINDS: Final = {
    "new_applicant": Subject.APPLICANT,
    "drag_applicant": Subject.APPLICANT,
    "new_message": Subject.MESSAGE,
    "new_vacancy": Subject.VACANCY,
}


@dataclass(frozen=True, slots=True)
class FlatchrEvent:
    """One event. Ids that it does not name are blank and 0; `company_keys` are those in it."""

    kind: str
    vacancy_id: str = ""
    vacancy_number: int = 0
    applicant_id: str = ""
    names_applicant: bool = False
    company_keys: frozenset[str] = frozenset()

    @property
    def subject(self) -> Subject:
        return subject_of(
            self.kind,
            names_vacancy=bool(self.vacancy_id or self.vacancy_number),
            names_applicant=self.names_applicant,
        )


def subject_of(kind: str, *, names_vacancy: bool, names_applicant: bool) -> Subject:
    """What an event of `kind` with such ids is about."""
    if kind in KINDS:
        return KINDS[kind]
    if names_applicant:
        return Subject.APPLICANT
    return Subject.VACANCY if names_vacancy else Subject.NOTHING


def read_event(body: bytes) -> FlatchrEvent | None:
    """The event in the body of a request; None for what is no event.

    Whatever its encoding: ids are ASCII, and characters that cannot be read are in other fields.
    """
    try:
        text = body.decode(json.detect_encoding(body), "replace")
        envelope = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(envelope, dict):
        return None
    kind, data = envelope.get("event"), envelope.get("data")
    if not (isinstance(kind, str) and _KIND.fullmatch(kind)) or not isinstance(data, dict):
        return None
    applicant, vacancy = _object(data, "applicant"), _object(data, "vacancy")
    vacancies = [data.get("vacancy_id"), vacancy.get("id"), applicant.get("vacancy_id")]
    applicants = [applicant.get("id"), data.get("applicant_id")]
    companies = [
        _object(data, "company").get("id"),
        vacancy.get("company_id"),
        data.get("company_id"),
        envelope.get("company_id"),
    ]
    return FlatchrEvent(
        kind=kind,
        vacancy_id=next(_encoded(vacancies), ""),
        vacancy_number=next(_plain(vacancies), 0),
        applicant_id=next(_encoded(applicants), ""),
        names_applicant=any(_encoded(applicants)) or any(_plain(applicants)),
        company_keys=frozenset(_encoded(companies)),
    )


def _object(data: dict[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _encoded(values: Iterable[Any]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str) and _ENCODED.fullmatch(value))


def _plain(values: Iterable[Any]) -> Iterator[int]:
    for value in values:
        number = value
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
            number = int(value)
        if type(number) is int and 0 < number < _LARGEST:
            yield number
