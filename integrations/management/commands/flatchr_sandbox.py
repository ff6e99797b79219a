"""Serve the Flatchr sandbox, or print how to reach it."""

from __future__ import annotations

import argparse
import json
import signal
from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.sandbox import Sandbox
from integrations.sandbox.credentials import about
from integrations.sandbox.faults import Fault
from integrations.sandbox.formats import BASE_DATE

DEFAULT_PORT = 8765


def between(lowest: int, highest: int) -> Callable[[str], int]:
    """Argument type: a whole number within bounds."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if not lowest <= number <= highest:
            raise argparse.ArgumentTypeError(f"{number} is not between {lowest} and {highest}")
        return number

    return parse


def fault(text: str) -> Fault:
    """Argument type: the fields of a fault as JSON."""
    try:
        return Fault(**json.loads(text))
    except (TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"not a fault: {error}") from None


def day(text: str) -> date:
    """Argument type: a day in ISO 8601."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as {BASE_DATE}") from None


class Command(BaseCommand):
    help = "Serve a faithful local Flatchr for demos and tests."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=between(1, 65_535), default=DEFAULT_PORT)
        parser.add_argument("--vacancies", type=between(0, 100_000), default=40)
        parser.add_argument(
            "--applicants",
            type=between(0, 100_000_000),
            default=500,
            help="active applicants; archived ones come on top",
        )
        parser.add_argument("--seed", type=between(0, 1_000_000_000), default=1)
        parser.add_argument(
            "--base-date",
            type=day,
            default=BASE_DATE,
            help=f"seeded records are older than this day; {BASE_DATE} unless said otherwise",
        )
        parser.add_argument(
            "--fault", type=fault, action="append", default=[], help="a fault as JSON; repeatable"
        )
        parser.add_argument(
            "--events-url",
            action="append",
            default=[],
            help="an address that events are sent to, as Flatchr's webhooks are; repeatable",
        )
        parser.add_argument("--about", action="store_true", help="say how to reach it, and exit")
        parser.add_argument("--json", action="store_true", help="with --about: one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        facts = about(options["host"], options["port"], options["seed"])
        lines = [f"{name}: {value}" for name, value in facts.items()]
        if options["about"]:
            self.stdout.write(json.dumps(facts) if options["json"] else "\n".join(lines))
            return
        try:
            sandbox = Sandbox(
                **{name: options[name] for name in ("host", "port", "vacancies", "applicants")},
                seed=options["seed"],
                base=options["base_date"],
            )
        except OSError as error:
            reason = f"cannot listen on {options['host']}:{options['port']}: {error.strerror}"
            raise CommandError(reason) from error
        for rule in options["fault"]:
            sandbox.faults.add(rule)
        for url in options["events_url"]:
            try:
                sandbox.send_events_to(url)
            except ValueError as error:
                sandbox.stop()
                raise CommandError(str(error)) from error
        # A background process may have inherited an ignored SIGINT.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        self.stderr.write("\n".join(["Flatchr sandbox, Ctrl-C stops it", *lines]))
        try:
            sandbox.serve_forever()
        except KeyboardInterrupt:
            self.stderr.write("Stopped")
        finally:
            sandbox.stop()
