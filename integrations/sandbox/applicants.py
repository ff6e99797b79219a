"""The applicants of one company: seeded rows are computed, changed ones are kept.

An applicant is one application of a person to a vacancy. `docs/flatchr-api.md` §5, §A.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache, partial
from itertools import compress
from typing import Any

from integrations.sandbox.formats import BASE_DATE, BLOCK, Clock, IdCodec, day_month_year, today
from integrations.sandbox.resumes import StoredResume
from integrations.sandbox.search import Criteria
from integrations.sandbox.seed.applicants import (
    ACTIVE,
    ARCHIVED,
    NO_CV_PLACE,
    NO_CV_STEP,
    NOBODY,
    Block,
    Labels,
    fragment,
)


@dataclass(frozen=True)
class Applicant:
    """One application. A change makes a new object, so that a response being sent is consistent."""

    number: int
    vacancy: int
    column: int
    firstname: str = ""
    lastname: str = ""
    email: str | None = None
    phone: str | None = None
    status: int = 1
    score: int = 0
    source: str | None = "Site carrière"
    reason: str | None = None
    """Why it was archived; shown when there is one and it is. §I.2."""
    external_id: str | None = ""
    created: date = BASE_DATE
    updated: date = BASE_DATE
    comment: str = ""
    consent: bool = True
    urls: Mapping[str, Any] = field(default_factory=dict)
    answers: Sequence[Mapping[str, Any]] = ()
    user: str | None = None
    """The user key to whom the application is attributed."""
    resume: StoredResume | None = None

    def value(self, labels: Labels, name: str) -> Any:
        """The value of a field for filters, `column` (title) and `hired` included."""
        if name in ("column", "hired"):
            return labels.stages[self.column][name == "hired"]
        return getattr(self, name)


SEEDED = (
    "firstname", "lastname", "email", "phone", "status", "score", "source", "external_id",
    "vacancy", "created", "updated",
)  # fmt: skip


class Applicants:
    """`count` active seeded applicants and their archived companions, plus every change since."""

    def __init__(
        self,
        *,
        seed: str,
        count: int,
        vacancies: int,
        labels: Callable[[], Labels],
        clock: Clock,
        base: date,
    ) -> None:
        self._seed, self._vacancies, self._labels, self._clock = seed, vacancies, labels, clock
        self._base = base
        self.ids = IdCodec(seed, "applicant")
        self.seeded = _total(count)
        self._next = self.seeded
        # Searches leave out applicants from this number on, as if they were not yet indexed.
        self._hidden_from: int | None = None
        self._changed: dict[int, Applicant | None] = {}
        self._block = lru_cache(maxsize=8)(self._build)

    def _build(self, number: int) -> Block:
        size = min(BLOCK, self.seeded - number * BLOCK)
        return Block(self._seed, number, size, self._vacancies, self.ids, self._base)

    def get(self, number: int | None) -> Applicant | None:
        """The applicant with this number; None when there is none."""
        if number is None or number in self._changed:
            return None if number is None else self._changed[number]
        if not 0 <= number < self.seeded:
            return None
        block, place, labels = self._block(number // BLOCK), number % BLOCK, self._labels()
        values: dict[str, Any] = {name: block.value(name, place, labels) for name in SEEDED}
        return Applicant(
            number=number,
            column=labels.column_id[block.column[place]],
            comment="<p>Voici ma candidature.</p>" if place % 4 == 0 else "",
            resume=None if place % NO_CV_STEP == NO_CV_PLACE else StoredResume(),
            **values,
        )

    def add(self, **fields: Any) -> Applicant:
        """Store a new applicant, created today unless `fields` says otherwise."""
        day = today(self._clock)
        values: dict[str, Any] = {"number": self._next, "created": day, "updated": day}
        applicant = Applicant(**(values | fields))
        self._next += 1
        self._changed[applicant.number] = applicant
        return applicant

    def change(self, applicant: Applicant, **fields: Any) -> Applicant:
        """Store changed fields; `updated` becomes today unless `fields` says otherwise."""
        values: dict[str, Any] = {"updated": today(self._clock)} | fields
        changed = replace(applicant, **values)
        self._changed[applicant.number] = changed
        return changed

    def added(self) -> list[Applicant]:
        """Those added since the start, hidden ones too, in the order they were added."""
        found = (self._changed[number] for number in range(self.seeded, self._next))
        return [applicant for applicant in found if applicant is not None]

    def hide_new(self, hide: bool) -> None:
        """Whether searches leave out the applicants that are added from now on."""
        self._hidden_from = self._next if hide else None

    def _is_hidden(self, number: int) -> bool:
        return self._hidden_from is not None and number >= self._hidden_from

    def remove(self, number: int) -> None:
        """Forget an applicant, as the erasure of a person does."""
        self._changed[number] = None

    def row(self, applicant: Applicant, labels: Labels) -> dict[str, Any]:
        """The object that a search answers with. `docs/flatchr-api.md` §5."""
        title, hired = labels.stages[applicant.column]
        archived = {"reason": applicant.reason} if applicant.reason and not applicant.status else {}
        return archived | {
            "applicant": self.ids.encode(applicant.number),
            "vacancy": labels.titles.get(applicant.vacancy, ""),
            "column": title,
            "vacancy_id": applicant.vacancy,
            "external_id": applicant.external_id,
            "status": applicant.status,
            "score": applicant.score,
            "hired": hired,
            "firstname": applicant.firstname,
            "lastname": applicant.lastname,
            "email": applicant.email,
            "phone": applicant.phone,
            "created_at": day_month_year(applicant.created),
            "updated_at": day_month_year(applicant.updated),
            "source": applicant.source,
        }

    def stream(self, criteria: Criteria) -> Iterator[bytes]:
        """The matching rows as one JSON array, block by block, in the order of their numbers."""
        labels = self._labels()
        # Taken before the first byte: what changes while the answer is sent is in the next one.
        changed: dict[int, dict[int, Applicant | None]] = defaultdict(dict)
        for number, applicant in list(self._changed.items()):
            if self._is_hidden(number):
                continue
            changed[number // BLOCK][number % BLOCK] = applicant
        separator = "["
        for block in self._blocks(criteria, set(changed)):
            rows = self._rows(block, changed.get(block, {}), criteria, labels)
            if rows:
                yield (separator + ",".join(rows)).encode()
                separator = ","
        yield b"]" if separator == "," else b"[]"

    def _blocks(self, criteria: Criteria, changed: set[int]) -> list[int]:
        """The blocks that can hold a match."""
        if criteria.newer:
            return sorted(changed)
        if criteria.numbers is not None:
            wanted = {number // BLOCK for number in criteria.numbers if number < self.seeded}
            return sorted(wanted | changed)
        return sorted(changed.union(range(-(-self.seeded // BLOCK))))

    def _rows(
        self, number: int, changes: dict[int, Applicant | None], criteria: Criteria, labels: Labels
    ) -> list[str]:
        keep, rows = NOBODY, []
        if number * BLOCK < self.seeded:
            block = self._build(number)
            keep = _keep(block, changes, criteria, labels)
            rows = block.rows(labels, keep)
        if not changes:
            return rows
        merged = dict(zip(compress(range(BLOCK), keep), rows, strict=True))
        for place, applicant in changes.items():
            if applicant and criteria.matches(partial(applicant.value, labels)):
                merged[place] = fragment(self.row(applicant, labels))
        return [text for _, text in sorted(merged.items())]


def _keep(
    block: Block, changes: dict[int, Applicant | None], criteria: Criteria, labels: Labels
) -> list[bool]:
    """Which unchanged rows of a block match."""
    keep = {1: ACTIVE, 0: ARCHIVED}.get(criteria.status, NOBODY)
    if criteria.numbers is not None:
        keep = [flag and block.start + i in criteria.numbers for i, flag in enumerate(keep)]
    if changes:
        keep = [flag and place not in changes for place, flag in enumerate(keep)]
    keep = keep[: block.size]
    for field_name, test in criteria.tests:
        if not any(keep):
            break
        values = block.values(field_name, labels)
        keep = [flag and test(value) for flag, value in zip(keep, values, strict=True)]
    return keep


def _total(active: int) -> int:
    """How many seeded rows there must be for `active` of them to be active."""
    whole, rest = divmod(active, sum(ACTIVE))
    total = whole * BLOCK
    place = 0
    while rest:
        rest -= ACTIVE[place]
        place += 1
    return total + place
