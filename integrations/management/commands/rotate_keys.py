"""Encrypt stored credentials with the first of CREDENTIALS_KEYS."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from integrations.management import CHECKS, FAILED
from integrations.operations.key_rotation import rotate_keys


class Command(BaseCommand):
    help = (
        "Encrypt with the first of CREDENTIALS_KEYS all that is encrypted with another one, after "
        "which the others can be dropped. Can be stopped at any row and run again. Exit code 0: "
        "nothing needs another key, 1: something does, 2: wrong usage."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="count only, change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        done = rotate_keys(write=not options["check"])
        if options["json"]:
            report = {
                "rotated": done.rotated,
                "newest": done.newest,
                "old": done.old,
                "unreadable": done.unreadable,
                "others_can_go": done.others_can_go,
            }
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write(
                f"Encrypted anew: {done.rotated}. Under the first key already: {done.newest}. "
                f"Still under another one: {done.old}. Opened by none: {len(done.unreadable)}."
            )
            if done.others_can_go:
                self.stdout.write("Every key but the first can be dropped from CREDENTIALS_KEYS.")
        for name in done.unreadable:
            self.stderr.write(
                f"{name}: no configured key opens it. Bring the key back, or enter what it holds "
                "again."
            )
        if not done.others_can_go:
            raise SystemExit(FAILED)
