"""What acts at Flatchr: sent once, to addresses that are declared here, and told apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from integrations.flatchr.actions import ActionClient, FileDownload
from integrations.flatchr.configuration import Credentials, Endpoints, Policy
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.payloads import BytesBody
from integrations.flatchr.write_result import WriteOutcome, WriteResult
from tests.flatchr.scripted_server import (
    COMPANY,
    KEY,
    SLUG,
    Recorder,
    Reply,
    ScriptedServer,
    answer,
    raw,
    reply,
    reset,
)

Act = Callable[[ActionClient, Callable[[], object]], WriteResult]
ACTS: dict[str, Act] = {
    "move": lambda client, sends: client.move("V1", "A1", 8812, about_to_send=sends),
    "archive": lambda client, sends: client.archive("V1", "A1", about_to_send=sends),
    "trait": lambda client, sends: client.give_trait("A1", "T1", "Anglais", about_to_send=sends),
}


def nothing() -> None:
    """Called before a request goes out, by a test that does not ask when."""


@contextmanager
def acting(*replies: Reply) -> Iterator[tuple[ActionClient, ScriptedServer, Recorder]]:
    policy = Policy(attempts=3, backoff_base=0.001, backoff_cap=0.001, retry_after_cap=0.01)
    recorder = Recorder()
    with (
        ScriptedServer(*replies) as server,
        ActionClient(
            Endpoints(server.url, server.url),
            Credentials(KEY, COMPANY, SLUG),
            observer=recorder,
            policy=policy,
        ) as client,
    ):
        yield client, server, recorder


@pytest.mark.parametrize(
    ("act", "method", "target", "body"),
    [
        ("move", "PUT", f"/company/{COMPANY}/vacancy/V1/applicant/A1", {"column_id": 8812}),
        ("archive", "DELETE", f"/company/{COMPANY}/vacancy/V1/applicant/A1", None),
        (
            "trait",
            "POST",
            f"/company/{COMPANY}/applicant/A1/trait",
            {"tag": "T1", "value": "Anglais"},
        ),
    ],
)
def test_an_act_is_what_flatchr_documents(act: str, method: str, target: str, body: Any) -> None:
    before: list[int] = []
    with acting(answer({"id": "A1"})) as (client, server, _):
        receipt = ACTS[act](client, lambda: before.append(len(server.requests)))

    # Once, and before the request.
    assert before == [0]
    assert (receipt.outcome, receipt.error) == (WriteOutcome.ACCEPTED, None)
    (request,) = server.requests
    assert (request.method, request.target) == (method, target)
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert (json.loads(request.body) if request.body else None) == body


@pytest.mark.parametrize("act", list(ACTS))
@pytest.mark.parametrize(
    ("given", "fate"),
    [
        (reply(b"{}", 400), WriteOutcome.REFUSED),
        (reply(b"{}", 429), WriteOutcome.REFUSED),
        (reply(b"{}", 503), WriteOutcome.UNKNOWN),
        (reply(b"<html>Bonjour</html>"), WriteOutcome.UNKNOWN),
        (reply(b"[]"), WriteOutcome.UNKNOWN),
        (
            raw(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"),
            WriteOutcome.UNKNOWN,
        ),
        (reset(), WriteOutcome.UNKNOWN),
    ],
)
def test_an_act_is_sent_once_whatever_the_answer(
    act: str, given: Reply, fate: WriteOutcome
) -> None:
    with acting(given) as (client, server, _):
        assert ACTS[act](client, nothing).outcome is fate
        assert len(server.requests) == 1


@pytest.mark.parametrize("act", ["move", "trait"])
def test_an_act_that_found_no_connection_was_not_sent(act: str) -> None:
    with ActionClient(
        Endpoints("http://127.0.0.1:9", "http://127.0.0.1:9"), Credentials(KEY, COMPANY, SLUG)
    ) as client:
        receipt = ACTS[act](client, nothing)
    assert receipt.outcome is WriteOutcome.NOT_SENT
    assert receipt.reason.kind is ErrorKind.UNREACHABLE


@pytest.mark.parametrize("identifier", ["", ".", "..", "a/b", "../../x", "{company}", "{slug}"])
def test_an_id_that_is_no_segment_never_leaves(identifier: str) -> None:
    with acting(answer({})) as (client, server, _):
        receipts = [
            client.move(identifier, "A1", 1, about_to_send=nothing),
            client.move("V1", identifier, 1, about_to_send=nothing),
            client.archive("V1", identifier, about_to_send=nothing),
            client.give_trait(identifier, "T1", "x", about_to_send=nothing),
        ]
        with pytest.raises(FlatchrError):
            client.applicant(identifier)
        assert server.requests == []
    assert {one.outcome for one in receipts} == {WriteOutcome.NOT_SENT}


def test_a_file_is_read_with_the_key_in_the_query_and_logged_without_it() -> None:
    sent = raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: 4\r\n\r\n%PDF")
    with acting(sent) as (client, server, recorder):
        found = client.file("candidates/2025/nadia perrot", "pdf", max_bytes=100)
    assert (found.content, found.content_type) == (b"%PDF", "application/pdf")
    assert "token=" in server.requests[0].target
    assert {one.path.rpartition("token=")[2] for one in recorder.exchanges} == {"***"}


def test_a_file_is_asked_for_again_when_it_was_too_soon() -> None:
    with acting(reply(b"{}", 429, **{"Retry-After": "0"}), reply(b"%PDF")) as (client, server, _):
        assert client.file("k", "pdf", max_bytes=100).content == b"%PDF"
        assert len(server.requests) == 2


def test_a_file_that_is_too_large_is_not_read() -> None:
    with acting(reply(b"x" * 101)) as (client, server, _):
        with pytest.raises(FlatchrError) as error:
            client.file("k", "pdf", max_bytes=100)
        assert len(server.requests) == 1
    assert error.value.kind is ErrorKind.TOO_LARGE


def test_the_address_of_a_file_is_told_and_not_followed() -> None:
    moved = raw(
        b"HTTP/1.1 302 Found\r\nLocation: https://s3.example/x\r\nContent-Length: 0\r\n\r\n"
    )
    with acting(moved) as (client, server, _):
        assert client.file("k", "pdf", max_bytes=9) == FileDownload(location="https://s3.example/x")
        assert len(server.requests) == 1


def test_a_request_of_a_users_is_sent_once_and_answered_as_it_was() -> None:
    with acting(answer({"statusCode": 503}, 503)) as (client, server, recorder):
        found = client.relay(
            "api",
            "POST",
            "/x?a=b",
            headers={"X-Trace": "1", "Content-Type": "text/plain"},
            params={"c": "d"},
            body=BytesBody(b"hello"),
            logged_body="hello",
            max_bytes=1_000,
        )
        (request,) = server.requests
    assert (found.status, found.url) == (503, f"{server.url}/x?a=b&c=d")
    assert (request.target, request.body) == ("/x?a=b&c=d", b"hello")
    assert request.headers["x-trace"] == "1"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert recorder.exchanges[-1].request_body == "hello"


def test_an_address_that_leaves_the_host_is_not_called_even_if_nobody_looked() -> None:
    with acting(answer({})) as (client, server, _):
        with pytest.raises(FlatchrError):
            client.relay(
                "api",
                "GET",
                "@127.0.0.1:9/x",
                headers={},
                params={},
                body=None,
                logged_body="",
                max_bytes=9,
            )
        assert server.requests == []
