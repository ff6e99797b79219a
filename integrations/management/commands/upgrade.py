"""Bring an installation to the version of the code."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from config.version import version
from integrations.operations.upgrading import UpgradeFailed, upgrade


class Command(BaseCommand):
    help = (
        "After an installation or another version: copy the database, apply migrations, collect "
        "static files, and say what was done. Stop Relais before. Run again, it does nothing that "
        "is done. Exit code 0: everything is up to date, 1: it failed, 2: wrong usage."
    )
    # The checks of the database need tables that are yet to be made.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        where = parser.add_mutually_exclusive_group()
        where.add_argument(
            "--backups",
            metavar="FOLDER",
            type=Path,
            help="where the copy of the database goes; DATA_DIR/backups unless given",
        )
        where.add_argument(
            "--no-backup", action="store_true", help="make none: there is one already"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        backups = options["backups"] or Path(settings.DATA_DIR) / "backups"
        try:
            upgrade(
                backups=None if options["no_backup"] else backups,
                say=self.stdout.write,
            )
        except UpgradeFailed as failed:
            raise CommandError(str(failed)) from failed
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        self.stdout.write(f"Relais {version()} is ready to be started.")
