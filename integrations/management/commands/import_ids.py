"""Keep the ids that a tenant's records had elsewhere."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from integrations.management import CHECKS, FAILED, USAGE
from integrations.models import Integration
from integrations.sync.kept_ids.importing import import_ids
from integrations.sync.kept_ids.reading import IdsRefused, read_rows
from integrations.sync.kept_ids.renaming import TABLES


class Command(BaseCommand):
    help = (
        "Let records have the ids that they had elsewhere (docs/moving-over.md). FILE is a CSV in "
        "UTF-8 with a line for each record: model, id, remote id, with these headings or in this "
        f"order; - reads standard input. The models are {', '.join(TABLES)}. Ids of "
        "records that Flatchr has not shown yet wait for them. It may be run again. Exit code 0: "
        "imported, 1: refused, and nothing is changed, 2: wrong usage."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("integration_id", metavar="INTEGRATION_ID")
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        tenant = Integration.objects.present().filter(pk=options["integration_id"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['integration_id']}.", returncode=USAGE)
        try:
            with ExitStack() as stack:
                rows = read_rows(_opened(options["file"], stack))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The file cannot be read: {error}", returncode=USAGE) from error
        except IdsRefused as refused:
            raise self._nothing_changed(refused) from refused
        try:
            imported = import_ids(tenant, rows)
        except IdsRefused as refused:
            raise self._nothing_changed(refused) from refused
        if options["json"]:
            models = {model: found._asdict() for model, found in imported.items()}
            self.stdout.write(json.dumps({"integration": tenant.pk, "models": models}))
            return
        for model, found in imported.items():
            waiting = f", {found.waiting} wait for their records" if found.waiting else ""
            self.stdout.write(f"{model}: {found.used} in use{waiting}")

    def _nothing_changed(self, refused: IdsRefused) -> CommandError:
        for problem in refused.problems:
            self.stderr.write(problem)
        return CommandError("Nothing was changed.", returncode=FAILED)


def _opened(name: str, stack: ExitStack) -> TextIO:
    if name == "-":
        return sys.stdin
    return stack.enter_context(Path(name).open(encoding="utf-8-sig", newline=""))
