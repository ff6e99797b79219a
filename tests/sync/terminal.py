"""`manage.py` in a process of its own, on the test database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings

from tests.support.commands import ROOT, environment
from tests.support.worker import database_url


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
