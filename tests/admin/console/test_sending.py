"""What is typed is sent to Flatchr and nowhere else; what cannot be sent is said."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from integrations.models import HttpExchange, Integration, PassthroughCall, PreparedCall
from integrations.sandbox import Sandbox
from tests.admin.console.calling import PDF, Console, columns, errors_of, search


def test_a_get_is_sent_at_once_and_its_answer_shown(members: Console, sandbox: Sandbox) -> None:
    page = members.send("GET", columns(sandbox), params="fields=a b\n\nx=1")

    answer = page.context["answer"]
    assert (answer.status, answer.kind, answer.words) == (200, "json", "")
    assert answer.url == f"{sandbox.url}{columns(sandbox)}?fields=a+b&x=1"
    shown = page.content.decode()
    assert "rl-json-branch" in shown
    assert sandbox.columns()[0]["title"] in shown
    assert sandbox.api_key not in shown
    saved = base64.b64decode(answer.file.partition("base64,")[2])
    assert json.loads(saved) == sandbox.columns()
    assert page.context["form"]["path"].value() == columns(sandbox)


def test_a_call_is_in_the_history_and_its_answer_is_not(
    members: Console, sandbox: Sandbox, alice: User
) -> None:
    members.send("GET", columns(sandbox))

    call = PassthroughCall.objects.get()
    assert (call.user, call.api_key, call.status) == (alice, None, 200)
    exchange = HttpExchange.objects.get()
    assert (exchange.path, exchange.response_body) == (call.path, "")


def test_the_key_sent_as_a_parameter_is_masked(members: Console, sandbox: Sandbox) -> None:
    key = sandbox.api_key
    page = members.send("GET", columns(sandbox), params=f"q={key}\nnote=before {key} after")

    call = PassthroughCall.objects.get()
    assert call.params == {"q": "***", "note": "before *** after"}
    assert key not in page.context["answer"].url
    record = reverse("admin:integrations_passthroughcall_change", args=[call.pk])
    history = members.client.get(record).content.decode()
    assert "note=before *** after" in history
    assert key not in history
    assert key not in HttpExchange.objects.get().path


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("https://elsewhere.example/x", "an address of its own"),
        ("//elsewhere.example/x", "an address of its own"),
        ("/a/../b", "dot segment"),
        ("/a/%2e%2e/b", "dot segment"),
        ("/a?token=mine", "signs in"),
        ("/company/{company}/applicant/{applicant}", "{company}, {applicant}"),
        ("", "required"),
    ],
)
def test_a_path_that_could_lead_elsewhere_is_refused_beside_its_field(
    path: str, words: str, members: Console, sandbox: Sandbox
) -> None:
    page = members.send("GET", path)

    assert words in errors_of(page)["path"][0]
    assert page.context["form"]["path"].value() == path
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"headers": "Authorization: x"}, "headers", "is set here"),
        ({"headers": "no colon"}, "headers", "has no :"),
        ({"params": "api_key=mine"}, "params", "signs in"),
        ({"params": "a=1\na=2"}, "params", "twice"),
        ({"body_kind": "JSON", "body": "{'a': 1}"}, "body", "line 1, character 2"),
        ({"body_kind": "JSON", "body": '{"a": "{tag}"}'}, "body", "{tag}"),
        ({"body_kind": "FORM"}, "fields_", "at least one field"),
        ({"body_kind": "FORM", "fields_": "a={b}"}, "fields_", "{b}"),
        ({"tenant": "flatchr:other"}, "tenant", "not one of the available choices"),
        ({"params": "key={cv_key}"}, "params", "{cv_key}"),
    ],
)
def test_what_cannot_be_sent_is_said_beside_its_field(
    fields: dict[str, str], name: str, words: str, console: Console, sandbox: Sandbox
) -> None:
    page = console.send("POST", search(sandbox), **fields)

    assert words in errors_of(page)[name][0]
    assert not PreparedCall.objects.exists()
    assert len(sandbox.requests) == 0


def test_a_tenant_that_is_disabled_or_not_connected_is_left_alone(
    console: Console, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    connected_tenant.credentials.delete()
    assert "no Flatchr credentials" in console.send("GET", "/x").content.decode()
    Integration.objects.update(enabled=False)
    assert "is disabled" in errors_of(console.send("GET", "/x"))["tenant"][0]
    assert len(sandbox.requests) == 0
    assert not PassthroughCall.objects.exists()


def test_the_call_is_given_as_curl_for_the_api_without_a_key(
    members: Console, sandbox: Sandbox, connected_tenant: Integration, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://relais.example"
    command = members.send("GET", columns(sandbox), params="q=it's").context["curl"]

    assert command.startswith("curl -X POST https://relais.example/v1/passthrough/flatchr/api")
    assert "Bearer YOUR_API_KEY" in command
    assert connected_tenant.pk in command
    assert """it'"'"'s""" in command
    assert sandbox.api_key not in command


def test_a_file_that_is_too_large_is_refused(
    console: Console, sandbox: Sandbox, settings: Any
) -> None:
    settings.SUBMISSION_MAX_BYTES = 10
    page = console.send(
        "POST", "/x", body_kind="FORM", fields_="a=b", file_field="f",
        file=SimpleUploadedFile("cv.pdf", PDF, "application/pdf"),
    )  # fmt: skip
    assert "Choose a smaller one" in errors_of(page)["file"][0]


def test_the_console_needs_the_token_of_its_form(
    admin: User, connected_tenant: Integration
) -> None:
    console = Console(admin, connected_tenant)
    console.client.handler.enforce_csrf_checks = True

    assert console.send("GET", "/x").status_code == 403
