"""What the provisioning of the tests' surroundings has in common."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


class MissingError(Exception):
    """A part that the tests need cannot be had here; the text says what would help."""


@dataclass(frozen=True)
class Provided:
    """Where a part answers, and where it came from, in words."""

    url: str
    source: str


def say(text: str) -> None:
    """A line that stands out among pytest's, in order with those of child processes."""
    sys.stdout.write(f"tests: {text}\n")
    sys.stdout.flush()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def folder_in_tmp(name: str) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix=f"relais-{name}-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def server(
    command: list[str],
    *,
    answers: Callable[[], bool],
    log: Path,
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A server process, from the moment it answers until the end of the block."""
    with log.open("wb") as output:
        # A session of its own: Ctrl-C reaches the tests, which then stop what they started.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            env=environment,
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 60
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(errors="replace")[-2000:]
                raise MissingError(f"{command[0]} did not start:\n{text}")
            time.sleep(0.05)
        yield
    finally:
        # To PostgreSQL this says: roll back, disconnect everybody, stop. Redis just stops.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # Children that have not ended with it, as a process of gunicorn that hangs at its exit.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def install_debian_package(name: str) -> bool:
    """Whether `name` could be installed; only tried as root on a system that has apt-get."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"installing the Debian package {name}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _services_kept_down():
        for step in (["update"], ["install", "--yes", "--no-install-recommends", name]):
            done = subprocess.run(
                ["apt-get", "-qq", *step],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                check=False,
            )
    return done.returncode == 0


@contextmanager
def _services_kept_down() -> Iterator[None]:
    """Packages installed inside do not start the services that they bring."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            policy.unlink()
