"""Write the whole installation into one file."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management import CHECKS, FAILED
from integrations.operations.moving.archive import OperationRefused
from integrations.operations.moving.exporting import export_installation


class Command(BaseCommand):
    help = (
        "Write everything that this installation has, but sessions and keys, into one file that "
        "import_installation takes on any database. The installation may go on working. The file "
        "has its name when it is whole and was read back. Exit code 0: done, 1: failed, 2: wrong "
        "usage."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            done = export_installation(
                options["file"], say=lambda text: self.stderr.write(text, str)
            )
        except OperationRefused as refused:
            raise CommandError(str(refused), returncode=FAILED) from refused
        manifest = done.manifest
        if options["json"]:
            report = {
                "file": str(options["file"]),
                "bytes": done.size,
                "rows": manifest.rows,
                "files": manifest.files,
                "unreadable_credentials": manifest.unreadable,
                "live": done.live,
            }
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write(
                f"{options['file']}: {manifest.rows:,} rows and {manifest.files:,} files in "
                f"{done.size / 1e6:,.1f} MB. CREDENTIALS_KEYS and SECRET_KEY are not in it."
            )
        if manifest.unreadable:
            self.stderr.write(
                f"{manifest.unreadable} of {manifest.credentials} credentials cannot be decrypted "
                "here, and will not be elsewhere."
            )
        if any(done.live.values()):
            under_way = ", ".join(f"{count:,} {name}" for name, count in done.live.items() if count)
            self.stderr.write(
                f"Under way at that moment: {under_way}. Both installations would go on with them: "
                "stop this one before the new one is started."
            )
