"""The vacancies of one company, and their JSON shape on each host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from integrations.sandbox.formats import Clock, IdCodec, iso
from integrations.sandbox.seed.tables import LABELLED
from integrations.sandbox.seed.vacancies import CAREER_SITE, Vacancy, base_fields, seeded_vacancy

Tags = Callable[[Vacancy], list[dict[str, Any]]]


class Vacancies:
    """All vacancies by encoded id; the titles of removed ones stay known to their applicants."""

    def __init__(
        self, seed: str, company: int, count: int, first: int, clock: Clock, base: date
    ) -> None:
        self._company, self._clock = company, clock
        self.first, self.seeded = first, count
        self._ids = IdCodec(seed, "vacancy")
        self._next = first + count
        self.by_id: dict[str, Vacancy] = {}
        self.version = 0
        for place in range(count):
            number = first + place
            encoded = self._ids.encode(number)
            self.by_id[encoded] = seeded_vacancy(seed, place, company, number, encoded, base)
        self._slugs = {vacancy.fields["slug"]: vacancy.id for vacancy in self}
        self.titles = {vacancy.number: vacancy.fields["title"] for vacancy in self}

    def __iter__(self) -> Iterator[Vacancy]:
        return iter(list(self.by_id.values()))

    def number(self, encoded: str) -> int | None:
        """The plain id of an encoded one, of removed vacancies too."""
        number = self._ids.decode(encoded)
        return number if number in self.titles else None

    def encoded(self, number: int) -> str:
        """The encoded id of a plain one."""
        return self._ids.encode(number)

    def by_slug(self, slug: str) -> Vacancy | None:
        """The vacancy that a candidate is created for. §7."""
        return self.by_id.get(self._slugs.get(slug, ""))

    def add(self, fields: dict[str, Any]) -> Vacancy:
        """Store a new vacancy, created now and published nowhere."""
        number, now = self._next, iso(self._clock())
        self._next += 1
        encoded = self._ids.encode(number)
        title = str(fields.get("title", "Poste"))
        values = base_fields(self._company, number, encoded, title, now)
        vacancy = Vacancy(number, encoded, values | fields)
        self.by_id[encoded] = vacancy
        self._slugs[vacancy.fields["slug"]] = encoded
        self._changed(vacancy)
        return vacancy

    def change(self, vacancy: Vacancy, fields: dict[str, Any]) -> None:
        """Change plain fields; `updated_at` becomes now unless given."""
        vacancy.fields = vacancy.fields | {"updated_at": iso(self._clock())} | fields
        self._changed(vacancy)

    def remove(self, vacancy: Vacancy) -> None:
        """Take a vacancy off the list; its applicants keep its title and plain id."""
        del self.by_id[vacancy.id]
        self._slugs.pop(vacancy.fields["slug"], None)

    def _changed(self, vacancy: Vacancy) -> None:
        self.titles[vacancy.number] = vacancy.fields["title"]
        self.version += 1


def api_shape(vacancy: Vacancy, wanted: set[str], tags: Tags) -> dict[str, Any]:
    """A vacancy as the api host sends it: labels null, parts only if in `wanted`. §1, §2."""
    shape = vacancy.fields | {label: None for label, _ in LABELLED}
    parts: dict[str, Callable[[], Any]] = {
        "address": lambda: vacancy.address,
        "tags": lambda: tags(vacancy),
        "items": lambda: vacancy.items,
        "questions": lambda: vacancy.questions,
        "faqs": list,
        "benefits": list,
    }
    return shape | {name: part() for name, part in parts.items() if name in wanted}


def feed_shape(vacancy: Vacancy, company: dict[str, Any], tags: Tags) -> dict[str, Any]:
    """A vacancy as the public feed sends it: with labels and every part. §4."""
    labels = {label: known.get(vacancy.fields[f"{label}_id"]) for label, known in LABELLED}
    return vacancy.fields | labels | {
        "tags": tags(vacancy),
        "questions": vacancy.questions,
        "address": vacancy.address,
        "addressFormatted": vacancy.address and vacancy.address["formatted_address"],
        "code_rome": None,
        "company": company,
    }  # fmt: skip


def on_career_site(vacancy: Vacancy) -> list[dict[str, Any]]:
    """The items that put an active vacancy into the public feed."""
    if vacancy.fields["status"] != 1:
        return []
    return [item for item in vacancy.items if item["offer_id"] == CAREER_SITE]
