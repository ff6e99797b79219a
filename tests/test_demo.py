"""`make demo`: its login, its processes, and the whole of it as a new user starts it."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from django.contrib.auth.models import User

from integrations.demo import run
from integrations.demo.processes import OnExit, Processes, ProcessExited
from integrations.demo.run import ensure_admin, login
from tests.support.commands import ROOT, environment, manage
from tests.support.provided import free_port
from tests.sync.running import wait_until
from tests.sync.terminal import command_line

SLEEPER = "import time; time.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPER!r}])"


@pytest.fixture
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_the_password_is_random_and_can_be_read_again_by_its_owner_alone(
    db: None, data_dir: Path
) -> None:
    made = ensure_admin()

    assert made.new
    assert made.password is not None
    assert User.objects.get(username="admin", is_superuser=True).check_password(made.password)
    assert login().password == made.password
    assert (data_dir / "demo_password").stat().st_mode & 0o777 == 0o600


def test_a_second_start_leaves_the_login_as_it_is(db: None, data_dir: Path) -> None:
    first = ensure_admin()

    again = ensure_admin()

    assert (again.password, again.new) == (first.password, False)
    assert User.objects.count() == 1


def test_a_password_that_was_changed_is_neither_shown_nor_reset(db: None, data_dir: Path) -> None:
    ensure_admin()
    user = User.objects.get()
    user.set_password("their own choice")
    user.save()

    assert ensure_admin().password is None
    assert User.objects.get().check_password("their own choice")


def test_no_login_is_made_up_before_the_first_demo(tmp_path: Path) -> None:
    done = manage("demo_login", data_dir=tmp_path)

    assert done.returncode == 1
    assert "no demo login yet" in done.stderr


def test_a_port_in_use_is_said_before_anything_is_done(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = manage("demo", "--port", str(port), data_dir=tmp_path)

    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    assert not (tmp_path / "relais.sqlite3").exists()


@pytest.mark.parametrize("port", ["0", "65536"])
def test_a_number_that_is_no_port_is_wrong_usage(port: str) -> None:
    assert command_line("demo", "--port", port).returncode == 2


def test_the_sandbox_gets_another_port_when_its_own_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PUBLIC_URL", "FLATCHR_SANDBOX_URL", "LOG_LEVEL"):
        monkeypatch.setenv(name, "")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(run, "SANDBOX_PORT", taken.getsockname()[1])

        url = run.choose_ports(free_port())

        assert not url.endswith(f":{run.SANDBOX_PORT}")
    assert os.environ["FLATCHR_SANDBOX_URL"] == url


def test_its_records_are_recent_at_the_first_start_and_stay_as_they_are(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "system_clock", lambda: datetime(2031, 5, 6, 23, 30, tzinfo=UTC))
    assert run.base_date() == "2031-05-07", "The day in Paris."

    monkeypatch.setattr(run, "system_clock", lambda: datetime(2031, 6, 1, tzinfo=UTC))
    assert run.base_date() == "2031-05-07"


def test_stopping_leaves_no_process_and_no_child_of_one() -> None:
    before = set(psutil.Process().children(recursive=True))
    with Processes() as processes:
        processes.start("parent", [sys.executable, "-c", PARENT])
        deadline = time.monotonic() + 30
        while len(family := set(psutil.Process().children(recursive=True)) - before) < 2:
            assert time.monotonic() < deadline, "The child did not start its own."
            time.sleep(0.02)

    assert alive(family) == []


def test_one_that_dies_is_named_and_the_others_are_stopped() -> None:
    before = set(psutil.Process().children())
    with Processes() as processes:
        processes.start("patient", [sys.executable, "-c", SLEEPER])
        processes.start("hasty", [sys.executable, "-c", "raise SystemExit(3)"])
        family = set(psutil.Process().children()) - before

        with pytest.raises(ProcessExited, match=r"hasty has stopped by itself \(exit code 3\)"):
            processes.watch(print)

    assert alive(family) == []


def test_one_that_is_needed_is_started_again_and_one_that_is_not_is_let_go() -> None:
    quick = [sys.executable, "-c", "raise SystemExit(4)"]
    said: list[str] = []

    class EnoughError(Exception):
        pass

    def hear(text: str) -> None:
        said.append(text)
        if len(said) == 3:
            raise EnoughError

    with Processes() as processes:
        processes.start("guest", quick, on_exit=OnExit.IGNORE)
        processes.start("helper", quick, on_exit=OnExit.RESTART)
        with pytest.raises(EnoughError):
            processes.watch(hear)

    told = "has stopped by itself (exit code 4)"
    assert sorted(said) == [
        f"The guest {told}; the others go on without it.",
        f"The helper {told}; it is started again.",
        f"The helper {told}; it is started again.",
    ]


def alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; one that was just killed is given the moment that dying takes."""
    return psutil.wait_procs(processes, timeout=5)[1]


class Demo:
    """`manage.py demo` in a data directory of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "demo", "--port", str(self.port)],
            cwd=ROOT,
            # One process of the web server is as good as two here.
            env=environment(data_dir, PYTHONUNBUFFERED="1", WEB_CONCURRENCY="1"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C" in line:
                return
        pytest.fail(f"The demo ended:\n{self.said}")

    def stop(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        said, _ = self.process.communicate(timeout=60)
        self.said += said
        return self.process.returncode

    def log_in(self) -> requests.Response:
        """Through the form, with what was printed."""
        found = re.search(r"password +(\S+)", self.said)
        assert found is not None
        with requests.Session() as browser:
            form = browser.get(f"{self.url}/admin/login/", timeout=30)
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
            assert token is not None
            return browser.post(
                f"{self.url}/admin/login/?next=/admin/",
                data={
                    "username": "admin",
                    "password": found[1],
                    "csrfmiddlewaretoken": token[1],
                },
                timeout=30,
            )


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[Any]:
    running: list[Demo] = []

    def start() -> Demo:
        demo = Demo(tmp_path)
        running.append(demo)
        demo.wait_until_ready()
        return demo

    yield start
    for demo in running:
        if demo.process.poll() is None:
            demo.stop(signal.SIGTERM)


def test_a_new_user_gets_a_site_with_data_and_a_second_start_the_same_one(
    start_demo: Any, tmp_path: Path
) -> None:
    first = start_demo()
    welcome = first.log_in()
    assert welcome.status_code == 200
    assert welcome.url == f"{first.url}/admin/"
    family = psutil.Process(first.process.pid).children(recursive=True)
    assert len(family) >= 6  # sandbox, gunicorn and its own, worker and its two, scheduler

    sandbox = re.search(r"Flatchr sandbox +(\S+)", first.said)
    assert sandbox is not None
    known = _rows(tmp_path, "application")
    added = requests.post(
        f"{sandbox[1]}/_sandbox/applicants", json={"email": "a@example.org"}, timeout=30
    )
    assert added.status_code == 201
    # The sandbox sends an event, as Flatchr would, and the demo's worker reads the applicant.
    wait_until(lambda: _rows(tmp_path, "application") == known + 1)

    assert first.stop(signal.SIGINT) == 0
    assert "Traceback" not in first.said
    assert alive(family) == []

    again = start_demo()
    assert "as before" in again.said
    found = [_rows(tmp_path, table) for table in ("integration", "syncrun", "job")]
    assert found == [1, 1, 40]
    assert again.stop(signal.SIGTERM) == 0


def _rows(data_dir: Path, table: str) -> int:
    with closing(sqlite3.connect(data_dir / "relais.sqlite3")) as database:
        query = f"SELECT count(*) FROM integrations_{table}"  # noqa: S608
        return int(database.execute(query).fetchone()[0])
