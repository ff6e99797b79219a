"""Back the installation up."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management import CHECKS, FAILED, USAGE
from integrations.operations.moving.archive import OperationRefused
from integrations.operations.moving.backups import backup


class Command(BaseCommand):
    help = (
        "Write a backup of database and files into a folder, under a name that tells the time, or "
        "into a new file. The installation may go on working. The backup was read back and "
        "compared when this ends well. Exit code 0: done, 1: failed, 2: wrong usage."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", metavar="FOLDER_OR_FILE", type=Path)
        parser.add_argument(
            "--with-keys",
            action="store_true",
            help="also write SECRET_KEY and CREDENTIALS_KEYS, into a file NAME.keys beside it. "
            "Whoever has both can read the keys of Flatchr: move it elsewhere",
        )
        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="remove all but the N newest backups of the folder",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["keep"] is not None and options["keep"] < 1:
            raise CommandError("--keep: at least 1.", returncode=USAGE)
        try:
            done = backup(
                options["target"],
                with_keys=options["with_keys"],
                keep=options["keep"],
                say=lambda text: self.stderr.write(text, str),
            )
        except OperationRefused as refused:
            raise CommandError(str(refused), returncode=FAILED) from refused
        manifest = done.exported.manifest
        if options["json"]:
            report = {
                "file": str(done.path),
                "bytes": done.exported.size,
                "rows": manifest.rows,
                "files": manifest.files,
                "keys": str(done.keys) if done.keys else None,
                "removed": [str(path) for path in done.removed],
            }
            self.stdout.write(json.dumps(report))
            return
        self.stdout.write(
            f"{done.path}: {manifest.rows:,} rows and {manifest.files:,} files in "
            f"{done.exported.size / 1e6:,.1f} MB."
        )
        if done.keys:
            self.stdout.write(f"{done.keys}: the keys. Keep them apart from the backup.")
        for path in done.removed:
            self.stdout.write(f"{path}: removed.")
