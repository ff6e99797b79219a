"""`manage.py` on the test database: in a process of its own, or in this one, which is quicker."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings as django_settings
from django.core.management import get_commands, load_command_class

from tests.support.commands import ROOT, environment
from tests.support.worker import database_url


def command_line(
    name: str, *arguments: str, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """What `manage.py NAME ARGUMENTS` prints and its exit code, without a process for it."""
    out, err, code = StringIO(), StringIO(), 0
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(sys, "stdin", StringIO(stdin)),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            command = load_command_class(get_commands()[name], name)
            command.run_from_argv(["manage.py", name, *arguments])
        except SystemExit as left:
            code = int(left.code or 0)
    return subprocess.CompletedProcess([name, *arguments], code, out.getvalue(), err.getvalue())


class Terminal:
    """Runs `manage.py` on the test database in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def environment(self, **given: str) -> dict[str, str]:
        return environment(
            self._folder,
            DATABASE_URL=database_url(),
            CREDENTIALS_KEYS=",".join(django_settings.CREDENTIALS_KEYS),
            FLATCHR_SANDBOX_URL=django_settings.FLATCHR_ENDPOINTS["sandbox"]["api_url"],
            FLATCHR_BURST="100000",
            **given,
        )

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        given = options.pop("environment", {})
        return subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=ROOT,
            env=self.environment(**given),
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )

    def run(
        self, *arguments: str, stdin: str = "", **given: str
    ) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments, stdin=subprocess.PIPE, environment=given) as process:
            out, err = process.communicate(stdin, timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)
