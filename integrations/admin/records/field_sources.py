"""Where each unified field comes from: a record beside the object that Flatchr sent.

The tables say in words what `flatchr/mapping` does (`docs/mapping.md`).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.badges import words
from integrations.admin.base.cards import RAW_LIMIT
from integrations.admin.base.formatting import NOTHING, date_time, plain, plain_text
from integrations.field_catalogue import TRIMMED, fields_of
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    Job,
    MirroredRecord,
)
from integrations.records import ApplicationRecord, JobRecord, PersonRecord

Words = str | Promise
SHORTENED = 160
# Fields whose values are words of the unified schema.
ENUMS = {
    field.name
    for record in (JobRecord, PersonRecord, ApplicationRecord)
    for field in fields_of(record)
    if field.entry.values
}


@dataclass(frozen=True, slots=True)
class Origin:
    """One unified field: its column, its name, Flatchr's fields, and the rule in a few words."""

    field: str
    label: Words
    sources: tuple[str, ...]
    rule: Words = ""


@dataclass(frozen=True, slots=True)
class FieldSource:
    """One unified field of a record; `keys` are the parts of the object that it points at."""

    label: Words
    value: object
    sources: tuple[tuple[str, str], ...]
    rule: Words

    @property
    def keys(self) -> str:
        return " ".join(part for _, part in self.sources if part)


@dataclass(frozen=True, slots=True)
class RawMember:
    """One member of the object, as text."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class RecordSource:
    fields: list[FieldSource]
    parts: list[RawMember]


def _of_catalogue(record: type) -> Iterator[Origin]:
    """The origins of the catalogue's fields, for a record class of `records.py`."""
    for field in fields_of(record):
        entry = field.entry
        if entry.label:
            rule = _lazy(entry.rule) if entry.rule else ""
            yield Origin(field.name, _lazy(entry.label), tuple(entry.source.split()), rule)


ORIGINS: dict[type[MirroredRecord], tuple[Origin, ...]] = {
    Job: (
        Origin("remote_id", _lazy("Flatchr ID"), ("id",)),
        Origin(
            "vacancy_id", _lazy("Vacancy number"), ("vacancy_id",), _lazy("Applications name it.")
        ),
        *_of_catalogue(JobRecord),
    ),
    ApplicationStage: (
        Origin("remote_id", _lazy("Flatchr ID"), ("id",)),
        Origin("name", _lazy("Name"), ("title",), _lazy(TRIMMED)),
        Origin(
            "position", _lazy("Position"), ("position",), _lazy("Else its place in Flatchr's list.")
        ),
        Origin("visible", _lazy("Shown in Flatchr"), ("visible",)),
        Origin("hired", _lazy("Means hired"), ("hired",)),
    ),
    Candidate: (
        *_of_catalogue(PersonRecord),
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
        *_of_catalogue(ApplicationRecord),
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


def source_of(record: MirroredRecord) -> RecordSource | None:
    """The record's object with what each unified field takes from it; None without an object."""
    data = getattr(record, "remote_data", None)
    origins = ORIGINS.get(type(record), ())
    if data is None or not origins:
        return None
    parts = _parts(data)
    ids = {name: part.id for name, part in parts}
    fields = [
        FieldSource(
            origin.label,
            _value(origin.field, getattr(record, origin.field)),
            tuple((source, ids.get(source, "")) for source in origin.sources),
            origin.rule,
        )
        for origin in origins
    ]
    return RecordSource(fields, [part for _, part in parts])


def _parts(data: Any) -> list[tuple[str, RawMember]]:
    """The members of the object by name, at most `RAW_LIMIT` characters of them."""
    if not isinstance(data, dict):
        return [("", RawMember("raw-0", _indented(data)[:RAW_LIMIT]))]
    parts, left = [], RAW_LIMIT
    for number, (name, value) in enumerate(data.items()):
        text = f"{json.dumps(name, ensure_ascii=False)}: {_indented(value)}"
        parts.append(
            (name, RawMember(f"raw-{number}", text[:left] + ("…" if len(text) > left else "")))
        )
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
