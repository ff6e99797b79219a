"""Take in what export_installation has written."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management import CHECKS, FAILED
from integrations.operations.moving.archive import OperationRefused
from integrations.operations.moving.importing import import_installation


class Command(BaseCommand):
    help = (
        "Put what export_installation has written into this installation, whose database must be "
        "new: on which migrate was run and nothing else. Needs the CREDENTIALS_KEYS of the "
        "installation that the file comes from. All of it is taken, or nothing. Exit code 0: "
        "done, 1: failed, 2: wrong usage."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            done = import_installation(
                options["file"], say=lambda text: self.stderr.write(text, str)
            )
        except OperationRefused as refused:
            raise CommandError(str(refused), returncode=FAILED) from refused
        manifest = done.manifest
        if options["json"]:
            report = {
                "rows": manifest.rows,
                "files": manifest.files,
                "made_at": manifest.made_at,
                "other_secret_key": done.other_secret_key,
            }
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write(
                f"{manifest.rows:,} rows and {manifest.files:,} files of {manifest.made_at} are "
                "here, equal to those that were exported. Everybody signs in again."
            )
        if done.other_secret_key:
            self.stderr.write(
                "SECRET_KEY is another one than where the file was made: recovery codes and "
                "invitations are void. Set it as it was there, or put it into "
                "SECRET_KEY_FALLBACKS, to keep them."
            )
