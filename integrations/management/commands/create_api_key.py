"""Make a key of the HTTP API."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from integrations.api.keys import create_key
from integrations.models import ApiKey, Integration

USAGE = 2


class Command(BaseCommand):
    help = (
        "Make a key of the HTTP API and print it: it cannot be had again. Without --integration "
        "it opens every tenant, those to come included. Exit code 0: made, 2: wrong usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="who uses it, and what for")
        parser.add_argument(
            "--integration",
            action="append",
            default=[],
            metavar="ID",
            help="a tenant that it opens; may be given several times",
        )
        parser.add_argument("--read-only", action="store_true", help="refuse all that writes")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        row, key = create_key(
            name=_name(options["name"]),
            integrations=[_tenant(pk) for pk in dict.fromkeys(options["integration"])],
            read_only=options["read_only"],
        )
        if options["json"]:
            self.stdout.write(json.dumps({"key": key, "prefix": row.prefix, "name": row.name}))
            return
        self.stderr.write(f"{row.name}: keep this key, it is not shown again.", str)
        self.stdout.write(key)


def _name(given: str) -> str:
    name = given.strip()
    try:
        ApiKey._meta.get_field("name").clean(name, None)
    except ValidationError as error:
        raise CommandError(f"--name: {' '.join(error.messages)}", returncode=USAGE) from error
    return name


def _tenant(pk: str) -> Integration:
    found = Integration.objects.present().filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no tenant {pk}.", returncode=USAGE)
    return found
