"""Several processes as one: started together, watched, and stopped together."""

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

# Longer than an idle worker takes to leave; a sync that is cut off goes on with the next start.
GRACE = 10.0


class Loss(Enum):
    """What the end of a process that nobody stopped means for the others."""

    FATAL = "so have all the others now"
    REPLACED = "it is started again"
    BORNE = "the others go on without it"


class ProcessDied(Exception):
    """A process has ended by itself that the others cannot do without."""


def _obituary(name: str, status: int, loss: Loss) -> str:
    how = f"signal {-status}" if status < 0 else f"exit code {status}"
    return f"The {name} has stopped by itself ({how}); {loss.value}."


class Processes:
    """A context manager: however the block ends, no process and no child of one is left."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._again: dict[str, Callable[[], None]] = {}
        self._losses: dict[str, Loss] = {}

    def start(
        self,
        name: str,
        command: list[str],
        *,
        log: Path | None = None,
        environment: dict[str, str] | None = None,
        loss: Loss = Loss.FATAL,
    ) -> None:
        """Start one; what it says goes to our own output, or to the file `log`, begun anew.

        `loss` is what its end means, once it is watched.
        """
        self._losses[name] = loss
        self._again[name] = partial(
            self.start, name, command, log=log, environment=environment, loss=loss
        )
        with ExitStack() as files:
            output = files.enter_context(log.open("wb")) if log else None
            # A session of its own: Ctrl-C comes to us alone, and we stop them in order.
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own programs
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if log else None,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )

    def finish(self, name: str) -> int:
        """Wait for one that ends by itself; returns its exit code."""
        status = self._running[name].wait()
        del self._running[name]
        return status

    def check(self) -> None:
        """Raises `ProcessDied` when one has ended."""
        for name, process in self._running.items():
            status = process.poll()
            if status is not None:
                raise ProcessDied(_obituary(name, status, Loss.FATAL))

    def watch(self, say: Callable[[str], None]) -> None:
        """Returns never; raises `ProcessDied` when one has ended whose loss is fatal.

        The end of any other is told to `say`.
        """
        while True:
            for name, process in list(self._running.items()):
                status = process.poll()
                if status is not None:
                    self._bury(name, status, say)
            time.sleep(0.3)

    def _bury(self, name: str, status: int, say: Callable[[str], None]) -> None:
        loss = self._losses[name]
        if loss is Loss.FATAL:
            raise ProcessDied(_obituary(name, status, loss))
        process = self._running.pop(name)
        with suppress(ProcessLookupError):
            # What it left behind in its session.
            os.killpg(process.pid, signal.SIGKILL)
        say(_obituary(name, status, loss))
        if loss is Loss.REPLACED:
            self._again[name]()

    def stop(self) -> None:
        """Ask all to stop, newest first; kill what is left after a while. Idempotent."""
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
        # A second Ctrl-C must not leave half of them behind; this takes `GRACE` at most.
        before = {number: signal.signal(number, signal.SIG_IGN) for number in STOP_SIGNALS}
        try:
            self.stop()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
