"""The command that serves the sandbox and says how to reach it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from integrations.sandbox import Sandbox
from tests.sandbox.calls import Caller, get

ROOT = Path(__file__).resolve().parents[2]


def about(*options: str) -> str:
    out = StringIO()
    call_command("flatchr_sandbox", "--about", *options, stdout=out)
    return out.getvalue()


def test_about_is_one_json_object_that_a_server_agrees_with() -> None:
    facts = json.loads(about("--json", "--port", "9999", "--seed", "7"))
    assert list(facts) == ["url", "company_key", "slug", "api_key"]
    assert facts["url"] == "http://127.0.0.1:9999"
    with Sandbox(vacancies=1, applicants=1, seed=7) as running:
        assert (running.company_key, running.slug) == (facts["company_key"], facts["slug"])
        caller = Caller(running)
        caller.session.headers["Authorization"] = f"Bearer {facts['api_key']}"
        assert caller.get("~/columns")


def test_about_is_for_people_without_json() -> None:
    assert "company_key: " in about()


@pytest.mark.parametrize(
    "option",
    [
        "--applicants=-1",
        "--vacancies=many",
        "--port=70000",
        "--seed=x",
        "--base-date=09/01/26",
        "--fault={}",
        "--fault=x",
    ],
)
def test_nonsense_is_refused(option: str) -> None:
    with pytest.raises(CommandError):
        call_command("flatchr_sandbox", "--about", option)


def test_a_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with pytest.raises(CommandError, match="cannot listen on") as caught:
            call_command("flatchr_sandbox", "--port", str(taken.getsockname()[1]))
        assert caught.value.returncode == 1


def test_it_serves_until_it_is_told_to_stop() -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    fault = '{"path": "columns", "status": 500, "times": 1}'
    command = [sys.executable, "manage.py", "flatchr_sandbox", "--port", str(port),
               "--applicants", "10", "--fault", fault]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert any(line.startswith("api_key: ") for line in lines)
        url = f"http://127.0.0.1:{port}"
        assert get(f"{url}/_sandbox/about").json()["url"] == url
        assert get(f"{url}/company/x/columns").status_code == 500
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
