"""Seeded applicants: a block of 1,000 rows is a pure function of (seed, block number).

Nothing is stored: a base of a million applicants costs the memory of the block being read. The
columns of a block hold ready JSON texts and places in tables, so that a row is one f-string.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import compress
from typing import Any

from integrations.sandbox.formats import BLOCK, IdCodec, day_month_year
from integrations.sandbox.seed.tables import (
    FIRST_NAMES,
    LAST_NAMES,
    MAIL_DOMAINS,
    ODD_APPLICANTS,
    SOURCES,
    phone_table,
    slugify,
)


def fragment(value: object) -> str:
    """A value as JSON text, in UTF-8 as Flatchr sends it."""
    return json.dumps(value, ensure_ascii=False)


ARCHIVED_PLACES = (5, 18)
"""Two places in 25 are archived: 8 %."""

SECOND_OF_PERSON, THIRD_OF_PERSON = 5, 6
"""In each ten rows the sixth, and in each fifty the seventh, is a further application of the
first row's person: about 11 % of people applied more than once."""

NO_CV_STEP, NO_CV_PLACE = 7, 3
FIRST_ODD_PLACE, ODD_STEP = 21, 3
DAYS = 1024

ARCHIVED = [place % 25 in ARCHIVED_PLACES for place in range(BLOCK)]
ACTIVE = [not archived for archived in ARCHIVED]
NOBODY = [False] * BLOCK
PERSON = [
    place - place % 10 if place % 10 == SECOND_OF_PERSON or place % 50 == THIRD_OF_PERSON else place
    for place in range(BLOCK)
]
FURTHER = [place for place in range(BLOCK) if PERSON[place] != place]


def odd_places(taken: set[int]) -> dict[int, dict[str, str]]:
    """Where each oddity stands in a block: every few places, stepping over those `taken`."""
    found: dict[int, dict[str, str]] = {}
    place = FIRST_ODD_PLACE
    for oddity in ODD_APPLICANTS:
        while place in taken:
            place += 1
        found[place] = {field: fragment(value) for field, value in oddity.items()}
        place += ODD_STEP
    return found


_SHARED = {place for place in range(BLOCK) if place % 10 == 0 or ARCHIVED[place]} | set(FURTHER)
ODD = odd_places(_SHARED)
SPONTANEOUS_PLACES, GHOST_PLACES = (39, 64), (89,)
"""Applications without a vacancy, and to one that the vacancies route no longer returns."""


def _wrap(values: Iterable[str], size: int = 256) -> list[str]:
    items = list(values)
    return [items[index % len(items)] for index in range(size)]


FIRST = _wrap(fragment(name) for name in FIRST_NAMES)
LAST = _wrap(fragment(name) for name in LAST_NAMES)
FIRST_SLUG = _wrap(slugify(name).replace("-", "") for name in FIRST_NAMES)
LAST_SLUG = _wrap(slugify(name).replace("-", "") for name in LAST_NAMES)
DOMAIN = _wrap(MAIL_DOMAINS)
SOURCE = _wrap(fragment(source) for source in SOURCES)
PHONE = [fragment(phone) for phone in phone_table()]
SCORE = [0 if index < 160 else index % 6 for index in range(256)]
COLUMN_WEIGHTS = (90, 40, 40, 14, 24, 16, 22, 10)
COLUMN_SLOT = [slot for slot, weight in enumerate(COLUMN_WEIGHTS) for _ in range(weight)]


@dataclass(frozen=True)
class Labels:
    """What vacancies and columns are called at this moment.

    The lists hold JSON texts, indexed by what the `vacancy` and `column` lists of a block hold; the
    dicts are by plain id and hold values.
    """

    vacancy_title: list[str]
    vacancy_number: list[int]
    column_title: list[str]
    column_hired: list[str]
    column_id: list[int]
    titles: dict[int, str]
    stages: dict[int, tuple[str, bool]]


@lru_cache(maxsize=8)
def calendar(base: date) -> tuple[list[date], list[str]]:
    """The days before `base`, the latest first, as dates and as a search writes them."""
    days = [base - timedelta(days=age + 1) for age in range(DAYS)]
    return days, [day_month_year(day) for day in days]


