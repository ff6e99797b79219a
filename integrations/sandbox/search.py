"""The filters of an applicant search. `docs/flatchr-api.md` §5 and §H.2."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from operator import gt, le
from typing import Any

from integrations.sandbox.formats import BASE_DATE, parse_request_date
from integrations.sandbox.http import ErrorAnswer

Test = Callable[[Any], bool]


@dataclass(frozen=True)
class Criteria:
    """The rows that a search returns: a status and, per field, a test on its value."""

    status: int
    tests: tuple[tuple[str, Test], ...] = ()
    numbers: frozenset[int] | None = None
    """The only seeded rows that can match, if the search names an e-mail address."""
    newer: bool = False
    """No seeded row can match, because all are older than the dates asked for."""

    def matches(self, read: Callable[[str], Any]) -> bool:
        """Whether a row, read field by field, is wanted."""
        return read("status") == self.status and all(
            test(read(field)) for field, test in self.tests
        )


def _same_text(wanted: str) -> Test:
    folded = wanted.strip().casefold()
    return lambda value: (value or "").strip().casefold() == folded


def _same_digits(wanted: str) -> Test:
    digits = re.sub(r"\D", "", wanted)
    return lambda value: bool(value) and re.sub(r"\D", "", value) == digits


def _truth(value: Any) -> bool:
    """True for a boolean or for the string that the documentation's examples send. §D.2."""
    return value is True or str(value).casefold() == "true"


def parse(
    body: dict[str, Any],
    vacancy_number: Callable[[str], int | None],
    base: date = BASE_DATE,
) -> Criteria:
    """Read the body of a search. Raises ErrorAnswer when a filter cannot be understood.

    Seeded rows are older than `base`.
    """
    given = {name: value for name, value in body.items() if value not in (None, "")}
    tests: list[tuple[str, Test]] = []
    for name in ("firstname", "lastname", "email"):
        if name in given:
            tests.append((name, _same_text(str(given[name]))))
    if "phone" in given:
        tests.append(("phone", _same_digits(str(given["phone"]))))
    if "column" in given:
        title = str(given["column"]).strip()
        tests.append(("column", lambda value: value.strip() == title))
    if "hired" in given:
        hired = _truth(given["hired"])
        tests.append(("hired", lambda value: value is hired))
    if "vacancy" in given:
        number = vacancy_number(str(given["vacancy"]))
        tests.append(("vacancy", lambda value: value == number))
    dates, newer = _date_tests(given, base)
    numbers = _numbers_in(str(given["email"])) if "email" in given else None
    return Criteria(_status(given), (*tests, *dates), numbers, newer)


def _status(given: dict[str, Any]) -> int:
    try:
        return int(given.get("status", 1))
    except (TypeError, ValueError):
        raise ErrorAnswer(400, '"status" must be a number') from None


def _date_tests(given: dict[str, Any], base: date) -> tuple[list[tuple[str, Test]], bool]:
    """`start` is inclusive and `end` exclusive."""
    tests: list[tuple[str, Test]] = []
    newer = False
    for field, suffix in (("created", ""), ("updated", "_update")):
        for name in ("start", "end"):
            text = given.get(name + suffix)
            if text is None:
                continue
            try:
                day = parse_request_date(str(text))
            except ValueError:
                raise ErrorAnswer(400, f'"{name}{suffix}" must be a valid date') from None
            if name == "start":
                tests.append((field, partial(le, day)))
                newer = newer or day >= base
            else:
                tests.append((field, partial(gt, day)))
    return tests, newer


def _numbers_in(email: str) -> frozenset[int]:
    """The rows of a seeded address, which contains its person's number: saves reading all rows."""
    found: set[int] = set()
    for digits in re.findall(r"[0-9]{1,12}", email):
        person = int(digits)
        found.update((person, person + 5, person + 6))
    return frozenset(found)
