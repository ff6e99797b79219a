"""Words as the search compares them: Latin letters without accents, in lower case, and digits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from anyascii import anyascii

from integrations.models import SearchKind

# What e-mail addresses and job titles ("C++", "C#", "R&D") need besides letters and digits.
_APART = re.compile(r"[^a-z0-9@.+#&]+")
_NO_DIGIT = re.compile(r"[^0-9]+")
# An entry is for finding a record, not for reading it.
LONGEST = 500

# The columns that an entry is made of, in the order in which the functions below take them.
COLUMNS: dict[str, tuple[str, ...]] = {
    SearchKind.CANDIDATE: ("first_name", "last_name", "email_addresses", "phone_numbers"),
    SearchKind.JOB: (
        "name",
        "department",
        "category",
        "slug",
        "vacancy_id",
        "location__city",
        "remote_data__reference",
    ),
}


def fold(text: str) -> str:
    """`text` with nothing left of it that people write in different ways: "Zoé N'Diaye-Roux"
    becomes "zoe ndiaye roux". Other scripts are spelled in Latin letters.
    """
    if not text.isascii():
        text = anyascii(text)
    return _APART.sub(" ", text.lower().replace("'", "")).strip()


def digits(text: str) -> str:
    return _NO_DIGIT.sub("", text)


def words_of(kind: str, values: Iterable[Any]) -> str:
    """The words of a record with these values of `COLUMNS`; blank when there are none.

    Each word has a space before it, by which the beginning of a word is known.
    """
    found = _candidate(*values) if kind == SearchKind.CANDIDATE else _job(*values)
    folded = " ".join(filter(None, found))[:LONGEST]
    return f" {folded}" if folded else ""


def _candidate(first_name: Any, last_name: Any, emails: Any, phones: Any) -> list[str]:
    return [
        fold(f"{first_name or ''} {last_name or ''}"),
        *(fold(email) for email in items(emails, "email_address")),
        *(digits(phone) for phone in items(phones, "phone_number")),
    ]


def _job(*values: Any) -> list[str]:
    return [fold(str(value)) for value in values if value not in (None, "")]


def items(values: Any, key: str) -> list[str]:
    """The texts under `key` in a list of a candidate's addresses or numbers."""
    if not isinstance(values, list):
        return []
    return [str(item[key]) for item in values if isinstance(item, dict) and item.get(key)]
