"""What a bench works with: a database, a data folder, processes of Relais on both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.bench.databases import Database, Postgres, Sqlite
from tests.support.provided import folder_in_tmp, free_port, server

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Options:
    """The sizes of a run, from the command line."""

    applicants: int
    vacancies: int
    runs: int
    rows: int
    tenants: int
    kills: int
    million: bool


@dataclass(frozen=True)
class Report:
    """What a measured process told: its result, and what it cost (`child.py`).

    `wall` is the whole process's, with starting Python and importing Django.
    """

    result: Any
    seconds: float
    cpu: float
    idle_mb: float
    peak_mb: float
    wall: float


@dataclass
class Stage:
    """An installation of Relais for measuring: migrated database, data folder, environment."""

    server: Sqlite | Postgres
    name: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fresh()

    def fresh(self) -> None:
        """Start over with an empty database."""
        self.database: Database = self.server.fresh(self.name)
        self.environment |= {
            "DATABASE_URL": self.database.url,
            "DATA_DIR": str(self.folder),
            "CELERY_BROKER_URL": "filesystem://",
            "ALLOWED_HOSTS": "127.0.0.1,testserver",
            "DEBUG": "off",
            "LOG_LEVEL": "WARNING",
        }
        self.manage("migrate", "--verbosity", "0")

    def manage(self, *arguments: str, **extra: str) -> str:
        """Run a management command; its standard output."""
        return self._run([sys.executable, "manage.py", *arguments], extra).stdout

    def measured(self, *arguments: str) -> Report:
        """Run `child.py` with `arguments` in a fresh process, and read its report."""
        with tempfile.NamedTemporaryFile(dir=self.folder) as told:
            command = [sys.executable, "-m", "tests.bench.child", told.name, *arguments]
            started = time.perf_counter()
            self._run(command, {})
            return Report(wall=time.perf_counter() - started, **json.load(told))

    def _run(self, command: list[str], extra: dict[str, str]) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **self.environment, **extra},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr[-3000:]}")
        return done

    def connect(self, sandbox: str, *, tags: bool = False) -> str:
        """Connect the sandbox at that address; the tenant's id.

        Without `tags` its syncs do not read candidates' tags, one request each.
        """
        self.environment["FLATCHR_SANDBOX_URL"] = sandbox
        with urlopen(f"{sandbox}/_sandbox/about") as answer:  # noqa: S310
            facts = json.load(answer)
        said = self.manage(
            "connect_flatchr",
            "--organization=Atelier Nord",
            f"--company-key={facts['company_key']}",
            f"--slug={facts['slug']}",
            "--environment=sandbox",
            "--allow-duplicate",
            "--json",
            FLATCHR_API_KEY=facts["api_key"],
        )
        if not tags:
            self.database.query("UPDATE integrations_flatchrsettings SET trait_budget = 0")
        return str(json.loads(said.splitlines()[-1])["integration"])


@contextmanager
def stage(server: Sqlite | Postgres, name: str) -> Iterator[Stage]:
    with folder_in_tmp("bench-data") as folder:
        yield Stage(server, name, folder)


@contextmanager
def sandbox(*, applicants: int, vacancies: int) -> Iterator[str]:
    """A Flatchr of that size in a process of its own; its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, str(ROOT / "manage.py"), "flatchr_sandbox", f"--port={port}"]
    command += [f"--applicants={applicants}", f"--vacancies={vacancies}"]
    with (
        folder_in_tmp("bench-sandbox") as folder,
        _environment(DATA_DIR=str(folder), DATABASE_URL=f"sqlite:///{folder}/none.sqlite3"),
        server(command, answers=lambda: _about(address), log=folder / "log"),
    ):
        yield address


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Environment variables for processes started inside."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _about(address: str) -> bool:
    try:
        with urlopen(f"{address}/_sandbox/about"):  # noqa: S310
            return True
    except OSError:
        return False
