"""Columns of an export: how each is read from the database, and what kind of value it has."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from enum import Enum, StrEnum
from typing import Any, ClassVar, NamedTuple

from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from import_export.fields import Field
from import_export.resources import Resource

from integrations.exports.reading import Chunk
from integrations.exports.values import day_first, moments, numbers
from integrations.messages import Message
from integrations.models import DateFormat
from integrations.spreadsheets.escaping import guard_column

Cells = Sequence[Any]


class Type(Enum):
    """What the cells of a column are, before a format writes them; null is always possible.

    TEXT: `str`. NUMBER: `int` or `float`. MOMENT: a date and time as the database writes it.
    """

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"


class Heading(NamedTuple):
    """A column as a format knows it. `label` is what people call it, a message id; `words` are the
    values that have words of their own.
    """

    name: str
    type: Type
    label: str = ""
    words: builtins.type[StrEnum] | None = None
    holds_phones: bool = False


class UnknownColumns(ValueError):
    """Columns were asked for that there are not; the message lists those that there are."""


class Column(Field):
    """A column read with the row: `source` is a path or expression of `values_list`.

    `convert` makes a chunk's cells of what was read; without it, they are that already. One that
    is there `by_name` is left out where no columns are named: files that programs read have kept
    theirs.
    """

    def __init__(
        self,
        name: str,
        source: str | Combinable | None = None,
        convert: Callable[[Sequence[Any]], Cells] | None = None,
        *,
        label: str,
        type: Type = Type.TEXT,
        words: builtins.type[StrEnum] | None = None,
        holds_phones: bool = False,
        by_name: bool = False,
    ) -> None:
        super().__init__(attribute=name, column_name=name, readonly=True)
        self.source = source or name
        self.convert = convert
        self.by_name = by_name
        self.label = label
        self.heading = Heading(name, type, label, words, holds_phones)


class ChunkColumn(Field):
    """A column whose cells `read` finds for a whole chunk."""

    by_name = False

    def __init__(
        self,
        name: str,
        read: Callable[[Chunk], Iterable[Any]],
        *,
        label: str,
        type: Type = Type.TEXT,
    ) -> None:
        super().__init__(attribute=name, column_name=name, readonly=True)
        self.read = read
        self.label = label
        self.heading = Heading(name, type, label)


class RecordResource(Resource):
    """Mirrored records, a row each, in the columns that were asked for, or in the usual ones.

    `with_tenant` adds the columns that say whose record it is. Columns come in the order in
    which they are declared. Raises `UnknownColumns`.
    """

    TENANT_COLUMNS = ("organization", "integration_id")
    fields: ClassVar[dict[str, Any]]
    order: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *, with_tenant: bool = False, columns: Sequence[str] | None = None) -> None:
        super().__init__()
        known = self.names(with_tenant=with_tenant)
        if columns and (unknown := [name for name in columns if name not in known]):
            raise UnknownColumns(
                Message("export_column_unknown", unknown=", ".join(unknown), known=", ".join(known))
            )
        usual = [name for name in known if not self.fields[name].by_name]
        for name in list(self.fields):
            if name not in (columns or usual):
                del self.fields[name]

    @classmethod
    def names(cls, *, with_tenant: bool) -> list[str]:
        """All columns that can be asked for, in their order."""
        return [name for name in cls.fields if with_tenant or name not in cls.TENANT_COLUMNS]

    def chunks(
        self, queryset: QuerySet[Any], sources: Sequence[Any]
    ) -> Generator[Chunk, None, None]:
        """The records of `queryset` with a sequence of values for each source.

        It reads in a transaction where that is quicker, so it is to be closed.
        """
        raise NotImplementedError

    @property
    def headings(self) -> list[Heading]:
        return [field.heading for field in self.get_export_fields()]

    def typed_chunks(self, queryset: QuerySet[Any]) -> Generator[list[Cells], None, None]:
        """The rows of `queryset`, some thousand at a time, as one list of cells per column.

        By column, because what happens to each of a million cells is cheapest done to a list.
        Close it, or whatever is written next may be undone with what it reads in.
        """
        fields = self.get_export_fields()
        read = [field for field in fields if isinstance(field, Column)]
        with closing(self.chunks(queryset, [column.source for column in read])) as chunks:
            for chunk in chunks:
                values = dict(zip(read, chunk.values, strict=True))
                yield [
                    _cells(field, values[field])
                    if isinstance(field, Column)
                    else list(field.read(chunk))
                    for field in fields
                ]

    def iter_queryset(self, queryset: QuerySet[Any]) -> Iterator[dict[str, str | None]]:
        """Rows for `Resource.export()`: the cells of a CSV file, by name."""
        headings = self.headings
        names = [heading.name for heading in headings]
        with closing(self.typed_chunks(queryset)) as chunks:
            for columns in chunks:
                texts = [
                    as_texts(cells, heading.type)
                    for cells, heading in zip(columns, headings, strict=True)
                ]
                for row in zip(*texts, strict=True):
                    yield dict(zip(names, row, strict=True))


def _cells(column: Column, values: Sequence[Any]) -> Cells:
    return column.convert(values) if column.convert else values


def as_texts(
    cells: Cells, type: Type, date_format: str = DateFormat.ISO, *, decimal_comma: bool = False
) -> Sequence[str | None]:
    """The cells as CSV tells them, formulas made harmless."""
    if type is Type.TEXT:
        return guard_column(cells)
    if type is Type.MOMENT:
        return day_first(cells) if date_format == DateFormat.DAY_FIRST else moments(cells)
    # A negative number is no formula; with an apostrophe it would be no number.
    texts = numbers(cells)
    return [text.replace(".", ",") for text in texts] if decimal_comma else texts
