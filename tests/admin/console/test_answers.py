"""How the console shows what Flatchr answered, or that it did not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from integrations.models import PassthroughCall
from integrations.sandbox import Sandbox
from tests.admin.console.calling import PDF, Console
from tests.flatchr.scripted_server import ScriptedServer, raw, reply, reset


def test_what_flatchr_refuses_is_explained(members: Console, sandbox: Sandbox) -> None:
    answer = members.send("GET", "/company/Yy7LmQ2zKx5RpV9t/columns").context["answer"]

    assert (answer.status, answer.tone) == (403, "warning")
    assert "belongs to another one" in answer.words


def test_an_answer_that_does_not_come_is_explained(scripted: Callable[..., Console]) -> None:
    with ScriptedServer(reset()) as server:
        page = scripted(server).send("GET", "/x")

    assert page.context["answer"] is None
    assert "could not be reached" in page.context["trouble"]["message"]
    assert "could not be reached" in PassthroughCall.objects.get().error


def test_secrets_in_an_answer_are_masked(scripted: Callable[..., Console]) -> None:
    body = b'{"token": "a.b.c", "token_vyte": "0000", "key": "no-key"}'
    with ScriptedServer(reply(body)) as server:
        page = scripted(server).send("GET", "/x")

    shown = page.content.decode()
    saved = base64.b64decode(page.context["answer"].file.partition("base64,")[2]).decode()
    for text in (shown, saved):
        assert "a.b.c" not in text
        assert "no-key" not in text
    assert json.loads(saved)["token"] == "***"


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"", "empty"), (PDF, "file"), (b"a\0b", "file"), (b"<b>hi</b>", "text"), (b"[1", "text")],
)
def test_an_answer_that_is_no_json_is_shown_as_text_or_offered_as_a_file(
    body: bytes, kind: str, scripted: Callable[..., Console]
) -> None:
    with ScriptedServer(reply(body)) as server:
        page = scripted(server).send("GET", "/a/cv")

    answer = page.context["answer"]
    assert answer.kind == kind
    assert base64.b64decode(answer.file.partition("base64,")[2]) == body
    assert answer.file.startswith("data:application/octet-stream;")
    assert "<b>hi</b>" not in page.content.decode()
    assert (f'download="{answer.name}"' in page.content.decode()) == (kind != "empty")


@pytest.mark.parametrize("value", ["[" * 200 + "]" * 200, json.dumps([["<i>"] * 10] * 2_000)])
def test_a_deep_or_long_answer_is_drawn_in_part_and_saved_whole(
    value: str, scripted: Callable[..., Console]
) -> None:
    with ScriptedServer(reply(value.encode())) as server:
        page = scripted(server).send("GET", "/x")

    answer = page.context["answer"]
    assert (answer.kind, answer.shortened) == ("json", True)
    assert len(page.content) < len(value) * 4 / 3 + 1_000_000
    assert "<i>" not in page.content.decode()
    assert base64.b64decode(answer.file.partition("base64,")[2]).decode() == value


def test_an_answer_that_is_too_large_is_not_shown_and_that_is_said(
    scripted: Callable[..., Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.admin.console.views.MAX_SHOWN", 10_000)
    with ScriptedServer(reply(b"x" * 20_000)) as server:
        page = scripted(server).send("GET", "/x")

    assert page.context["trouble"]["title"] == "The answer is too large."


def test_a_redirect_is_shown_and_not_followed(scripted: Callable[..., Console]) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/x\r\n"
    with ScriptedServer(raw(moved + b"Content-Length: 0\r\n\r\n")) as server:
        answer = scripted(server).send("GET", "/x").context["answer"]
        assert len(server.requests) == 1
    assert ("location", "https://elsewhere.example/x") in answer.headers
    assert "not followed" in answer.words
