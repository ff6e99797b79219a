"""Export a tenant's records as the API shows them, whole or what has changed since a position."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.api.errors import ApiError
from integrations.api.reads.feed import position_of, position_text
from integrations.api.record_export import FORMATS, RecordExport
from integrations.audit.trail import record
from integrations.changes.feed import FeedPosition, PositionExpired
from integrations.changes.models import API_NAMES
from integrations.management import CHECKS, FAILED, USAGE
from integrations.management.output import add_output, output_of, write
from integrations.models import Event, Integration
from integrations.records import Model

MODELS = {name: model for model in Model for name in (model.value, API_NAMES[model])}


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
        parser.add_argument("--format", choices=FORMATS, default="ndjson")
        parser.add_argument(
            "--since", metavar="POSITION", help="the position that the last export ended with"
        )
        add_output(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        output, model = output_of(options), MODELS.get(options["model"])
        if model is None:
            raise CommandError(
                f"There is no model {options['model']}: {', '.join(MODELS)}.", returncode=USAGE
            )
        integration = Integration.objects.present().filter(pk=options["integration_id"]).first()
        if integration is None:
            raise CommandError(f"There is no tenant {options['integration_id']}.", returncode=USAGE)
        export = RecordExport(integration, model, _since(options["since"]))
        record(
            Event.EXPORTED,
            tenant=integration,
            about=integration,
            user=None,
            kind=API_NAMES[model],
            format=options["format"],
        )
        try:
            if not write(export.pieces(options["format"]), output):
                return
        except PositionExpired:
            raise CommandError(
                "This position is older than what is kept of changes. Export without --since, "
                "and go on from the position that is printed then.",
                returncode=FAILED,
            ) from None
        position = position_text(export.position)
        self.stderr.write(f"Exported {export.rows:,} records. Go on with --since {position}", str)
        if options["json"]:
            report = {
                "integration": integration.pk,
                "model": model.value,
                "format": options["format"],
                "output": output,
                "rows": export.rows,
                "deleted": export.deleted,
                "position": position,
            }
            self.stdout.write(json.dumps(report))


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
