"""Child processes that are started, watched and stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from enum import Enum
from functools import partial
from pathlib import Path
from types import TracebackType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Seconds to stop in: longer than an idle worker needs. A sync that is killed is resumed later.
GRACE = 10.0


class OnExit(Enum):
    """What to do when a process ends that was not asked to stop; the value is told to the user."""

    STOP_ALL = "all the others are stopped as well"
    RESTART = "it is started again"
    IGNORE = "the others go on without it"


class ProcessExited(Exception):
    """A process that the others need has ended without being asked to."""


def _exit_text(name: str, status: int, on_exit: OnExit) -> str:
    how = f"signal {-status}" if status < 0 else f"exit code {status}"
    return f"The {name} has stopped by itself ({how}); {on_exit.value}."


class Processes:
    """A context manager that leaves no process running, nor any child of one, when it ends."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._restart: dict[str, Callable[[], None]] = {}
        self._on_exit: dict[str, OnExit] = {}

    def start(
        self,
        name: str,
        command: list[str],
        *,
        log: Path | None = None,
        environment: dict[str, str] | None = None,
        on_exit: OnExit = OnExit.STOP_ALL,
    ) -> None:
        """Start a process. Its output goes to ours, or to the file `log`, which is overwritten.

        `on_exit` is what `watch` does when it ends.
        """
        self._on_exit[name] = on_exit
        self._restart[name] = partial(
            self.start, name, command, log=log, environment=environment, on_exit=on_exit
        )
        with ExitStack() as files:
            output = files.enter_context(log.open("wb")) if log else None
            # In its own session, Ctrl-C does not reach it: we stop the processes in order.
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own programs
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if log else None,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )

    def finish(self, name: str) -> int:
        """Wait for a process that ends by itself; returns its exit code."""
        status = self._running[name].wait()
        del self._running[name]
        return status

    def check(self) -> None:
        """Raise `ProcessExited` if a process has ended."""
        for name, process in self._running.items():
            status = process.poll()
            if status is not None:
                raise ProcessExited(_exit_text(name, status, OnExit.STOP_ALL))

    def watch(self, say: Callable[[str], None]) -> None:
        """Handle the end of processes for ever; raises `ProcessExited` if one has to stop all.

        `say` is called with a sentence about every other one that ends.
        """
        while True:
            for name, process in list(self._running.items()):
                status = process.poll()
                if status is not None:
                    self._handle_exit(name, status, say)
            time.sleep(0.3)

    def _handle_exit(self, name: str, status: int, say: Callable[[str], None]) -> None:
        on_exit = self._on_exit[name]
        if on_exit is OnExit.STOP_ALL:
            raise ProcessExited(_exit_text(name, status, on_exit))
        process = self._running.pop(name)
        with suppress(ProcessLookupError):
            # Its children, which are in its session.
            os.killpg(process.pid, signal.SIGKILL)
        say(_exit_text(name, status, on_exit))
        if on_exit is OnExit.RESTART:
            self._restart[name]()

    def stop(self) -> None:
        """Ask all to stop, newest first; kill those that run after `GRACE` seconds. Idempotent."""
        newest_first = list(reversed(self._running.values()))
        for process in newest_first:
            with suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + GRACE
        for process in newest_first:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A second Ctrl-C must not leave some of them running; this takes `GRACE` at most.
        before = {number: signal.signal(number, signal.SIG_IGN) for number in STOP_SIGNALS}
        try:
            self.stop()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
