"""Create a webhook: an address of an application's that events are sent to."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management import CHECKS, USAGE
from integrations.models import Integration
from integrations.webhooks import catalogue, endpoints


class Command(BaseCommand):
    help = (
        "Make a webhook and print the secret that its requests are signed with: it is not shown "
        "again. Without --events it gets those of the vendor's contract, without --integration "
        "those of every tenant, those to come included. Exit code 0: made, 2: wrong usage."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url", metavar="URL", help="where events are sent to")
        parser.add_argument(
            "--events",
            metavar="A,B",
            help=f"the events, separated by commas, of {', '.join(catalogue.TYPES)}",
        )
        parser.add_argument(
            "--integration",
            action="extend",
            nargs="+",
            default=[],
            metavar="ID",
            help="a tenant that it is about; several may be given",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        given: str | None = options["events"]
        tenants = [_tenant(pk) for pk in dict.fromkeys(options["integration"])]
        try:
            endpoint, secret = endpoints.create_endpoint(
                url=options["url"],
                events=None if given is None else [name for name in given.split(",") if name],
                integrations=tenants,
            )
        except endpoints.EndpointRefused as refused:
            option = {"url": "URL", "events": "--events", "tenants": "--integration"}
            raise CommandError(
                f"{option[refused.field]}: {refused.message}", returncode=USAGE
            ) from refused
        if options["json"]:
            told = {
                "id": endpoint.pk,
                "url": endpoint.url,
                "secret": secret,
                "events": endpoint.events,
            }
            self.stdout.write(json.dumps(told))
            return
        self.stderr.write(f"{endpoint.pk}: keep this secret, it is not shown again.", str)
        self.stdout.write(secret)


def _tenant(pk: str) -> Integration:
    found = Integration.objects.present().filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no tenant {pk}.", returncode=USAGE)
    return found
