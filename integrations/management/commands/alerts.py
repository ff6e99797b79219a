"""List the open issues, for people and for cron."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integrations.alerts import delivery
from integrations.alerts.wording import issue_url, what_to_do, whose
from integrations.management import CHECKS, FAILED, HELD, USAGE
from integrations.models import Issue, IssueKind


class Command(BaseCommand):
    help = (
        "List the open issues that nobody has snoozed. Exit code 0: there is none, 1: the test "
        "e-mail was not sent, 2: wrong usage, 3: there are some."
    )
    requires_system_checks = CHECKS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--test", metavar="USER", help="only send this user, by name or e-mail, a test e-mail"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if options["test"]:
            self._test(options["test"])
            return
        issues = Issue.objects.awake(timezone.now()).filter(integration__deleted_at=None)
        found = list(issues.select_related("integration").order_by("pk"))
        if options["json"]:
            self.stdout.write(json.dumps({"issues": [as_json(issue) for issue in found]}))
        else:
            for issue in found:
                self.stdout.write(f"{issue.severity}: {whose(issue)}: {issue}. {issue.text}")
            if not found:
                self.stdout.write("Nothing is wrong.")
        if found:
            raise SystemExit(HELD)

    def _test(self, name: str) -> None:
        users = get_user_model()._default_manager.filter(is_active=True)
        user = users.filter(username=name).first() or users.filter(email__iexact=name).first()
        if user is None:
            raise CommandError(f"There is no user {name}.", returncode=USAGE)
        if why := delivery.send_test(user):
            raise CommandError(why, returncode=FAILED)
        self.stdout.write(f"An e-mail is on its way to {user.email}.")


def as_json(issue: Issue) -> dict[str, Any]:
    return {
        "id": issue.pk,
        "integration_id": issue.integration_id,
        "kind": issue.kind,
        "title": str(IssueKind(issue.kind).label),
        "severity": issue.severity,
        "text": str(issue.text),
        "what_to_do": str(what_to_do(issue.kind)),
        "records": issue.count,
        "times": issue.times,
        "first_seen_at": issue.first_seen_at.isoformat(),
        "last_seen_at": issue.last_seen_at.isoformat(),
        "url": issue_url(issue),
    }
