"""The columns of an export: their names, their order, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from import_export.fields import Field
from import_export.resources import Resource

from integrations.exports.escaping import guard_column
from integrations.exports.reading import LATEST, Chunk, read_chunks, tags_of
from integrations.exports.values import as_text, joined, moments

Cells = Sequence[str | None]


class Column(Field):
    """A column read with the row: `source` is a path or expression of `values_list`.

    `convert` makes a chunk's cells of what was read; without it, that is text or null already.
    """

    def __init__(
        self,
        name: str,
        source: str | Combinable | None = None,
        convert: Callable[[Sequence[Any]], Cells] | None = None,
    ) -> None:
        super().__init__(attribute=name, column_name=name, readonly=True)
        self.source = source or name
        self.convert = convert


class ChunkColumn(Field):
    """A column whose cells `read` finds for a whole chunk."""

    def __init__(self, name: str, read: Callable[[Chunk], Iterable[str | None]]) -> None:
        super().__init__(attribute=name, column_name=name, readonly=True)
        self.read = read


def _ids(chunk: Chunk) -> Iterable[str]:
    return chunk.ids


def _application_counts(chunk: Chunk) -> Iterable[str]:
    return map(str, chunk.applications)


def _latest_applied_at(chunk: Chunk) -> Iterable[str]:
    return moments(chunk.applied_at)


class CandidateResource(Resource):
    """Candidates, a row each, formulas made harmless; every cell is text or null.

    Only applications and tags that Flatchr still has are told of. `with_tenant` adds the columns
    that say whose candidate it is.
    """

    id = ChunkColumn("id", _ids)
    remote_id = Column("remote_id")
    first_name = Column("first_name")
    last_name = Column("last_name")
    email_addresses = Column("email_addresses", as_text("email_addresses"), joined("email_address"))
    phone_numbers = Column("phone_numbers", as_text("phone_numbers"), joined("phone_number"))
    tags = ChunkColumn("tags", tags_of)
    applications = ChunkColumn("applications", _application_counts)
    latest_job = Column("latest_job", f"{LATEST}__job__name")
    latest_stage = Column("latest_stage", f"{LATEST}__current_stage__name")
    latest_outcome = Column("latest_outcome", f"{LATEST}__outcome")
    latest_applied_at = ChunkColumn("latest_applied_at", _latest_applied_at)
    changed_at = Column("changed_at", as_text("changed_at"), moments)
    remote_deleted_at = Column("remote_deleted_at", as_text("remote_deleted_at"), moments)
    organization = Column("organization", "integration__organization")
    integration_id = Column("integration_id")

    TENANT_COLUMNS = ("organization", "integration_id")

    def __init__(self, *, with_tenant: bool = False) -> None:
        super().__init__()
        if not with_tenant:
            for name in self.TENANT_COLUMNS:
                del self.fields[name]

    def column_chunks(self, queryset: QuerySet[Any]) -> Iterator[list[Cells]]:
        """The rows of `queryset`, some thousand at a time, as one list of cells per column.

        By column, because what happens to each of a million cells is cheapest done to a list.
        """
        fields = self.get_export_fields()
        read = [field for field in fields if isinstance(field, Column)]
        for chunk in read_chunks(queryset, [column.source for column in read]):
            values = dict(zip(read, chunk.values, strict=True))
            yield [
                guard_column(_cells(field, values[field]))
                if isinstance(field, Column)
                else guard_column(field.read(chunk))
                for field in fields
            ]

    def iter_queryset(self, queryset: QuerySet[Any]) -> Iterator[dict[str, str | None]]:
        """Rows for `Resource.export()`: the same cells, by name."""
        names = [field.attribute for field in self.get_export_fields()]
        for columns in self.column_chunks(queryset):
            for row in zip(*columns, strict=True):
                yield dict(zip(names, row, strict=True))


def _cells(column: Column, values: Sequence[Any]) -> Cells:
    return column.convert(values) if column.convert else values
