"""Objects of models from a statement of our own that finds several of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


class Columns(Generic[M]):
    """A model's columns in a statement, where its table is called `alias`; the object they make.

    As `Model.objects.raw` does it, for more than one model.
    """

    def __init__(self, model: type[M], alias: str) -> None:
        self._model = model
        self._fields: Sequence[Any] = model._meta.concrete_fields
        self._names = [field.attname for field in self._fields]
        self.sql = ", ".join(f"{alias}.{field.column}" for field in self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def instance(self, values: Sequence[Any]) -> M:
        """The object of a row's values, one for each column."""
        made = list(values)
        for place, column, convert in self._converters:
            made[place] = convert(made[place], column, connection)
        found: M = self._model.from_db(connection.alias, self._names, made)
        return found

    @cached_property
    def _converters(self) -> list[tuple[int, Any, Any]]:
        return [
            (place, field.cached_col, convert)
            for place, field in enumerate(self._fields)
            for convert in (
                *connection.ops.get_db_converters(field.cached_col),
                *field.get_db_converters(connection),
            )
        ]
