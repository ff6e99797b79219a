"""`make test`: provides PostgreSQL, Redis and Chromium, and runs the suite on both databases.

The second pass leaves out what touches no database. Arguments go to pytest.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
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
        sqlite = _pytest("SQLite", arguments, environment, reports / "sqlite.xml")
        environment["TEST_DATABASE_URL"] = database.url
        arguments = [*arguments, "--only-database-tests"]
        postgresql = _pytest("PostgreSQL", arguments, environment, reports / "postgresql.xml")
        _say_totals(sorted(reports.glob("*.xml")))
        return sqlite or postgresql


def _pytest(name: str, arguments: list[str], environment: dict[str, str], report: Path) -> int:
    say(f"the suite on {name}")
    command = [sys.executable, "-m", "pytest", "-r", "fEsx", f"--junit-xml={report}", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    try:
        return process.wait()
    except BaseException as stop:
        # So that it drops its database and stops its workers. Ctrl-C has reached it as well, and
        # a second one would cut that short.
        if not isinstance(stop, KeyboardInterrupt):
            process.send_signal(signal.SIGINT)
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
