"""Print the login that the demo has made: `make login`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from integrations.demo.account import CHANGED, login


class Command(BaseCommand):
    help = "Print the user name and password that `make demo` has made."

    def handle(self, *_: Any, **__: Any) -> None:
        try:
            known = login()
        except (get_user_model().DoesNotExist, OperationalError, ProgrammingError) as error:
            raise CommandError("There is no demo login yet: `make demo` makes it.") from error
        if known.password is None:
            raise CommandError(CHANGED)
        self.stdout.write(f"user      {known.username}\npassword  {known.password}")
