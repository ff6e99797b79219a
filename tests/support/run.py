"""`make test`: provides PostgreSQL, Redis and Chromium, and runs the suite on both databases.

What touches no database, or only shows pages in Chromium, runs once, with SQLite. Arguments go to
pytest.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from tests.support import chromium, migrated, nginx, postgres, redis_server
from tests.support.passes import PARTS
from tests.support.provided import MissingError, folder_in_tmp, say

ROOT = Path(__file__).resolve().parents[2]
NO_TESTS = 5  # pytest's exit code


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return _run(arguments)
    except MissingError as missing:
        say(f"cannot run. {missing}")
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130


def _run(arguments: list[str]) -> int:
    with ExitStack() as stack:
        browser = chromium.provide()
        say(f"Chromium: {browser.url} ({browser.source})")
        redis = stack.enter_context(redis_server.provide(install=True))
        say(f"Redis: {redis.source}")
        database = stack.enter_context(postgres.provide())
        say(f"PostgreSQL: {database.source}")
        say(f"nginx: {nginx.program(install=True) or 'none, so its example is not tried'}")
        reports = stack.enter_context(folder_in_tmp("reports"))
        environment = {
            **os.environ,
            **stack.enter_context(migrated.provide(database.url)),
            "TEST_CHROMIUM": browser.url,
        }
        # Else each process, of these passes and of what they start, would compile Relais anew.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        # All at once: much of each is waiting for workers and browsers.
        say(f"the suite in {len(PARTS)} passes")
        brokers = [redis.url, *redis_server.neighbours(redis.url, len(PARTS) - 1)]
        passes = [
            Pass(
                part,
                {
                    **environment,
                    "TEST_REDIS_URL": broker,
                    "TEST_DATABASE_URL": (
                        postgres.beside(database.url, part.partition("-")[2])
                        if part.startswith("postgresql")
                        else ""
                    ),
                },
            )
            for part, broker in zip(PARTS, brokers, strict=True)
        ]
        code = _run_at_once(passes, arguments, reports)
        _say_totals(sorted(reports.glob("*.xml")))
        return code


@dataclass(frozen=True)
class Pass:
    """One run of pytest: one of `PARTS`."""

    part: str
    environment: dict[str, str]

    def start(
        self, arguments: list[str], reports: Path, output: IO[str] | None
    ) -> subprocess.Popen[bytes]:
        report = reports / f"{self.part}.xml"
        command = [sys.executable, "-m", "pytest", "-r", "fEsx", f"--junit-xml={report}"]
        return subprocess.Popen(
            [*command, *arguments, f"--part={self.part}"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
        )


def _run_at_once(passes: list[Pass], arguments: list[str], reports: Path) -> int:
    """The first is seen while it runs, what the others say after it; the exit code of them all."""
    first, *others = passes
    with ExitStack() as stack:
        logs = [stack.enter_context((reports / f"{one.part}.log").open("w+")) for one in others]
        processes = [
            one.start(arguments, reports, log) for one, log in zip(others, logs, strict=True)
        ]
        code = _ended(first.start(arguments, reports, None), *processes)
        for one, log in zip(others, logs, strict=True):
            say(f"the suite, {one.part}")
            log.seek(0)
            sys.stdout.write(log.read())
        return code


def _ended(*processes: subprocess.Popen[bytes]) -> int:
    """The exit code of all, once they have ended: that of the first that failed.

    A pass for which no test was chosen has not failed, unless none was for any.
    """
    try:
        codes = [process.wait() for process in processes]
    except BaseException as stop:
        # So that each drops its database and stops its workers. Ctrl-C has reached them as well,
        # and a second one would cut that short.
        for process in processes:
            if not isinstance(stop, KeyboardInterrupt):
                process.send_signal(signal.SIGINT)
        for process in processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        raise
    ran = [code for code in codes if code != NO_TESTS]
    return next(filter(None, ran), 0) if ran else NO_TESTS


def _say_totals(reports: list[Path]) -> None:
    """One line for both passes, as the last of the run."""
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for report in reports:
        for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314
            for name in counts:
                counts[name] += int(suite.get(name, 0))
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    sys.stdout.write(f"{passed} passed, {failed} failed{skipped}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
