"""From a queryset to the pieces of a file, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from django.db.models import QuerySet

from integrations.exports.columns import Cells, RecordResource
from integrations.exports.formats import FORMATS, Style
from integrations.exports.resources import RESOURCES
from integrations.exports.wording import rewrites, titled
from integrations.models import ExportFormat, ExportKind, Wording

PIECE_BYTES = 64 * 1024


class Wanted(NamedTuple):
    """What a file is to be; no columns means all of them."""

    kind: str = ExportKind.CANDIDATE
    columns: Sequence[str] = ()
    format: str = ExportFormat.CSV
    style: Style = Style()

    def resource(self, *, with_tenant: bool) -> RecordResource:
        """Raises `UnknownColumns`."""
        return RESOURCES[self.kind](with_tenant=with_tenant, columns=self.columns or None)


def write(
    queryset: QuerySet[Any],
    wanted: Wanted,
    *,
    with_tenant: bool,
    on_rows: Callable[[int], None] | None = None,
    on_end: Callable[[int], None] | None = None,
) -> Generator[bytes, None, None]:
    """The records of `queryset` as a file, in pieces of at most 64 KB, the header first.

    Nothing is read from the database before the first piece is asked for (of CSV and JSON: before
    it has been taken), and what is held at a time does not depend on the number of rows. `on_rows`
    is told how many have been read so far, from time to time; `on_end` how many there were, after
    the last piece has been taken, and not at all if the reader stops before. A reader who stops
    closes it. Raises `UnknownColumns`, at once.
    """
    resource = wanted.resource(with_tenant=with_tenant)
    if wanted.format == ExportFormat.JSON:
        wanted = wanted._replace(style=wanted.style._replace(wording=Wording.CODES))
    return _written(queryset, wanted, resource, on_rows, on_end)


def _written(
    queryset: QuerySet[Any],
    wanted: Wanted,
    resource: RecordResource,
    on_rows: Callable[[int], None] | None,
    on_end: Callable[[int], None] | None,
) -> Generator[bytes, None, None]:
    read = 0
    style = wanted.style
    headings = titled(resource.headings, style.wording)
    rewriting = rewrites(headings, style.wording, style.phones)

    def counted(chunks: Iterator[list[Cells]]) -> Iterator[list[Cells]]:
        nonlocal read
        for columns in chunks:
            for place, rewrite in rewriting.items():
                columns[place] = rewrite(columns[place])
            yield columns
            read += len(columns[0])
            if on_rows:
                on_rows(read)

    # What is read in ends here, also when a reader fails: it may have to write that it did.
    with closing(resource.typed_chunks(queryset)) as chunks:
        for content in FORMATS[wanted.format].write(headings, counted(chunks), style):
            for start in range(0, len(content), PIECE_BYTES):
                yield content[start : start + PIECE_BYTES]
    if on_end:
        on_end(read)
