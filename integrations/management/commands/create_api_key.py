"""Create a key for the HTTP API."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from integrations.accounts.api_keys import create_key
from integrations.management import CHECKS, USAGE
from integrations.models import PASSTHROUGH_METHODS, ApiKey, Integration


class Command(BaseCommand):
    help = (
        "Make a key of the HTTP API and print it: it cannot be had again. Without --integration "
        "it opens every tenant, those to come included. Without --passthrough it may read from "
        "Flatchr's own API through the passthrough, and change nothing there. Exit code 0: made, "
        "2: wrong usage."
    )
    requires_system_checks = CHECKS

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
        parser.add_argument(
            "--passthrough",
            metavar="METHODS",
            help="the methods that it may send to Flatchr's own API, separated by commas, of "
            f"{', '.join(PASSTHROUGH_METHODS)}; or none. GET, the default, allows the search for "
            "applicants as well",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        row, key = create_key(
            name=_name(options["name"]),
            integrations=[_tenant(pk) for pk in dict.fromkeys(options["integration"])],
            read_only=options["read_only"],
            passthrough_methods=_methods(options["passthrough"], read_only=options["read_only"]),
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


def _methods(given: str | None, *, read_only: bool) -> list[str] | None:
    """The methods of `--passthrough`, upper case, each once; None if it was not given."""
    if given is None:
        return None
    methods = (
        [] if given.strip().lower() == "none" else [m.strip().upper() for m in given.split(",")]
    )
    for method in methods:
        if method not in PASSTHROUGH_METHODS:
            raise CommandError(
                f"--passthrough: {method or 'nothing'} is not one of "
                f"{', '.join(PASSTHROUGH_METHODS)}.",
                returncode=USAGE,
            )
        if read_only and method != "GET":
            raise CommandError(
                f"--passthrough: a key that is --read-only may not send {method}.",
                returncode=USAGE,
            )
    return list(dict.fromkeys(methods))


def _tenant(pk: str) -> Integration:
    found = Integration.objects.present().filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no tenant {pk}.", returncode=USAGE)
    return found
