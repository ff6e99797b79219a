"""Remove a tenant's people by age, or count them."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management import CHECKS, USAGE
from integrations.models import FlatchrSettings, Integration
from integrations.privacy import age
from integrations.tenants.people import LEAST, MOST


class Command(BaseCommand):
    help = (
        "Remove the people of a tenant of whom nothing has been heard for its number of months, as "
        "the scheduler does every hour. With --dry-run they are only counted. Exit code 0: done, "
        "2: wrong usage."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("integration_id", metavar="INTEGRATION_ID")
        parser.add_argument(
            "--dry-run", action="store_true", help="count what would go, and change nothing"
        )
        parser.add_argument(
            "--months",
            type=int,
            help="with --dry-run: count with this number in place of the tenant's own",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        tenant = Integration.objects.present().filter(pk=options["integration_id"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['integration_id']}.", returncode=USAGE)
        months = self._months(tenant, options["months"], dry_run=options["dry_run"])
        if options["dry_run"]:
            people = age.count_old(tenant, months)
        else:
            people = age.remove_old(tenant, months)
        if options["json"]:
            report = {
                "integration": tenant.pk,
                "dry_run": options["dry_run"],
                "months": months,
                "before": people.before.isoformat(),
                "candidates": people.candidates,
                "applications": people.applications,
                "submissions": people.submissions,
            }
            self.stdout.write(json.dumps(report))
            return
        done = "would be removed" if options["dry_run"] else "removed"
        self.stdout.write(
            f"{people.candidates:,} candidates, {people.applications:,} applications and "
            f"{people.submissions:,} submissions {done}: nothing heard since "
            f"{people.before:%Y-%m-%d}."
        )

    def _months(self, tenant: Integration, asked: int | None, *, dry_run: bool) -> int:
        if asked is not None:
            if not dry_run:
                raise CommandError("--months is for --dry-run.", returncode=USAGE)
            if not LEAST <= asked <= MOST:
                raise CommandError(
                    f"--months takes a number from {LEAST} to {MOST}.", returncode=USAGE
                )
            return asked
        settings = FlatchrSettings.objects.filter(pk=tenant.pk).first()
        if settings is None or settings.keep_months is None:
            raise CommandError(
                "This tenant keeps people as long as Flatchr has them: choose a number of months "
                "in its settings, or say --dry-run --months N.",
                returncode=USAGE,
            )
        return settings.keep_months
