"""Examine the installation."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from integrations.management import FAILED
from integrations.operations.doctor import examine
from integrations.operations.health import Status


class Command(BaseCommand):
    help = (
        "Look at settings, data directory, keys, clocks, versions, broker, e-mail, proxy, disk, "
        "migrations and static files, and say what to do about what is wrong. Changes nothing. "
        "Exit code 0: nothing has failed, 1: something has, 2: wrong usage."
    )
    # What these find is among what is said.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        found = examine()
        failed = any(finding.status is Status.FAILED for finding in found)
        if options["json"]:
            report = {"ok": not failed, "findings": [asdict(finding) for finding in found]}
            self.stdout.write(json.dumps(report))
        else:
            for finding in found:
                self.stdout.write(f"{finding.status:<8}{finding.text}")
                if finding.what_to_do:
                    self.stdout.write(f"{'':8}{finding.what_to_do}")
        if failed:
            raise SystemExit(FAILED)
