"""A real Celery worker process on the test database, which tests may kill and start again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kombu.pools
from django.conf import settings
from django.db import connection

from config.celery import app

ROOT = Path(__file__).resolve().parents[2]


def database_url() -> str:
    """The address of the test database, for another process to open."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    login = f"{given['USER']}:{given['PASSWORD']}" if given["PASSWORD"] else given["USER"]
    return f"postgres://{login}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"


class Worker:
    """One worker process and all its children.

    `broker` is `filesystem://` or a Redis address; `folder` holds what the embedded broker keeps.
    """

    def __init__(self, broker: str, folder: Path, *options: str) -> None:
        self.broker = broker
        self.folder = folder
        self.options = options or ("--pool", "prefork", "--concurrency", "1")
        self.lines: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    @property
    def log(self) -> str:
        """What the worker, and those before it, have said."""
        return "".join(self.lines)

    @property
    def pid(self) -> int:
        assert self._process is not None, "The worker was not started."
        return self._process.pid

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database_url(),
            "DATA_DIR": str(self.folder),
            "CELERY_BROKER_URL": self.broker,
            "FLATCHR_SANDBOX_URL": settings.FLATCHR_ENDPOINTS["sandbox"]["api_url"],
            "PYTHONUNBUFFERED": "1",
            # Django's checks would have it load every page of the dashboard.
            "CELERY_SKIP_CHECKS": "1",
        }

    def start(self, timeout: float = 60) -> None:
        """Start it; returns once it has said that it is ready for work."""
        command = [sys.executable, "-m", "celery", "-A", "config", "worker"]
        command += ["--loglevel", "INFO", "--without-mingle", "--without-gossip", *self.options]
        ready = threading.Event()
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process, ready))
        self._reader.start()
        if not ready.wait(timeout) or self._process.poll() is not None:
            self.kill()
            raise RuntimeError(f"The worker did not become ready:\n{self.log}")

    def _read(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line)
            if line.rstrip().endswith("ready."):
                ready.set()
        ready.set()

    def kill(self) -> None:
        """SIGKILL to the whole process group: nothing gets a chance to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to finish what it has in hand and leave."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(20)
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        self._process.wait()
        if self._reader is not None:
            self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    def restart(self) -> None:
        self.kill()
        self.start()


@contextlib.contextmanager
def publishing_to(broker: str, folder: Path) -> Iterator[None]:
    """This process sends its tasks to the broker of a worker that was given the same two."""
    # Those of a broker that is a server, as the settings of the tests name one.
    options: dict[str, Any] = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    transport = None
    if broker == "filesystem://":
        for name in ("messages", "control"):
            (folder / "broker" / name).mkdir(parents=True, exist_ok=True)
        transport = "config.broker:Transport"
        options = {
            "data_folder_in": str(folder / "broker" / "messages"),
            "data_folder_out": str(folder / "broker" / "messages"),
            "control_folder": str(folder / "broker" / "control"),
        }
    before = (
        os.environ["CELERY_BROKER_URL"],
        app.conf.broker_transport,
        app.conf.broker_transport_options,
    )
    _point_celery_at(broker, transport, options)
    try:
        yield
    finally:
        _point_celery_at(*before)


def _point_celery_at(broker: str, transport: str | None, options: dict[str, Any]) -> None:
    # Celery prefers the environment variable to its settings, and keeps its connections for good.
    os.environ["CELERY_BROKER_URL"] = broker
    app.conf.update(broker_url=broker, broker_transport=transport, broker_transport_options=options)
    kombu.pools.reset()
    app._after_fork()
