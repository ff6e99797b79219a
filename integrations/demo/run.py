"""The demo: an administrator, a Flatchr sandbox, a tenant connected to it, Relais' processes."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse

from integrations.demo.processes import OnExit, Processes
from integrations.encryption.secret_files import read_or_create
from integrations.management import DONE, HELD
from integrations.models import LIVE_STATES, Environment, Integration, RunState
from integrations.sandbox.credentials import about
from integrations.sandbox.formats import system_clock, today
from integrations.webhooks.incoming import addresses

HOST = "127.0.0.1"
# The port that `FLATCHR_SANDBOX_URL` has by default: commands in another terminal find it there.
SANDBOX_PORT = 8765
SEED = 1
SIZE = ["--vacancies", "40", "--applicants", "600", "--seed", str(SEED)]
ORGANIZATION = "Sandbox company"
START_SECONDS = 60.0
USERNAME = "admin"
PASSWORD_CHANGED = (
    f"The password of `{USERNAME}` is not the one that the demo made; "
    f"`python manage.py changepassword {USERNAME}` sets a new one."
)


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """The administrator's login; `password` is None if it was changed, `new` if just created."""

    username: str
    password: str | None
    new: bool = False


def ensure_admin() -> DemoLogin:
    """The demo's superuser, created with a random password if missing. Idempotent."""
    users = get_user_model()._default_manager
    if users.filter(username=USERNAME).exists():
        return login()
    password = read_or_create(_password_file(), lambda: secrets.token_urlsafe(12))
    get_user_model().objects.create_superuser(USERNAME, password=password)
    return DemoLogin(USERNAME, password, new=True)


def login() -> DemoLogin:
    """The administrator's login; raises `DoesNotExist` before the first `make demo`."""
    user = get_user_model()._default_manager.get(username=USERNAME)
    try:
        password = _password_file().read_text().strip()
    except FileNotFoundError:
        return DemoLogin(USERNAME, None)
    return DemoLogin(USERNAME, password if user.check_password(password) else None)


def _password_file() -> Path:
    return Path(settings.DATA_DIR) / "demo_password"


def port_is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        # As servers do: a port with connections in TIME_WAIT only is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def choose_ports(port: int) -> str:
    """Set the environment variables that the demo's processes inherit; the sandbox's URL.

    Raises `DemoError` if `port` is in use.
    """
    if not port_is_free(port):
        raise DemoError(f"Port {port} is in use. Choose another: make demo PORT={port + 1}")
    sandbox_port = SANDBOX_PORT if port != SANDBOX_PORT and port_is_free(SANDBOX_PORT) else None
    sandbox_url = f"http://{HOST}:{sandbox_port or free_port()}"
    os.environ["PUBLIC_URL"] = f"http://{HOST}:{port}"
    os.environ["FLATCHR_SANDBOX_URL"] = sandbox_url
    # With the default rate, which spares Flatchr's servers, each sync would take a minute.
    os.environ.setdefault("FLATCHR_RATE", "500")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    return sandbox_url


def manage(*arguments: str) -> list[str]:
    checkout = Path(settings.BASE_DIR) / "manage.py"
    program = [str(checkout)] if checkout.exists() else ["-m", "config.command_line"]
    return [sys.executable, *program, *arguments]


def base_date() -> str:
    """The day of the first start: every seeded record of the sandbox is older.

    Later starts keep it, or every record would change each day.
    """
    kept = Path(settings.DATA_DIR) / "sandbox_base_date"
    return read_or_create(kept, lambda: today(system_clock).isoformat())


def start_sandbox(processes: Processes, url: str) -> None:
    port = url.rpartition(":")[2]
    # Its log has a line for each request, so it goes to a file.
    processes.start(
        "Flatchr sandbox",
        manage("flatchr_sandbox", "--port", port, "--base-date", base_date(), *SIZE),
        log=Path(settings.DATA_DIR) / "sandbox.log",
        # Relais works without it: syncs fail with a message and delete nothing.
        on_exit=OnExit.IGNORE,
    )
    wait_until(lambda: not port_is_free(int(port)), processes, "The Flatchr sandbox")


def start_site(processes: Processes, port: int) -> None:
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config"]
    # There is one worker only, so it need not look for others.
    options = ["--pool", "prefork", "--concurrency", "2", "--without-mingle", "--without-gossip"]
    environment = {
        # In a container, root may be the only user.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
        # Django's checks would have each of them load every page of the dashboard.
        "CELERY_SKIP_CHECKS": "1",
    }
    worker = [*celery, "worker", *options, "--loglevel", "WARNING"]
    processes.start("worker", worker, environment=environment, on_exit=OnExit.RESTART)
    beat = [*celery, "beat", "--loglevel", "WARNING"]
    processes.start("scheduler", beat, environment=environment, on_exit=OnExit.RESTART)
    server = [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn"]
    processes.start("web server", [*server, "--bind", f"{HOST}:{port}", "config.wsgi"])
    wait_until(lambda: _is_ready(port), processes, "The web server")


def _is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://{HOST}:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def wait_until(condition: Callable[[], bool], processes: Processes, what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        processes.check()
        if time.monotonic() > deadline:
            raise DemoError(f"{what} does not answer after {START_SECONDS:.0f} seconds.")
        time.sleep(0.1)


def ensure_tenant(processes: Processes) -> Integration:
    """The sandbox's tenant, connected if missing. Idempotent; the sandbox must be running."""
    sandbox = about(HOST, SANDBOX_PORT, SEED)
    tenants = Integration.objects.present().filter(
        environment=Environment.SANDBOX, credentials__company_key=sandbox["company_key"]
    )
    if not tenants.exists():
        command = manage("connect_flatchr", "--organization", ORGANIZATION)
        command += ["--environment", Environment.SANDBOX.value]
        command += ["--company-key", sandbox["company_key"], "--slug", sandbox["slug"]]
        log = Path(settings.DATA_DIR) / "connect.log"
        environment = {"FLATCHR_API_KEY": sandbox["api_key"]}
        processes.start("connection", command, log=log, environment=environment)
        if processes.finish("connection") != DONE:
            raise DemoError(f"The demo's tenant could not be connected:\n{log.read_text()}")
        log.unlink()
    return tenants.earliest("created_at")


def needs_first_sync(tenant: Integration) -> bool:
    """Whether no sync has succeeded or is live.

    A live run that an earlier start has left is resumed by the worker.
    """
    states = [RunState.SUCCEEDED, RunState.PARTIALLY_FAILED, *LIVE_STATES]
    return not tenant.runs.filter(state__in=states).exists()


def send_events(tenant: Integration, sandbox_url: str, port: int) -> None:
    """Have the sandbox send its events to the tenant's address, as Flatchr does. Idempotent."""
    address = addresses.make(tenant)
    # This process has read its settings before the port was chosen.
    url = f"http://{HOST}:{port}" + reverse("flatchr_event", args=[address.token])
    body = json.dumps({"url": url}).encode()
    headers = {"Content-Type": "application/json"}
    request = Request(f"{sandbox_url}/_sandbox/events", body, headers)  # noqa: S310 - of our own
    try:
        with urlopen(request, timeout=5):  # noqa: S310
            pass
    except OSError as error:
        raise DemoError(f"The Flatchr sandbox does not answer: {error}") from error


def first_sync(processes: Processes, tenant: Integration) -> None:
    processes.start("first sync", manage("sync", tenant.pk))
    if processes.finish("first sync") not in (DONE, HELD):
        raise DemoError("The first sync has failed.")
