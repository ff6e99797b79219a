"""Print the login of the demo's administrator: `make login`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from integrations.demo import run
from integrations.management import CHECKS


class Command(BaseCommand):
    help = "Print the user name and password that `make demo` has made."
    requires_system_checks = CHECKS

    def handle(self, *_: Any, **__: Any) -> None:
        try:
            login = run.login()
        except (get_user_model().DoesNotExist, OperationalError, ProgrammingError) as error:
            raise CommandError("There is no demo login yet: `make demo` makes it.") from error
        if login.password is None:
            raise CommandError(run.PASSWORD_CHANGED)
        self.stdout.write(f"user      {login.username}\npassword  {login.password}")
