"""`make test-typescript`: the official TypeScript SDK, unchanged, against a running Relais.

A sandbox Flatchr, a database of its own, gunicorn as in production, and Node's own test runner
on the `*.test.mjs` beside this file. Arguments go to Node.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.support import node
from tests.support.commands import ROOT, environment, manage
from tests.support.node import Node
from tests.support.provided import MissingError, folder_in_tmp, free_port, say, server

HERE = Path(__file__).parent
SEED = 1
# Fields are defined in the dashboard alone.
DEFINE = (
    "from integrations.models import CustomField; "
    "CustomField.objects.create(key='our_reference', label='Our reference')"
)


def main(arguments: list[str]) -> int:
    try:
        with ExitStack() as stack:
            runtime = stack.enter_context(node.provide())
            say(f"Node: {runtime.source}")
            node.install_packages(runtime)
            folder = stack.enter_context(folder_in_tmp("typescript"))
            told = stack.enter_context(relais(folder))
            return run(runtime, told, arguments)
    except MissingError as missing:
        say(f"cannot run. {missing}")
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130


@contextmanager
def relais(folder: Path) -> Iterator[dict[str, str]]:
    """A sandbox and a Relais that knows it; the environment that tells the tests of them.

    Three tenants: one to read and write with, one to switch off and delete, and one that was
    never read.
    """
    flatchr = f"http://127.0.0.1:{free_port()}"
    site = f"http://127.0.0.1:{free_port()}"
    given = {
        "DATABASE_URL": f"sqlite:///{folder}/relais.sqlite3",
        "FLATCHR_SANDBOX_URL": flatchr,
        "FLATCHR_BURST": "1000",
        "PUBLIC_URL": site,
        "LOG_LEVEL": "WARNING",
        "BIND": site.removeprefix("http://"),
    }
    variables = environment(folder, **given)
    with _sandbox(flatchr, variables, folder), ExitStack() as stack:
        account = _json("flatchr_sandbox", "--about", "--json", "--seed", str(SEED), at=variables)
        _done("migrate", "--verbosity", "0", at=variables)
        _done("collectstatic", "--no-input", "--verbosity", "0", at=variables)
        _done("shell", "--verbosity", "0", "--command", DEFINE, at=variables)
        tenants = [_connect(name, account, variables) for name in ("Nord", "Sud", "Est")]
        for tenant in tenants[:2]:
            _done("sync", tenant, at=variables)
        full = _json("create_api_key", "--name", "TypeScript", "--json", at=variables)
        reading = _json("create_api_key", "--name", "Reads", "--read-only", "--json", at=variables)
        stack.enter_context(_gunicorn(site, variables, folder))
        yield {
            **variables,
            "RELAIS_MANAGE": json.dumps([sys.executable, str(ROOT / "manage.py")]),
            "RELAIS_URL": site,
            "RELAIS_KEY": full["key"],
            "RELAIS_READ_ONLY_KEY": reading["key"],
            "RELAIS_TENANT": tenants[0],
            "RELAIS_OTHER_TENANT": tenants[1],
            "RELAIS_NEW_TENANT": tenants[2],
            "FLATCHR_URL": flatchr,
            "FLATCHR_KEY": account["api_key"],
            "FLATCHR_COMPANY": account["company_key"],
        }


def run(runtime: Node, told: Mapping[str, str], arguments: list[str]) -> int:
    """Node's tests, file after file: some leave behind what others would count."""
    files = sorted(str(path) for path in HERE.glob("*.test.mjs"))
    options = ["--test", "--test-concurrency=1", "--test-reporter=spec", *arguments]
    done = subprocess.run(
        [*runtime.node, *options, *files],
        cwd=HERE,
        env=dict(told),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode


def _sandbox(url: str, variables: Mapping[str, str], folder: Path) -> Any:
    port = url.rpartition(":")[2]
    command = [sys.executable, str(ROOT / "manage.py"), "flatchr_sandbox", "--port", port]
    command += ["--vacancies", "7", "--applicants", "60", "--seed", str(SEED)]
    return server(
        command, answers=lambda: _answers(url), log=folder / "sandbox.log", environment=variables
    )


def _gunicorn(url: str, variables: Mapping[str, str], folder: Path) -> Any:
    command = [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn"]
    return server(
        [*command, "config.wsgi"],
        answers=lambda: _answers(f"{url}/livez"),
        log=folder / "gunicorn.log",
        environment={**variables, "PYTHONPATH": str(ROOT)},
    )


def _answers(url: str) -> bool:
    try:
        requests.get(url, timeout=5)
    except requests.RequestException:
        return False
    return True


def _connect(name: str, account: Mapping[str, str], variables: Mapping[str, str]) -> str:
    told = _json(
        "connect_flatchr",
        *("--organization", name, "--environment", "sandbox", "--json"),
        # They all have the one account of the sandbox.
        "--allow-duplicate",
        *("--company-key", account["company_key"], "--slug", account["slug"]),
        at={**variables, "FLATCHR_API_KEY": account["api_key"]},
    )
    return str(told["integration"])


def _done(*arguments: str, at: Mapping[str, str]) -> str:
    """What a command of Relais' says. Raises `MissingError` when it fails."""
    done = manage(*arguments, data_dir=Path(at["DATA_DIR"]), **at)
    if done.returncode:
        raise MissingError(f"manage.py {arguments[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _json(*arguments: str, at: Mapping[str, str]) -> Any:
    return json.loads(_done(*arguments, at=at).splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
