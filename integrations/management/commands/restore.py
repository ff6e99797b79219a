"""Restore a backup into a new installation."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management import CHECKS, FAILED
from integrations.operations.moving.archive import OperationRefused
from integrations.operations.moving.backups import restore


class Command(BaseCommand):
    help = (
        "Put a backup into this installation, whose database must be new; tables are made if there "
        "are none. All of it is restored, or nothing. Exit code 0: done, 1: failed, 2: wrong usage."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--keys",
            type=Path,
            metavar="FILE",
            help="what backup --with-keys wrote; they become this installation's, in DATA_DIR",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            done = restore(
                options["file"],
                keys=options["keys"],
                say=lambda text: self.stderr.write(text, str),
            )
        except OperationRefused as refused:
            raise CommandError(str(refused), returncode=FAILED) from refused
        manifest = done.manifest
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "made_at": manifest.made_at,
                        "rows": manifest.rows,
                        "files": manifest.files,
                        "other_secret_key": done.other_secret_key,
                    }
                )
            )
        else:
            self.stdout.write(
                f"Restored as of {manifest.made_at}: {manifest.rows:,} rows and "
                f"{manifest.files:,} files. Everybody signs in again."
            )
        if done.other_secret_key:
            self.stderr.write(
                "SECRET_KEY is another one than in the backup: recovery codes and invitations are "
                "void."
            )
