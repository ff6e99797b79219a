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
from django.utils.translation import gettext_lazy as _

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


_TRIMMED = _("Without spaces around it.")
_PAID = _("Only when a salary is given.")
_AS_A_DAY = _("Flatchr gives the day; it counts from midnight in Paris.")

ORIGINS: dict[type[MirroredRecord], tuple[Origin, ...]] = {
    Job: (
        Origin("remote_id", _("Flatchr ID"), ("id",)),
        Origin("vacancy_id", _("Vacancy number"), ("vacancy_id",), _("Applications name it.")),
        Origin("name", _("Title"), ("title",), _TRIMMED),
        Origin(
            "description",
            _("Description"),
            ("description", "mission", "profile"),
            _("Joined in this order, each only if it is not empty."),
        ),
        Origin(
            "employment_type",
            _("Contract"),
            ("contract_type_id", "contract_type", "partial"),
            _("The contract's label by the table of contract types; part time where it says so."),
        ),
        Origin("status", _("Status"), ("status",), _("1 is open, 0 is closed.")),
        Origin(
            "visibility",
            _("Visibility"),
            ("items",),
            _("Public when published on the career site, internal on the intranet only."),
        ),
        Origin("category", _("Category"), ("channel_id", "channel"), _("The channel's label.")),
        Origin(
            "department",
            _("Department"),
            ("tags",),
            _("The title of the first tag of vacancies that is a folder."),
        ),
        Origin(
            "post_url",
            _("Public page"),
            ("slug", "items"),
            _("The career site's address with the slug, when the job is public."),
        ),
        Origin("experience_level", _("Experience"), ("experience",), _("The code's label.")),
        Origin(
            "remote_work_status",
            _("Remote work"),
            ("remote",),
            _("None is on site, part of the time is hybrid, full time is remote."),
        ),
        Origin(
            "salary_amount",
            _("Salary"),
            ("salary",),
            _("When there is no maximum; 0 is not given."),
        ),
        Origin("salary_amount_from", _("Salary from"), ("salary",), _("When there is a maximum.")),
        Origin("salary_amount_to", _("Salary to"), ("salary_max",), _("0 is not given.")),
        Origin("salary_currency", _("Currency"), ("currency",), _PAID),
        Origin("salary_period", _("Paid by"), ("mensuality",), _PAID),
        Origin(
            "location",
            _("Place"),
            ("address",),
            _("City, region, street and postal code; the country as its two-letter code."),
        ),
        Origin(
            "opened_at",
            _("Opened"),
            ("items", "created_at"),
            _("When it was first published, else when it was created."),
        ),
        Origin("closed_at", _("Closed"), ("updated_at",), _("The last change, unless it is open.")),
        Origin("remote_created_at", _("Created in Flatchr"), ("created_at",)),
        Origin("remote_updated_at", _("Updated in Flatchr"), ("updated_at",)),
    ),
    ApplicationStage: (
        Origin("remote_id", _("Flatchr ID"), ("id",)),
        Origin("name", _("Name"), ("title",), _TRIMMED),
        Origin("position", _("Position"), ("position",), _("Else its place in Flatchr's list.")),
        Origin("visible", _("Shown in Flatchr"), ("visible",)),
        Origin("hired", _("Means hired"), ("hired",)),
    ),
    Candidate: (
        Origin("first_name", _("First name"), ("firstname",), _TRIMMED),
        Origin("last_name", _("Last name"), ("lastname",), _TRIMMED),
        Origin(
            "email_addresses",
            _("E-mail"),
            ("email",),
            _("As typed, with the domain in lower case; left out when it is not valid."),
        ),
        Origin(
            "phone_numbers",
            _("Phone"),
            ("phone",),
            _("In international form when it can be read as a French number, else as given."),
        ),
        Origin(
            "remote_id",
            _("Flatchr ID"),
            ("applicant",),
            _(
                "The applicant of the person's first application; the object shown is that of the "
                "most recently updated one."
            ),
        ),
    ),
    Application: (
        Origin("remote_id", _("Flatchr ID"), ("applicant",)),
        Origin("job", _("Job"), ("vacancy_id",), _("The job with this vacancy number.")),
        Origin(
            "candidate",
            _("Candidate"),
            ("email",),
            _("Applications with the same e-mail belong to one candidate."),
        ),
        Origin(
            "current_stage",
            _("Stage"),
            ("column",),
            _("The stage with this title; the visible one if there are two."),
        ),
        Origin(
            "outcome",
            _("Outcome"),
            ("hired", "status"),
            _("Hired if it says so, declined when the status is 0, else in progress."),
        ),
        Origin("remote_created_at", _("Received"), ("created_at",), _AS_A_DAY),
        Origin("remote_updated_at", _("Updated in Flatchr"), ("updated_at",), _AS_A_DAY),
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
