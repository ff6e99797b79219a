"""The demo: a Flatchr sandbox, one tenant connected to it, and all of Relais' processes."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings

from config.secret_files import read_or_create
from integrations.demo.processes import Loss, Processes
from integrations.models import LIVE_STATES, Environment, Integration, RunState
from integrations.sandbox.credentials import about
from integrations.sandbox.formats import system_clock, today

HOST = "127.0.0.1"
# The port that `FLATCHR_SANDBOX_URL` has by default: commands in another terminal find it there.
SANDBOX_PORT = 8765
SEED = 1
SIZE = ["--vacancies", "40", "--applicants", "600", "--seed", str(SEED)]
ORGANIZATION = "Sandbox company"
START_SECONDS = 60.0
DONE, HELD = 0, 3


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""


def port_is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        # As servers do: a port whose last connections are still winding down counts as free.
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
    """Settle the addresses of this demo, for its processes to inherit; returns the sandbox's."""
    if not port_is_free(port):
        raise DemoError(f"Port {port} is in use. Choose another: make demo PORT={port + 1}")
    sandbox_port = SANDBOX_PORT if port != SANDBOX_PORT and port_is_free(SANDBOX_PORT) else None
    sandbox_url = f"http://{HOST}:{sandbox_port or free_port()}"
    os.environ["PUBLIC_URL"] = f"http://{HOST}:{port}"
    os.environ["FLATCHR_SANDBOX_URL"] = sandbox_url
    # The pace that spares Flatchr's servers would make each sync with the sandbox last a minute.
    os.environ.setdefault("FLATCHR_RATE", "500")
    # What goes wrong is said; what goes well is in the dashboard.
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    return sandbox_url


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments]


def base_date() -> str:
    """The day before which everything at the sandbox happened: that of the first start.

    Every start after that keeps it, or each record would have changed from one day to the next.
    """
    kept = Path(settings.DATA_DIR) / "sandbox_base_date"
    return read_or_create(kept, lambda: today(system_clock).isoformat())


def start_sandbox(processes: Processes, url: str) -> None:
    port = url.rpartition(":")[2]
    # Its log has a line for each request: in a file, beside the data.
    processes.start(
        "Flatchr sandbox",
        manage("flatchr_sandbox", "--port", port, "--base-date", base_date(), *SIZE),
        log=Path(settings.DATA_DIR) / "sandbox.log",
        # Relais without a Flatchr is worth a look: it says so, and deletes nothing.
        loss=Loss.BORNE,
    )
    wait_until(lambda: not port_is_free(int(port)), processes, "The Flatchr sandbox")


def start_site(processes: Processes, port: int) -> None:
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config"]
    # With one worker there is nobody to mingle or gossip with.
    options = ["--pool", "prefork", "--concurrency", "2", "--without-mingle", "--without-gossip"]
    # Where the demo runs as root, there is no other user to run it as.
    environment = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"}
    worker = [*celery, "worker", *options, "--loglevel", "WARNING"]
    processes.start("worker", worker, environment=environment, loss=Loss.REPLACED)
    beat = [*celery, "beat", "--loglevel", "WARNING"]
    processes.start("scheduler", beat, loss=Loss.REPLACED)
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
    """The tenant of the sandbox: connected when missing. Idempotent; the sandbox must answer."""
    who = about(HOST, SANDBOX_PORT, SEED)
    tenants = Integration.objects.present().filter(
        environment=Environment.SANDBOX, credentials__company_key=who["company_key"]
    )
    if not tenants.exists():
        command = manage("connect_flatchr", "--organization", ORGANIZATION)
        command += ["--environment", Environment.SANDBOX.value]
        command += ["--company-key", who["company_key"], "--slug", who["slug"]]
        log = Path(settings.DATA_DIR) / "connect.log"
        environment = {"FLATCHR_API_KEY": who["api_key"]}
        processes.start("connection", command, log=log, environment=environment)
        if processes.finish("connection") != DONE:
            raise DemoError(f"The demo's tenant could not be connected:\n{log.read_text()}")
        log.unlink()
    return tenants.earliest("created_at")


def lacks_data(tenant: Integration) -> bool:
    """Whether no sync has brought any yet.

    A run that an earlier start has left behind is the worker's to take up again.
    """
    read = [RunState.SUCCEEDED, RunState.PARTIALLY_FAILED, *LIVE_STATES]
    return not tenant.runs.filter(state__in=read).exists()


def first_sync(processes: Processes, tenant: Integration) -> None:
    processes.start("first sync", manage("sync", tenant.pk))
    if processes.finish("first sync") not in (DONE, HELD):
        raise DemoError("The first sync has failed.")
