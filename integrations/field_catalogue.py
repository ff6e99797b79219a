"""The catalogue of unified fields: what every part of the product derives from a field's one entry.

An entry is the annotation of a field of `JobRecord`, `PersonRecord` or `ApplicationRecord` in
`records.py`: `Annotated[type, Unified(...)]`. Derived from it are the columns that a sync writes
and compares (`sync/bulk/tables.py`), API rows (`api/reads/`), their schema (`api/openapi/`),
coverage (`api/general/coverage.py`), columns of exports (`exports/resources.py`) and the page of
origins (`admin/records/field_sources.py`). What is left to write is the column of the model with
its migration, the mapping, and a test.

Texts are English message ids: whoever shows them translates them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

# Said of several fields.
TRIMMED = "Without spaces around it."
WITH_A_SALARY = "Only when a salary is given."
AS_A_DAY = "Flatchr gives the day; it counts from midnight in Paris."
CREATED = "When Flatchr says that it was created."
UPDATED = "When Flatchr says that it was changed last."


class FieldType(Enum):
    """How a field is stored and sent; null is always possible."""

    TEXT = "text"
    NUMBER = "number"
    JSON = "json"
    MOMENT = "moment"

    @property
    def is_plain(self) -> bool:
        """Whether a row of the database holds the value as the API sends it."""
        return self in (FieldType.TEXT, FieldType.NUMBER)


@dataclass(frozen=True, slots=True)
class Unified:
    """What the catalogue says of a unified field, apart from its name and type.

    `label`, `source` (Flatchr's fields, separated by spaces) and `rule` are shown on the page of
    origins; without a label the field is not there. `note`, `example` and `values` (those of the
    contract, and no others where `closed`) go to the API's schema; an example of `...` is the
    type's own. `export` is the heading of the column in exports, whose values are then told in
    words, too; blank: not exported. `added` is one that came when there
    were records already: a null counts as no change of these.
    """

    label: str = ""
    source: str = ""
    rule: str = ""
    note: str = ""
    example: Any = ...
    values: type[StrEnum] | None = None
    closed: bool = False
    export: str = ""
    in_api: bool = True
    added: bool = False


@dataclass(frozen=True, slots=True)
class CatalogueField:
    """One unified field: its name, which is that of its column too, its type, and its entry."""

    name: str
    type: FieldType
    entry: Unified


@cache
def fields_of(record: type) -> tuple[CatalogueField, ...]:
    """The catalogue's fields of a record class of `records.py`, in the order of that class."""
    names = vars(sys.modules[record.__module__])
    hints = get_type_hints(record, names, include_extras=True)
    found = []
    for name, hint in hints.items():
        for entry in getattr(hint, "__metadata__", ()):
            if isinstance(entry, Unified):
                found.append(CatalogueField(name, _type(get_args(hint)[0]), entry))
    return tuple(found)


def export_heading(record: type, name: str) -> str:
    """What the column of that field is called in exports, as a message id."""
    return next(field.entry.export for field in fields_of(record) if field.name == name)


def api_names(record: type, *types: FieldType) -> tuple[str, ...]:
    """The names of the record's fields that the API sends; of these types where some are given."""
    return tuple(
        field.name
        for field in fields_of(record)
        if field.entry.in_api and (not types or field.type in types)
    )


def _type(hint: Any) -> FieldType:
    kinds = [hint]
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    kind = get_origin(kinds[0]) or kinds[0]
    if kind is datetime:
        return FieldType.MOMENT
    if kind in (int, float):
        return FieldType.NUMBER
    return FieldType.JSON if kind in (list, dict) else FieldType.TEXT
