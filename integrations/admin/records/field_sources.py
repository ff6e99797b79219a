"""Where each unified field comes from: a record beside the object that Flatchr sent.

The tables say in words what `flatchr/mapping` does (`docs/mapping.md`).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.cards import RAW_LIMIT
from integrations.admin.base.formatting import NOTHING, date_time, plain, words
from integrations.admin.base.html import plain_text
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    Job,
    MirroredRecord,
)

Words = str | Promise
SHORTENED = 160
# Fields whose values are words of the unified schema.
ENUMS = {
    "employment_type",
    "status",
    "visibility",
    "remote_work_status",
    "salary_period",
    "outcome",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """One unified field: its column, its name, Flatchr's fields, and the rule in a few words."""

    field: str
    label: Words
    sources: tuple[str, ...]
    rule: Words = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One unified field of a record; `keys` are the parts of the object that it points at."""

    label: Words
    value: object
    sources: tuple[tuple[str, str], ...]
    rule: Words

    @property
    def keys(self) -> str:
        return " ".join(part for _, part in self.sources if part)


@dataclass(frozen=True, slots=True)
class Part:
    """One member of the object, as text."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    fields: list[Field]
    parts: list[Part]


_TRIMMED = _lazy("Without spaces around it.")
_PAID = _lazy("Only when a salary is given.")
_AS_A_DAY = _lazy("Flatchr gives the day; it counts from midnight in Paris.")

ORIGINS: dict[type[MirroredRecord], tuple[Origin, ...]] = {
    Job: (
        Origin("remote_id", _lazy("Flatchr ID"), ("id",)),
        Origin(
            "vacancy_id", _lazy("Vacancy number"), ("vacancy_id",), _lazy("Applications name it.")
        ),
        Origin("name", _lazy("Title"), ("title",), _TRIMMED),
        Origin(
            "description",
            _lazy("Description"),
            ("description", "mission", "profile"),
            _lazy("Joined in this order, each only if it is not empty."),
        ),
        Origin(
            "employment_type",
            _lazy("Contract"),
            ("contract_type_id", "contract_type", "partial"),
            _lazy(
                "The contract's label by the table of contract types; part time where it says so."
            ),
        ),
        Origin("status", _lazy("Status"), ("status",), _lazy("1 is open, 0 is closed.")),
        Origin(
            "visibility",
            _lazy("Visibility"),
            ("items",),
            _lazy("Public when published on the career site, internal on the intranet only."),
        ),
        Origin(
            "category", _lazy("Category"), ("channel_id", "channel"), _lazy("The channel's label.")
        ),
        Origin(
            "department",
            _lazy("Department"),
            ("tags",),
            _lazy("The title of the first tag of vacancies that is a folder."),
        ),
        Origin(
            "post_url",
            _lazy("Public page"),
            ("slug", "items"),
            _lazy("The career site's address with the slug, when the job is public."),
        ),
        Origin(
            "experience_level", _lazy("Experience"), ("experience",), _lazy("The code's label.")
        ),
        Origin(
            "remote_work_status",
            _lazy("Remote work"),
            ("remote",),
            _lazy("None is on site, part of the time is hybrid, full time is remote."),
        ),
        Origin(
            "salary_amount",
            _lazy("Salary"),
            ("salary",),
            _lazy("When there is no maximum; 0 is not given."),
        ),
        Origin(
            "salary_amount_from",
            _lazy("Salary from"),
            ("salary",),
            _lazy("When there is a maximum."),
        ),
        Origin("salary_amount_to", _lazy("Salary to"), ("salary_max",), _lazy("0 is not given.")),
        Origin("salary_currency", _lazy("Currency"), ("currency",), _PAID),
        Origin("salary_period", _lazy("Paid by"), ("mensuality",), _PAID),
        Origin(
            "location",
            _lazy("Place"),
            ("address",),
            _lazy("City, region, street and postal code; the country as its two-letter code."),
        ),
        Origin(
            "opened_at",
            _lazy("Opened"),
            ("items", "created_at"),
            _lazy("When it was first published, else when it was created."),
        ),
        Origin(
            "closed_at",
            _lazy("Closed"),
            ("updated_at",),
            _lazy("The last change, unless it is open."),
        ),
        Origin("remote_created_at", _lazy("Created in Flatchr"), ("created_at",)),
        Origin("remote_updated_at", _lazy("Updated in Flatchr"), ("updated_at",)),
    ),
    ApplicationStage: (
        Origin("remote_id", _lazy("Flatchr ID"), ("id",)),
        Origin("name", _lazy("Name"), ("title",), _TRIMMED),
        Origin(
            "position", _lazy("Position"), ("position",), _lazy("Else its place in Flatchr's list.")
        ),
        Origin("visible", _lazy("Shown in Flatchr"), ("visible",)),
        Origin("hired", _lazy("Means hired"), ("hired",)),
    ),
    Candidate: (
        Origin("first_name", _lazy("First name"), ("firstname",), _TRIMMED),
        Origin("last_name", _lazy("Last name"), ("lastname",), _TRIMMED),
        Origin(
            "email_addresses",
            _lazy("E-mail"),
            ("email",),
            _lazy("As typed, with the domain in lower case; left out when it is not valid."),
        ),
        Origin(
            "phone_numbers",
            _lazy("Phone"),
            ("phone",),
            _lazy("In international form when it can be read as a French number, else as given."),
        ),
        Origin(
            "remote_id",
            _lazy("Flatchr ID"),
            ("applicant",),
            _lazy(
                "The applicant of the person's first application; the object shown is that of the "
                "most recently updated one."
            ),
        ),
    ),
    Application: (
        Origin("remote_id", _lazy("Flatchr ID"), ("applicant",)),
        Origin("job", _lazy("Job"), ("vacancy_id",), _lazy("The job with this vacancy number.")),
        Origin(
            "candidate",
            _lazy("Candidate"),
            ("email",),
            _lazy("Applications with the same e-mail belong to one candidate."),
        ),
        Origin(
            "current_stage",
            _lazy("Stage"),
            ("column",),
            _lazy("The stage with this title; the visible one if there are two."),
        ),
        Origin(
            "outcome",
            _lazy("Outcome"),
            ("hired", "status"),
            _lazy("Hired if it says so, declined when the status is 0, else in progress."),
        ),
        Origin("remote_created_at", _lazy("Received"), ("created_at",), _AS_A_DAY),
        Origin("remote_updated_at", _lazy("Updated in Flatchr"), ("updated_at",), _AS_A_DAY),
    ),
}


