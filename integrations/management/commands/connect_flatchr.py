"""Connect a Flatchr tenant from the command line."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db.models import BigIntegerField, Model

from integrations.connecting.connect import ConnectionRefused, connect
from integrations.ids import LENGTH, TOOL, is_integration_id
from integrations.invisible_characters import visible
from integrations.management import CHECKS, FAILED, USAGE
from integrations.models import Environment, FlatchrCredentials, FlatchrSettings, Integration

CHECK_MARKS = {True: "yes", False: "NO", None: "?"}


class Command(BaseCommand):
    help = (
        "Connect a Flatchr tenant. The API key is read from FLATCHR_API_KEY, else from standard "
        "input; it is checked live, together with the company key and the slug, and wrong ones "
        "save nothing. Exit code 0: connected, 1: refused, 2: wrong usage."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="NAME")
        parser.add_argument("--company-key", required=True, metavar="KEY")
        parser.add_argument("--slug", required=True, help="the name of the career site")
        parser.add_argument(
            "--environment", choices=Environment.values, default=Environment.PRODUCTION.value
        )
        parser.add_argument("--origin-id", default="", help="your own identifier of the customer")
        parser.add_argument("--contact-email", default="")
        parser.add_argument("--offerer-id", type=_id, help="the source that Flatchr gave you")
        parser.add_argument("--source-id", default="", help="one of the customer's own sources")
        parser.add_argument("--user-key", default="", help="for attribution of submissions")
        parser.add_argument("--no-check", action="store_true", help="save without asking Flatchr")
        parser.add_argument(
            "--allow-duplicate",
            action="store_true",
            help="connect an account that is connected already, to have its records twice",
        )
        parser.add_argument(
            "--id",
            default="",
            metavar="ID",
            help="the tenant's id, where it has one elsewhere; Relais makes one otherwise",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            connected = connect(
                organization=_option(options, Integration, "organization"),
                environment=options["environment"],
                api_key=_api_key(),
                company_key=_option(options, FlatchrCredentials, "company_key"),
                slug=_option(options, FlatchrCredentials, "slug"),
                origin_id=_option(options, Integration, "origin_id"),
                contact_email=_option(options, Integration, "contact_email"),
                offerer_id=options["offerer_id"],
                source_id=_option(options, FlatchrSettings, "source_id"),
                user_key=_option(options, FlatchrSettings, "user_key"),
                check=not options["no_check"],
                allow_duplicate=options["allow_duplicate"],
                integration_id=_tenant_id(options["id"]),
            )
        except ConnectionRefused as refused:
            self._print_checks(refused.checks)
            raise CommandError("Nothing was saved.", returncode=FAILED) from refused
        self._print_checks(connected.checks)
        integration = connected.integration
        if options["json"]:
            report = {
                "integration": integration.pk,
                "organization": integration.organization,
                "environment": integration.environment,
                "checks": [
                    {"name": check.name, "ok": check.ok, "message": check.message}
                    for check in connected.checks
                ],
            }
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write(f"Connected {integration.organization} as {integration.pk}")

    def _print_checks(self, checks: Any) -> None:
        for check in checks:
            self.stderr.write(f"{check.name}: {CHECK_MARKS[check.ok]}  {check.message}")


def _option(options: dict[str, Any], model: type[Model], name: str) -> str:
    """The option's value, stripped, valid for the field `name` of `model`; else wrong usage."""
    value = visible(options[name]).strip()
    try:
        model._meta.get_field(name).clean(value, None)  # type: ignore[union-attr]
    except ValidationError as error:
        option = f"--{name.replace('_', '-')}"
        raise CommandError(f"{option}: {' '.join(error.messages)}", returncode=USAGE) from error
    return value


def _tenant_id(text: str) -> str:
    """An id that a new tenant may have; empty for one that is made here."""
    text = text.strip()
    if text and not is_integration_id(text):
        raise CommandError(
            f"--id: “{text[:60]}” is not {TOOL}: and {LENGTH} letters and digits.", returncode=USAGE
        )
    if text and Integration.objects.filter(pk=text).exists():
        raise CommandError(f"--id: there is a tenant {text} already.", returncode=USAGE)
    return text


def _id(text: str) -> int:
    """Argument type: an id of Flatchr, a whole number that the column can hold."""
    if not text.isdecimal() or int(text) > BigIntegerField.MAX_BIGINT:
        raise ArgumentTypeError(f"not a number that can be an id: {text[:40]}")
    return int(text)


def _api_key() -> str:
    """The API key. Not an argument: every user of the machine can read those."""
    key = visible(os.environ.get("FLATCHR_API_KEY", "")).strip()
    if not key:
        if sys.stdin.isatty():
            sys.stderr.write("API key: ")
            sys.stderr.flush()
        key = visible(sys.stdin.readline()).strip()
    if not key:
        raise CommandError(
            "No API key: set FLATCHR_API_KEY or write the key to standard input.", returncode=USAGE
        )
    return key
