"""No log holds a token: each address with one is used wrongly in every way, and all is read."""

from __future__ import annotations

import io
import logging
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from gunicorn.config import Config

from config import gunicorn
from config.logs import JsonFormatter, MaskingFormatter
from integrations.accounts import recovery, users
from integrations.accounts.api_keys import create_key
from integrations.api.actions.attachments import link_to
from integrations.connecting import links
from integrations.models import Integration, LinkKind
from integrations.webhooks.incoming import addresses
from tests.admin.conftest import Data, Fill, fill  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

METHODS = ("GET", "POST", "PUT", "BREW")
HEADERS = (
    {},
    {"HTTP_HOST": "elsewhere.example"},
    {"HTTP_REFERER": "https://elsewhere.example/link/{token}", "wsgi.url_scheme": "https"},
    {"HTTP_REFERER": "http://testserver{address}", "HTTP_ORIGIN": "null"},
    {"CONTENT_TYPE": "multipart/form-data"},
)


@pytest.fixture
def tokens(tenant: Integration, alice: User, fill: Fill) -> dict[str, str]:  # noqa: F811
    """Each address that has a token, and the token."""
    link = links.link_for(tenant, LinkKind.RELINK, lasts=links.FROM_DASHBOARD)
    event = addresses.make(tenant).token
    uid, secret = users.password_link(alice)
    reset = recovery.token_of(alice)
    key, _ = create_key(name="Nightly", integrations=[tenant])
    attachment = link_to(fill(tenant, 1).applications[0], key)
    return {
        **{reverse(name, args=[link]): link for name in ("link", "link_keys", "link_done")},
        reverse("link_progress", args=[link]): link,
        f"/v1/connect/integration-by-token/{link}": link,
        f"/connect/integration-by-token/{link}": link,
        reverse("flatchr_event", args=[event]): event,
        attachment: attachment.rpartition("/")[2],
        reverse("admin:welcome", args=[uid, secret]): secret,
        reverse("admin:password_reset", args=[reset]): reset,
    }


def _wrong(address: str) -> tuple[str, ...]:
    return (
        address,
        address.rstrip("/") if address.endswith("/") else f"{address}/",
        address.replace("/", "//")[1:],
        f"/v1{address}",
        address.upper().replace(address.rpartition("/")[2].upper(), address.rpartition("/")[2]),
        f"{address}x",
        f"{address}%00?lang=fr",
    )


def test_no_log_holds_a_token(
    tokens: dict[str, str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    asked = 0
    for address, token in tokens.items():
        for path in _wrong(address):
            for method in METHODS:
                extra = HEADERS[asked % len(HEADERS)]
                client.generic(
                    method,
                    path,
                    "x" * 10,
                    **{k: v.format(token=token, address=address) for k, v in extra.items()},
                )
                asked += 1

    # And a defect in each view.
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("integrations.connecting.links.find", broken)
    monkeypatch.setattr("integrations.accounts.users.invited", broken)
    monkeypatch.setattr("integrations.api.flatchr_events.receive", broken)
    monkeypatch.setattr("integrations.api.actions.attachments.linked_application", broken)
    for address in tokens:
        client.post(address, {"x": "y"})
        client.get(address)

    assert asked > 250
    assert len(caplog.records) > 150
    formatters = (MaskingFormatter("%(message)s"), JsonFormatter())
    logged = "\n".join(
        [
            *(record.getMessage() for record in caplog.records),
            *(one.format(record) for record in caplog.records for one in formatters),
        ]
    )
    secrets = set(tokens.values())
    assert not [line for line in logged.splitlines() if any(token in line for token in secrets)]
    # What was refused can be told all the same.
    assert "Method Not Allowed (PUT): link_keys" in logged
    assert re.search(r"Forbidden \([^\n]*\): welcome\n", logged)
    assert "Internal Server Error: link_progress" in logged


def test_gunicorn_logs_none_either(tokens: dict[str, str]) -> None:
    """Neither in its log of requests, if there is one, nor in that of errors."""
    config = Config()
    config.set("accesslog", "-")
    config.set("logger_class", gunicorn.logger_class)
    log = config.logger_class(config)
    written = io.StringIO()
    for handler in (*log.error_log.handlers, *log.access_log.handlers):
        handler.setStream(written)
    for address, token in tokens.items():
        odd = address.replace("link/", "%6Cink/").replace("hooks", "%68ooks")
        for path in (*_wrong(address), odd):
            environ = {
                "REQUEST_METHOD": "GET",
                "RAW_URI": path,
                "SERVER_PROTOCOL": "HTTP/1.1",
                "HTTP_REFERER": f"https://relais.example{path}",
                "REMOTE_ADDR": "203.0.113.7",
            }
            answer = SimpleNamespace(status="200 OK", sent=3, response_length=3, headers=[])
            request = SimpleNamespace(headers=[])
            log.access(answer, request, environ, timedelta(seconds=1))
            log.exception("Error handling request %s", path)
            log.debug("%s %s", "GET", path)
        assert token not in written.getvalue(), address
    assert written.getvalue().count('"GET /link/[token] HTTP/1.1" 200') > 3
    log.error("No such page: %s", "/x%0d%0a[2026-11-30] a line of a stranger's%22")
    assert written.getvalue().endswith("/x%0d%0a[2026-11-30] a line of a stranger's\"\n")