def in_words(field: str, text: str) -> str:
    """A text of a field; the unified schema's own words as people say them."""
    return words(text) if field in ENUMS else text


def label_of(model: type[MirroredRecord], field: str) -> Words:
    """The name of a unified field, given by its column."""
    for origin in ORIGINS.get(model, ()):
        if field in (origin.field, f"{origin.field}_id"):
            return origin.label
    return field.replace("_", " ").capitalize()


def source_of(record: MirroredRecord) -> Source | None:
    """The record's object with what each unified field takes from it; None without an object."""
    data = getattr(record, "remote_data", None)
    origins = ORIGINS.get(type(record), ())
    if data is None or not origins:
        return None
    parts = _parts(data)
    ids = {name: part.id for name, part in parts}
    fields = [
        Field(
            origin.label,
            _value(origin.field, getattr(record, origin.field)),
            tuple((source, ids.get(source, "")) for source in origin.sources),
            origin.rule,
        )
        for origin in origins
    ]
    return Source(fields, [part for _, part in parts])


def _parts(data: Any) -> list[tuple[str, Part]]:
    """The members of the object by name, at most `RAW_LIMIT` characters of them."""
    if not isinstance(data, dict):
        return [("", Part("raw-0", _indented(data)[:RAW_LIMIT]))]
    parts, left = [], RAW_LIMIT
    for number, (name, value) in enumerate(data.items()):
        text = f"{json.dumps(name, ensure_ascii=False)}: {_indented(value)}"
        parts.append((name, Part(f"raw-{number}", text[:left] + ("…" if len(text) > left else ""))))
        left -= len(text)
        if left <= 0:
            break
    return parts


def _indented(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n  ")


def _value(field: str, value: Any) -> object:
    if isinstance(value, dt.datetime):
        return date_time(value)
    if isinstance(value, MirroredRecord):
        return str(value)
    if isinstance(value, dict):
        # An address as one line says the same again.
        parts = [part for key, part in value.items() if key != "raw" and part]
        return _joined(parts or value.values())
    if isinstance(value, list):
        return _joined(part for item in value for part in _texts(item))
    if isinstance(value, str):
        shown = in_words(field, value)
        shown = plain_text(shown) if "<" in shown else shown
        return shown if len(shown) <= SHORTENED else f"{shown[:SHORTENED]}…"
    if isinstance(value, float):
        return f"{value:g}"
    return plain(value)


def _texts(item: Any) -> Iterable[Any]:
    return item.values() if isinstance(item, dict) else (item,)


def _joined(values: Iterable[Any]) -> str:
    return ", ".join(str(value) for value in values if value) or NOTHING
