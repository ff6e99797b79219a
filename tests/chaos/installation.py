"""An installation to be disturbed: SQLite with the embedded broker, or PostgreSQL with Redis."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.bench.databases import binaries, unprivileged_user
from tests.chaos.processes import CELERY, ROOT, Supervised, Supervisor, is_open
from tests.support.provided import MissingError, free_port

SQLITE, SERVERS = "sqlite", "servers"
PATIENCE = 120.0


class Installation:
    """Its processes, in a folder of its own; on loopback only."""

    def __init__(self, setup: str, folder: Path, sandbox_url: str) -> None:
        self.setup = setup
        self.folder = folder
        self.web_port = free_port()
        self.databases: list[Supervised] = []
        self.environment = {
            "DATA_DIR": str(folder / "data"),
            "DATABASE_URL": f"sqlite:///{folder}/data/relais.sqlite3",
            "CELERY_BROKER_URL": "filesystem://",
            "FLATCHR_SANDBOX_URL": sandbox_url,
            "FLATCHR_BURST": "100000",
            "FLATCHR_RATE": "100000",
            "ALLOWED_HOSTS": "127.0.0.1",
            "BIND": f"127.0.0.1:{self.web_port}",
            "WEB_CONCURRENCY": "1",
            "CONN_MAX_AGE": "60",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(ROOT),
        }
        # PostgreSQL's user has to get through.
        folder.chmod(0o755)
        (folder / "data").mkdir(mode=0o700)
        if setup == SERVERS:
            self.databases = [self._postgres(), self._redis()]
        self.workers = [
            self._relais(f"worker{number}", "worker", "--pool=prefork", "--concurrency=2")
            for number in (1, 2)
        ]
        self.scheduler = self._scheduler("scheduler")
        self.web = Supervised(
            "web",
            [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"],
            folder,
            self.environment,
        )
        self.processes = [*self.workers, self.scheduler, self.web]

    def _relais(self, name: str, *arguments: str) -> Supervised:
        command = [*CELERY, *arguments, "--loglevel=INFO"]
        if arguments[0] == "worker":
            command += [f"--hostname={name}@%h"]
        return Supervised(name, command, self.folder, self.environment)

    def _scheduler(self, name: str) -> Supervised:
        return self._relais(name, "beat", f"--schedule={self.folder / name}", "--pidfile=")

    def second_scheduler(self) -> Supervised:
        return self._scheduler("scheduler2")

    def worker_ahead(self, seconds: int) -> Supervised | None:
        """A worker whose clock is ahead by so many seconds; None without the program `faketime`."""
        if not shutil.which("faketime"):
            return None
        worker = self._relais("worker3", "worker", "--pool=prefork", "--concurrency=2")
        worker.command = ["faketime", "-f", f"+{seconds}s", *worker.command]
        # Waits are as long as elsewhere.
        worker.environment = {**self.environment, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return worker

    def _postgres(self) -> Supervised:
        data, user, port = self.folder / "postgres", unprivileged_user(), free_port()
        self.postgres_port = port
        data.mkdir()
        shutil.chown(data, user)
        subprocess.run(
            [binaries() / "initdb", f"--pgdata={data}", "--username=relais", "--auth=trust"],
            user=user,
            cwd=data,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        command = [str(binaries() / "postgres"), "-D", str(data), "-p", str(port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        self.environment["DATABASE_URL"] = f"postgres://relais@127.0.0.1:{port}/postgres"
        return Supervised("postgres", command, self.folder, user=user)

    def _redis(self) -> Supervised:
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            raise MissingError("There is no redis-server on PATH.")
        self.redis_port = free_port()
        self.environment["CELERY_BROKER_URL"] = f"redis://127.0.0.1:{self.redis_port}/0"
        command = [program, "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", ""]
        return Supervised("redis", command, self.folder)

    def prepare(self, supervisor: Supervisor) -> None:
        """Start the databases, make the tables, then start the rest."""
        for process in self.databases:
            supervisor.add(process)
        if self.databases:
            wait_for(lambda: is_open(self.postgres_port) and is_open(self.redis_port))
        for arguments in (("migrate", "--verbosity=0"), ("collectstatic", "--no-input")):
            subprocess.run(
                [sys.executable, str(ROOT / "manage.py"), *arguments],
                env={**os.environ, **self.environment},
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                check=True,
            )
        for process in self.processes:
            supervisor.add(process)
        wait_for(self.is_ready)

    def is_ready(self) -> bool:
        """Whether the web server has the database and says so."""
        try:
            with urlopen(f"http://127.0.0.1:{self.web_port}/readyz", timeout=3) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


def wait_for(fact: Callable[[], bool], seconds: float = PATIENCE) -> float:
    """Wait until it is so; the seconds that took. Raises `TimeoutError`."""
    began = time.monotonic()
    while not fact():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"after {seconds:.0f} s: {fact}")
        time.sleep(0.1)
    return time.monotonic() - began
