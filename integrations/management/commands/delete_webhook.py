"""Delete a webhook."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management import CHECKS, USAGE
from integrations.models import WebhookEndpoint
from integrations.webhooks import endpoints


class Command(BaseCommand):
    help = (
        "Delete a webhook with what waits to be delivered to it and its log. Exit code 0: deleted, "
        "2: there is no such webhook."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID", help="as create_webhook and list_webhooks print it")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        endpoint = WebhookEndpoint.objects.filter(pk=options["id"]).first()
        if endpoint is None:
            raise CommandError(f"There is no webhook {options['id']}.", returncode=USAGE)
        endpoints.remove(endpoint)
        if options["json"]:
            self.stdout.write(json.dumps({"id": endpoint.pk, "deleted": True}))
        else:
            self.stdout.write(f"{endpoint.pk} is deleted.")
