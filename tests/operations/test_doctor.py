"""`doctor` finds what was set up wrongly, and says what to do about it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from integrations.models import Integration
from integrations.operations.doctor import Diagnosis, examine
from integrations.operations.health import Status
from tests.operations.places import new_place
from tests.support import commands
from tests.support.provided import free_port
from tests.sync.terminal import command_line

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture(autouse=True)
def own_data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir(mode=0o700)
    settings.PUBLIC_URL = f"http://127.0.0.1:{free_port()}"
    return tmp_path / "data"


def found(name: str) -> list[Diagnosis]:
    return [finding for finding in examine() if finding.name == name]


def only(name: str) -> Diagnosis:
    (finding,) = found(name)
    return finding


def test_what_is_right_is_said(tenant: Integration) -> None:
    for name in (
        "migrations",
        "clocks",
        "broker",
        "disk",
        "data_dir",
        "keys",
        "versions",
        "email",
        "static_files",
    ):
        assert only(name).status is Status.OK, only(name)
    assert "1 stored credentials are encrypted with the first key" in only("keys").text


def test_credentials_that_cannot_be_decrypted_are_a_failure(
    tenant: Integration, settings: Any, tmp_path: Path
) -> None:
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    assert only("keys").status is Status.FAILED
    assert "1 of 1 stored credentials cannot be decrypted." in only("keys").text

    settings.CREDENTIALS_KEYS, settings.CREDENTIALS_KEYS_PATH = [], tmp_path / "none"
    assert "There are no CREDENTIALS_KEYS at all." in only("keys").text


def test_an_old_key_that_is_still_needed_is_told(tenant: Integration, settings: Any) -> None:
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode(), *settings.CREDENTIALS_KEYS]

    assert only("keys").status is Status.WARNING
    assert "rotate_keys" in only("keys").what_to_do


def test_secrets_that_others_can_read_are_named(own_data_dir: Path) -> None:
    (own_data_dir / "secret_key").write_text("x")
    (own_data_dir / "secret_key").chmod(0o644)

    assert only("data_dir").status is Status.WARNING
    assert str(own_data_dir / "secret_key") in only("data_dir").text


def test_a_data_directory_that_is_gone_is_a_failure(own_data_dir: Path) -> None:
    own_data_dir.rmdir()
    own_data_dir.write_text("a file")

    assert only("data_dir").status is Status.FAILED


def test_a_public_host_that_is_not_answered_is_a_failure(settings: Any) -> None:
    settings.PUBLIC_URL = f"https://127.0.0.1:{free_port()}"
    settings.ALLOWED_HOSTS = ["relais.example"]
    settings.HTTPS, settings.TRUSTED_PROXIES = True, 0

    told = {finding.text: finding.status for finding in found("settings")}

    refused = "The host of PUBLIC_URL, 127.0.0.1, is not one of ALLOWED_HOSTS: every page"
    assert told[f"{refused} answers 400."] is Status.FAILED
    assert any(text.startswith("TRUSTED_PROXIES is 0") for text in told)


@contextmanager
def answering(status: int, location: str = "") -> Iterator[str]:
    """A web server that says the same to everybody; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if location:
                self.send_header("Location", f"http://{self.headers['Host']}{location}")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "location", "said"),
    [
        (301, "/admin/login/", "redirects to itself"),
        (400, "", "answers 400"),
        (500, "", "answers 500"),
    ],
)
def test_what_a_proxy_does_wrong_is_seen_at_the_public_address(
    settings: Any, status: int, location: str, said: str
) -> None:
    with answering(status, location) as settings.PUBLIC_URL:
        assert (only("proxy").status, said in only("proxy").text) == (Status.FAILED, True)
    assert only("proxy").status is Status.WARNING
    assert "Nothing answers" in only("proxy").text


def test_a_web_server_that_answers_is_well(settings: Any) -> None:
    with answering(200) as settings.PUBLIC_URL:
        assert only("proxy").status is Status.OK


def test_a_mail_server_that_does_not_let_relais_in_is_a_failure(settings: Any) -> None:
    settings.EMAIL_ENABLED = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    assert only("email").status is Status.FAILED

    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_PORT = server.getsockname()[1]
        thread = threading.Thread(target=_let_in, args=[server])
        thread.start()
        assert only("email").status is Status.OK
        thread.join()


def _let_in(server: socket.socket) -> None:
    """As a mail server does with somebody who says hello and goodbye."""
    client, _ = server.accept()
    with client, client.makefile("rwb", buffering=0) as stream:
        stream.write(b"220 mail.example\r\n")
        while line := stream.readline():
            stream.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 well\r\n")


def test_the_command_exits_with_1_when_something_has_failed_and_0_when_not(tmp_path: Path) -> None:
    """In a new installation all is well but its static files, which are not collected yet."""
    with new_place(tmp_path / "new", "sqlite") as place:
        place.data_dir.chmod(0o700)
        done = commands.manage(
            *("doctor", "--json"),
            data_dir=place.data_dir,
            DATABASE_URL=place.url,
            PUBLIC_URL=f"http://127.0.0.1:{free_port()}",
        )
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (1, False)
    failed = [one for one in told["findings"] if one["status"] == "failed"]
    assert [one["name"] for one in failed] == ["static_files"]
    assert "collectstatic" in failed[0]["text"]

    done = command_line("doctor", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (0, True), told
