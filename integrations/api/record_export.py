"""A tenant's records as the API shows them, one a line: all of them, or what has changed since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import orjson

from integrations.api.openapi import records as schemas
from integrations.api.reads.feed import LINKS, shown_records
from integrations.api.reads.scope import ReadScope, scope_of
from integrations.changes import feed
from integrations.changes.feed import FeedPosition
from integrations.changes.models import RECORDS
from integrations.exports.reading import as_they_come
from integrations.models import Integration
from integrations.records import Model
from integrations.spreadsheets.csv_file import csv_lines
from integrations.spreadsheets.escaping import guard
from integrations.tenants.scopes import excluded_models

FORMATS = ("ndjson", "csv")
# Records read and written together.
CHUNK = 500
# What remains to be told of a deleted record whose part is not read any more.
TOLD_OF_DELETED = ("id", "changed_at", "remote_deleted_at")


class RecordExport:
    """The records of one export, some at a time; `position` is where the next one goes on."""

    def __init__(self, integration: Integration, model: Model, since: FeedPosition | None) -> None:
        self.integration, self.model, self.since = integration, model, since
        # What changes while records are read comes after it, and is read again.
        self.position = since or feed.newest(integration.pk)
        self.scope = scope_of(integration)
        self.excluded = model in excluded_models(integration.flatchr_settings.scopes)
        self.rows = self.deleted = 0

    def pieces(self, format: str) -> Iterator[bytes]:
        """The export in one of `FORMATS`. Raises `PositionExpired`."""
        if format == "ndjson":
            for chunk in self._chunks():
                yield b"".join(line + b"\n" for line in chunk)
            return
        columns = _columns(self.model)
        yield csv_lines([[name] for name in columns]).encode()
        for chunk in self._chunks():
            if chunk:
                rows = [orjson.loads(line) for line in chunk]
                cells = [[_cell(row.get(name)) for row in rows] for name in columns]
                yield csv_lines(cells).encode()

    def _chunks(self) -> Iterator[list[bytes]]:
        for ids in self._changed() if self.since else self._all():
            found = shown_records(self.scope, self.model, ids)
            chunk = [line for id in ids if (line := self._line(found.get(id)))]
            self.rows += len(chunk)
            yield chunk

    def _line(self, shown: bytes | None) -> bytes | None:
        if shown is None:
            return None
        fields = orjson.loads(shown)
        deleted = fields["remote_deleted_at"] is not None
        if (self.excluded and not deleted) or (deleted and not self.since):
            return None
        self.deleted += deleted
        if self.excluded:
            return orjson.dumps({name: fields[name] for name in TOLD_OF_DELETED})
        return shown

    def _all(self) -> Iterator[list[str]]:
        rows = _live(self.scope, self.model)
        with as_they_come():
            ids = rows.iterator(chunk_size=CHUNK)
            while chunk := list(islice(ids, CHUNK)):
                yield chunk

    def _changed(self) -> Iterator[list[str]]:
        end = feed.newest(self.integration.pk)
        while True:
            page = feed.read(self.integration.pk, self.position, models=[self.model], limit=CHUNK)
            self.position = page.following
            if not page.records:
                return
            yield [one.id for one in page.records]
            # A sync that never stops writing does not keep the export from its end.
            if page.following.number > end.number:
                return


def _live(scope: ReadScope, model: Model) -> Any:
    live = scope.records(RECORDS[model]).filter(remote_deleted_at=None)
    return live.order_by("pk").values_list("pk", flat=True)


def _columns(model: Model) -> Sequence[str]:
    if model in LINKS:
        return ("id", *LINKS[model], "changed_at", "remote_deleted_at")
    schema = {
        Model.JOBS: schemas.JOB,
        Model.APPLICATION_STAGES: schemas.STAGE,
        Model.CANDIDATES: schemas.CANDIDATE,
        Model.APPLICATIONS: schemas.APPLICATION,
        Model.TAGS: schemas.TAG,
    }[model]
    return list(schema["properties"])


def _cell(value: Any) -> str:
    """A value as a cell that no spreadsheet runs; what has parts is JSON."""
    if value is None:
        return ""
    return guard(value) if isinstance(value, str) else guard(orjson.dumps(value).decode())
