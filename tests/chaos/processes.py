"""The processes of an installation, each killed at will and started again by a supervisor."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CELERY = [sys.executable, "-m", "celery", "-A", "config"]
# As systemd's RestartSec in `deploy/`.
RESTART_SECONDS = 1.0


@dataclass
class Supervised:
    """A process that is to run. `limit` is the size in bytes beyond which it can write no file:
    a full disk, as the process sees it, from its next start on.
    """

    name: str
    command: list[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    limit: int | None = None
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    ended_at: float = 0.0

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        limit = self.limit

        def restrict() -> None:
            if limit is not None:
                # Without the signal, a write that is too large is an error, as on a full disk.
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder if self.user else ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=self.user,
                start_new_session=True,
                preexec_fn=restrict,
            )
        self.starts += 1

    def kill(self, how: int = signal.SIGKILL) -> None:
        """The process and its children; nothing gets a chance to tidy up."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, how)


class Supervisor:
    """Starts what has ended again after `RESTART_SECONDS`, as systemd does."""

    def __init__(self, processes: list[Supervised]) -> None:
        self.processes = processes
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def add(self, process: Supervised) -> None:
        with self._lock:
            self.processes.append(process)

    def remove(self, process: Supervised) -> None:
        """Take it away and end it."""
        with self._lock:
            self.processes.remove(process)
        process.kill()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        for process in reversed(self.processes):
            process.kill(signal.SIGTERM)
        deadline = time.monotonic() + 15
        for process in reversed(self.processes):
            if process.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.process.wait(max(0.1, deadline - time.monotonic()))
            process.kill()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            with self._lock:
                for process in self.processes:
                    now = time.monotonic()
                    if process.alive:
                        process.ended_at = 0.0
                    elif not process.starts:
                        process.start()
                    elif not process.ended_at:
                        process.ended_at = now
                    elif now - process.ended_at >= RESTART_SECONDS:
                        process.start()


def is_open(port: int) -> bool:
    """Whether somebody listens on this port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
