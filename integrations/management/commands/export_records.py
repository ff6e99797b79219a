"""Export a tenant's records as the API shows them, whole or what has changed since a position."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from django.core.management.base import BaseCommand, CommandError

from integrations.api.errors import ApiError
from integrations.api.openapi import records as schemas
from integrations.api.reads.feed import LINKS, position_of, position_text, shown_records
from integrations.api.reads.scope import ReadScope, scope_of
from integrations.audit.trail import record
from integrations.changes import feed
from integrations.changes.feed import FeedPosition, PositionExpired
from integrations.changes.models import API_NAMES, RECORDS
from integrations.exports.reading import as_they_come
from integrations.management import CHECKS, FAILED, USAGE
from integrations.models import Event, Integration
from integrations.records import Model
from integrations.spreadsheets.csv_file import csv_lines
from integrations.spreadsheets.escaping import guard
from integrations.tenants.scopes import excluded_models

STDOUT = "-"
# Records read and written together.
CHUNK = 500
MODELS = {name: model for model in Model for name in (model.value, API_NAMES[model])}
# What remains to be told of a deleted record whose part is not read any more.
TOLD_OF_DELETED = ("id", "changed_at", "remote_deleted_at")


class Command(BaseCommand):
    help = (
        "Write a tenant's records as the API shows them, one a line. Without --since: all that "
        "Flatchr has; with it: those that have changed after the position, deleted ones with "
        "their remote_deleted_at. The position to go on from is printed at the end. Exit code 0: "
        "done, 1: failed, or the position has expired, 2: wrong usage."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("integration_id", metavar="INTEGRATION_ID")
        parser.add_argument("model", metavar="MODEL", help=f"one of {', '.join(MODELS)}")
        parser.add_argument("--format", choices=("ndjson", "csv"), default="ndjson")
        parser.add_argument(
            "--since", metavar="POSITION", help="the position that the last export ended with"
        )
        parser.add_argument(
            "--output",
            default=STDOUT,
            metavar="FILE",
            help="where to write; - is standard output, and the default",
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object; needs --output FILE"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        output, model = options["output"], MODELS.get(options["model"])
        if options["json"] and output == STDOUT:
            raise CommandError(
                "--json and the export cannot share standard output: add --output FILE.",
                returncode=USAGE,
            )
        if model is None:
            raise CommandError(
                f"There is no model {options['model']}: {', '.join(MODELS)}.", returncode=USAGE
            )
        integration = Integration.objects.present().filter(pk=options["integration_id"]).first()
        if integration is None:
            raise CommandError(f"There is no tenant {options['integration_id']}.", returncode=USAGE)
        read = _Reading(integration, model, _since(options["since"]))
        record(
            Event.EXPORTED,
            tenant=integration,
            about=integration,
            user=None,
            kind=API_NAMES[model],
            format=options["format"],
        )
        try:
            _write(_lines(read.chunks(), model, options["format"]), output)
        except PositionExpired:
            raise CommandError(
                "This position is older than what is kept of changes. Export without --since, "
                "and go on from the position that is printed then.",
                returncode=FAILED,
            ) from None
        except BrokenPipeError:
            # As in `| head`; Python would report it once more when it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        except OSError as error:
            raise CommandError(
                f"Cannot write {output}: {error.strerror or error}.", returncode=FAILED
            ) from error
        position = position_text(read.position)
        self.stderr.write(f"Exported {read.rows:,} records. Go on with --since {position}", str)
        if options["json"]:
            report = {
                "integration": integration.pk,
                "model": model.value,
                "format": options["format"],
                "output": output,
                "rows": read.rows,
                "deleted": read.deleted,
                "position": position,
            }
            self.stdout.write(json.dumps(report))


class _Reading:
    """The records of one export, some at a time; `position` is where the next one goes on."""

    def __init__(self, integration: Integration, model: Model, since: FeedPosition | None) -> None:
        self.integration, self.model, self.since = integration, model, since
        # What changes while records are read comes after it, and is read again.
        self.position = since or feed.newest(integration.pk)
        self.scope = scope_of(integration)
        self.excluded = model in excluded_models(integration.flatchr_settings.scopes)
        self.rows = self.deleted = 0

    def chunks(self) -> Iterator[list[bytes]]:
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


def _since(given: str | None) -> FeedPosition | None:
    if given is None:
        return None
    try:
        return position_of(given)
    except ApiError:
        raise CommandError(
            f"{given} is not a position that an export or GET /changes has given out.",
            returncode=USAGE,
        ) from None


def _lines(chunks: Iterable[list[bytes]], model: Model, format: str) -> Iterator[bytes]:
    if format == "ndjson":
        for chunk in chunks:
            yield b"".join(line + b"\n" for line in chunk)
        return
    columns = _columns(model)
    yield csv_lines([[name] for name in columns]).encode()
    for chunk in chunks:
        if chunk:
            rows = [orjson.loads(line) for line in chunk]
            cells = [[_cell(row.get(name)) for row in rows] for name in columns]
            yield csv_lines(cells).encode()


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


def _write(pieces: Iterable[bytes], output: str) -> None:
    """Write everything; a file appears under its name when it is whole."""
    if output == STDOUT:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
        return
    path = Path(output).resolve()
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}")
    with ExitStack() as stack:
        stack.callback(temporary.unlink, missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        target: BinaryIO = stack.enter_context(os.fdopen(descriptor, "wb"))
        target.writelines(pieces)
        target.flush()
        os.fsync(target.fileno())
        temporary.replace(path)