class Block:
    """The columns of 1,000 seeded applicants, or fewer in the last block."""

    def __init__(
        self, seed: str, number: int, size: int, vacancies: int, ids: IdCodec, base: date
    ) -> None:
        self.days, self._day_texts = calendar(base)
        self.start, self.size, self.ids = number * BLOCK, size, ids
        digest = hashlib.shake_128(f"{seed}:{number}".encode()).digest(BLOCK * 14)
        wide = memoryview(digest[: BLOCK * 8]).cast("H")
        narrow = [digest[offset : offset + BLOCK] for offset in range(BLOCK * 8, BLOCK * 14, BLOCK)]
        given, family, mail, column, score, source = narrow
        created = [value & (DAYS - 1) for value in wide[:BLOCK]]
        self.created = created
        self.updated = [
            age - later if age > later else 0
            for age, later in zip(created, digest[BLOCK * 7 : BLOCK * 8], strict=True)
        ]
        span = max(vacancies, 1)
        self.vacancy = [value % span for value in wide[BLOCK : 2 * BLOCK]]
        self.phone = [PHONE[value % 4000] for value in wide[2 * BLOCK : 3 * BLOCK]]
        self.firstname = [FIRST[value] for value in given]
        self.lastname = [LAST[value] for value in family]
        self.email = [
            f'"{FIRST_SLUG[first]}.{LAST_SLUG[last]}.{n}@{DOMAIN[domain]}"'
            for n, first, last, domain in zip(
                range(self.start, self.start + BLOCK), given, family, mail, strict=True
            )
        ]
        self.column = [COLUMN_SLOT[value] for value in column]
        self.score = [SCORE[value] for value in score]
        self.source = [SOURCE[value] for value in source]
        self.external_id = ['""'] * BLOCK
        self._join_people(span)
        self._add_oddities(vacancies)

    def _join_people(self, span: int) -> None:
        """Give further applications their person's name, and the address in another case."""
        for place in FURTHER:
            first = PERSON[place]
            self.firstname[place] = self.firstname[first]
            self.lastname[place] = self.lastname[first]
            self.phone[place] = self.phone[first]
            self.email[place] = self.email[first].title()
            self.vacancy[place] = (self.vacancy[first] + place - first) % span

    def _add_oddities(self, vacancies: int) -> None:
        for place, fields in ODD.items():
            for field, text in fields.items():
                getattr(self, field)[place] = text.replace("{n}", str(self.start + place))
        for place in SPONTANEOUS_PLACES if vacancies else range(BLOCK):
            self.vacancy[place] = vacancies
        for place in GHOST_PLACES:
            self.vacancy[place] = vacancies + 1

    def rows(self, labels: Labels, keep: list[bool]) -> list[str]:
        """JSON texts of the rows to keep, in the shape of a search answer. `docs/flatchr-api.md`
        §5.
        """
        columns = (
            self.ids.heads, self.vacancy, self.column, ARCHIVED, self.external_id, self.score,
            self.firstname, self.lastname, self.email, self.phone, self.created, self.updated,
            self.source,
        )  # fmt: skip
        rows = compress(zip(*columns, strict=True), keep[: self.size])
        return _format(rows, labels, self.ids.tail(self.start // BLOCK), self._day_texts)

    def values(self, field: str, labels: Labels) -> list[Any]:
        """One field of every row as a plain value, for filters."""
        read = READERS[field]
        return [read(self, place, labels) for place in range(self.size)]

    def value(self, field: str, place: int, labels: Labels) -> Any:
        """One field of one row as a plain value."""
        return READERS[field](self, place, labels)


@lru_cache(maxsize=4096)
def read_text(text: str) -> Any:
    """The value of a JSON text; cached, as names recur."""
    return json.loads(text)


READERS: dict[str, Callable[[Block, int, Labels], Any]] = {
    "firstname": lambda block, place, _: read_text(block.firstname[place]),
    "lastname": lambda block, place, _: read_text(block.lastname[place]),
    "email": lambda block, place, _: read_text(block.email[place]),
    "phone": lambda block, place, _: read_text(block.phone[place]),
    "source": lambda block, place, _: read_text(block.source[place]),
    "external_id": lambda block, place, _: read_text(block.external_id[place]),
    "score": lambda block, place, _: block.score[place],
    "vacancy": lambda block, place, labels: labels.vacancy_number[block.vacancy[place]],
    "column": lambda block, place, labels: read_text(labels.column_title[block.column[place]]),
    "hired": lambda block, place, labels: labels.column_hired[block.column[place]] == "true",
    "status": lambda _, place, __: 0 if ARCHIVED[place] else 1,
    "created": lambda block, place, _: block.days[block.created[place]],
    "updated": lambda block, place, _: block.days[block.updated[place]],
}


def _format(
    rows: Iterator[tuple[Any, ...]], labels: Labels, tail: str, day: list[str]
) -> list[str]:
    """The hot loop: one f-string per row, all its texts prepared."""
    title, number = labels.vacancy_title, labels.vacancy_number
    stage, hired = labels.column_title, labels.column_hired
    return [
        f'{{"applicant":"{head}{tail}","vacancy":{title[v]},"column":{stage[c]},'
        f'"vacancy_id":{number[v]},"external_id":{external},"status":{0 if archived else 1},'
        f'"score":{score},"hired":{hired[c]},"firstname":{first},"lastname":{last},'
        f'"email":{email},"phone":{phone},"created_at":"{day[created]}",'
        f'"updated_at":"{day[updated]}","source":{source}}}'
        for (
            head, v, c, archived, external, score, first, last, email, phone, created, updated,
            source,
        ) in rows
    ]  # fmt: skip
