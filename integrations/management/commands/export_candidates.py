"""Export a tenant's candidates from the command line."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.exports.columns import UnknownColumns
from integrations.exports.formats import Style
from integrations.exports.service import download
from integrations.exports.writing import Wanted
from integrations.management import CHECKS, USAGE
from integrations.management.output import add_output, output_of, write
from integrations.models import (
    Candidate,
    DateFormat,
    Delimiter,
    ExportFormat,
    Integration,
    PhoneFormat,
    Wording,
)

DELIMITERS = {"comma": Delimiter.COMMA, "semicolon": Delimiter.SEMICOLON, "tab": Delimiter.TAB}
DELIMITERS |= {",": Delimiter.COMMA, ";": Delimiter.SEMICOLON, "\t": Delimiter.TAB}


class Command(BaseCommand):
    help = (
        "Write a tenant's candidates as CSV, XLSX or JSON. A file appears under its name only "
        "when it is whole. Exit code 0: done, 1: failed, 2: wrong usage."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("integration_id", metavar="INTEGRATION_ID")
        parser.add_argument("--format", choices=ExportFormat.values, default=ExportFormat.CSV)
        parser.add_argument(
            "--columns",
            default="",
            metavar="A,B,C",
            help="names of columns, separated by commas; by default all but source, score and "
            "job_reference, which are those of the latest application",
        )
        parser.add_argument(
            "--delimiter",
            choices=list(DELIMITERS),
            default="comma",
            metavar="{comma,semicolon,tab}",
            help="what stands between the cells of CSV",
        )
        parser.add_argument(
            "--dates",
            choices=DateFormat.values,
            default=DateFormat.ISO,
            help="iso: 2026-03-31; dmy: 31/03/2026",
        )
        parser.add_argument(
            "--bom",
            action="store_true",
            help="begin CSV with a byte order mark, by which Excel knows UTF-8",
        )
        parser.add_argument(
            "--headings",
            choices=Wording.values,
            default=Wording.CODES,
            help="headings and values in French, in English, or as codes, which is the default "
            "and what JSON always has",
        )
        parser.add_argument(
            "--phones",
            choices=PhoneFormat.values,
            default=PhoneFormat.INTERNATIONAL,
            help="national: numbers of mainland France as 06 12 34 56 78",
        )
        parser.add_argument(
            "--include-deleted", action="store_true", help="with those no longer in Flatchr"
        )
        add_output(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        output = output_of(options)
        integration = Integration.objects.present().filter(pk=options["integration_id"]).first()
        if integration is None:
            raise CommandError(f"There is no tenant {options['integration_id']}.", returncode=USAGE)
        rows: list[int] = []
        pieces = self._pieces(integration, options, rows.append)
        if not write(pieces, output):
            return
        self.stderr.write(f"Exported {rows[0]:,} candidates of {integration.organization}.", str)
        if options["json"]:
            report = {
                "integration": integration.pk,
                "format": options["format"],
                "output": output,
                "rows": rows[0],
            }
            self.stdout.write(json.dumps(report))

    def _pieces(
        self, integration: Integration, options: dict[str, Any], on_end: Callable[[int], None]
    ) -> Iterator[bytes]:
        candidates = Candidate.objects.filter(integration=integration).order_by("pk")
        if not options["include_deleted"]:
            candidates = candidates.filter(remote_deleted_at=None)
        style = Style(
            DELIMITERS[options["delimiter"]],
            options["dates"],
            options["bom"],
            options["headings"],
            options["phones"],
        )
        columns = [name.strip() for name in options["columns"].split(",") if name.strip()]
        wanted = Wanted(columns=columns, format=options["format"], style=style)
        try:
            made = download(
                candidates,
                wanted,
                user=None,
                filters="--include-deleted" if options["include_deleted"] else "",
                integration=integration,
                on_end=on_end,
            )
        except UnknownColumns as unknown:
            raise CommandError(str(unknown), returncode=USAGE) from unknown
        return self._with_progress(made.stream)

    def _with_progress(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Pass the pieces on; on a terminal, show the number of bytes on standard error."""
        shown = self.stderr.isatty()
        sent = 0
        for piece in pieces:
            yield piece
            sent += len(piece)
            if shown:
                self.stderr.write(f"\r{sent / 1e6:.1f} MB", str, ending="")
        if shown:
            self.stderr.write("\r", str, ending="")
