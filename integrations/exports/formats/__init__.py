"""The files that a table can be written as.

Each format is a function from headings and an iterator of some rows at a time, as one list of
cells per column (cells are as `columns.Type` says), to pieces of bytes. What is held at a time
does not depend on the number of rows. CSV and JSON give their first piece before the first row is
asked for; XLSX gives all of its pieces after the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from integrations.exports.columns import Cells, Heading
from integrations.exports.formats import csv_text, json_array, xlsx
from integrations.exports.formats.style import Style
from integrations.models import ExportFormat


class Format(NamedTuple):
    """`write` makes the file; `extension` and `content_type` are what it goes by."""

    write: Callable[[Sequence[Heading], Iterable[Sequence[Cells]], Style], Iterator[bytes]]
    extension: str
    content_type: str


FORMATS: Mapping[str, Format] = {
    ExportFormat.CSV: Format(csv_text.write, "csv", "text/csv; charset=utf-8"),
    ExportFormat.XLSX: Format(xlsx.write, "xlsx", xlsx.CONTENT_TYPE),
    ExportFormat.JSON: Format(json_array.write, "json", "application/json"),
}
