"""List the webhooks."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from integrations.management import CHECKS
from integrations.models import WebhookEndpoint


class Command(BaseCommand):
    help = "List the webhooks: where to, what, and whether they work. Exit code 0."
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        found = WebhookEndpoint.objects.prefetch_related("integrations").order_by("created_at")
        rows = [_row(endpoint) for endpoint in found]
        if options["json"]:
            self.stdout.write(json.dumps({"webhooks": rows}))
            return
        for row in rows:
            about = ", ".join(row["integrations"] or ["every tenant"])
            self.stdout.write(f"{row['id']}  {row['state']:<6}  {row['url']}")
            self.stdout.write(f"    {', '.join(row['events'])}; {about}")
        if not rows:
            self.stderr.write("There are no webhooks. Make one with create_webhook.", str)


def _row(endpoint: WebhookEndpoint) -> dict[str, Any]:
    tenants = [tenant.pk for tenant in endpoint.integrations.all()]
    return {
        "id": endpoint.pk,
        "url": endpoint.url,
        "events": endpoint.events,
        "integrations": None if endpoint.every_tenant else tenants,
        "state": endpoint.state,
        "failing_since": endpoint.failing_since.isoformat() if endpoint.failing_since else None,
    }
