"""`make test`: provides PostgreSQL, Redis and Chromium, and runs the suite on both databases.

What touches no database, or only shows pages in Chromium, runs with SQLite only. Arguments go to
pytest.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from tests.support import chromium, postgres, redis_server
from tests.support.provided import MissingError, folder_in_tmp, say

ROOT = Path(__file__).resolve().parents[2]


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
        reports = stack.enter_context(folder_in_tmp("reports"))
        environment = {
            **os.environ,
            "TEST_CHROMIUM": browser.url,
            "TEST_REDIS_URL": redis.url,
            "TEST_DATABASE_URL": "",
        }
        # Both at once: much of either is waiting for workers and browsers.
        log = stack.enter_context((reports / "postgresql.log").open("w+"))
        second = {
            **environment,
            "TEST_DATABASE_URL": database.url,
            "TEST_REDIS_URL": redis_server.neighbour(redis.url),
        }
        postgresql = _pytest(
            [*arguments, "--only-database-tests"], second, reports / "postgresql.xml", log
        )
        say("the suite on SQLite, and on PostgreSQL beside it")
        sqlite = _pytest(arguments, environment, reports / "sqlite.xml")
        code = _ended(sqlite, postgresql)
        say("the suite on PostgreSQL")
        log.seek(0)
        sys.stdout.write(log.read())
        _say_totals(sorted(reports.glob("*.xml")))
        return code


def _pytest(
    arguments: list[str], environment: dict[str, str], report: Path, output: IO[str] | None = None
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", "-r", "fEsx", f"--junit-xml={report}", *arguments]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
    )


def _ended(*processes: subprocess.Popen[bytes]) -> int:
    """The first exit code that is not 0, once all have ended."""
    try:
        return next(filter(None, [process.wait() for process in processes]), 0)
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
