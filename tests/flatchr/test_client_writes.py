"""The one write: sent once, never again, and told apart by what may have become of it."""

from __future__ import annotations

import base64
import io
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pytest

from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.configuration import Credentials, Endpoints, Policy
from integrations.flatchr.errors import ErrorKind
from integrations.flatchr.payloads import ResumeFile
from integrations.flatchr.write_result import WriteOutcome, WriteResult
from tests.flatchr.scripted_server import (
    COMPANY,
    KEY,
    SLUG,
    Recorder,
    Reply,
    Scene,
    answer,
    promised,
    raw,
    reply,
    reset,
    scene,
    stall,
)

CREATED = {"status": 200, "response": "applicant created"}
PAYLOAD = {"vacancy": "abc-poste", "firstname": "Nadia", "lastname": "Perrot"}
CV = b"%PDF-1.4 Nadia"


def resume(content: bytes = CV) -> ResumeFile:
    @contextmanager
    def reader() -> Iterator[BinaryIO]:
        yield io.BytesIO(content)

    return ResumeFile("cv.pdf", "application/pdf", len(content), reader)


def create(on: Scene, **options: object) -> WriteResult:
    return on.client.create_candidate(PAYLOAD, resume(), **options)  # type: ignore[arg-type]


def test_a_candidate_is_posted_with_the_key_in_header_and_body() -> None:
    with scene(answer(CREATED)) as on:
        receipt = create(on)

    assert (receipt.outcome, receipt.error) == (WriteOutcome.ACCEPTED, None)
    (request,) = on.server.requests
    assert (request.method, request.target) == ("POST", "/vacancy/candidate/json")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"].startswith("application/json")
    assert int(request.headers["content-length"]) == len(request.body)
    body = json.loads(request.body)
    assert body["token"] == KEY
    assert base64.b64decode(body["resume"]["data"]) == CV


def test_a_dry_run_goes_to_its_own_path() -> None:
    with scene(answer(CREATED)) as on:
        assert create(on, dry_run=True).outcome is WriteOutcome.ACCEPTED

    assert on.server.requests[0].target == "/vacancy/candidate/test"


def test_what_is_recorded_has_neither_the_key_nor_the_file() -> None:
    with scene(answer({**CREATED, "token": KEY})) as on:
        receipt = create(on)

    (exchange,) = on.seen.ended
    assert receipt.exchange is not None
    assert exchange == receipt.exchange
    assert KEY not in repr(exchange)
    assert base64.b64encode(CV).decode() not in repr(exchange)
    assert '"bytes": 14' in exchange.request_body
    assert exchange.request_headers["Authorization"] == "***"
    assert exchange.status == 200


@pytest.mark.parametrize(
    "said",
    [
        answer(CREATED),
        answer({"response": "Applicant created"}, 201),
        answer({"statusCode": 200, "message": "applicant created"}),
        answer("applicant created"),
        reply("applicant created", Content_Type="text/plain"),
    ],
)
def test_a_success_that_says_so_is_one(said: Reply) -> None:
    with scene(said) as on:
        assert create(on).outcome is WriteOutcome.ACCEPTED


@pytest.mark.parametrize(
    ("played", "kind"),
    [
        (answer({"status": 400, "response": "not created"}), ErrorKind.NOT_UNDERSTOOD),
        (answer({"data": {"message": "ok"}}), ErrorKind.NOT_UNDERSTOOD),
        (answer([]), ErrorKind.NOT_UNDERSTOOD),
        (answer(None), ErrorKind.NOT_UNDERSTOOD),
        (reply("", 204), ErrorKind.NOT_UNDERSTOOD),
        (reply("<html>created</html>", Content_Type="text/html"), ErrorKind.NOT_UNDERSTOOD),
        (reply("", 302, Location="/vacancy/candidate/json"), ErrorKind.NOT_UNDERSTOOD),
        (answer({}, 500), ErrorKind.SERVER_ERROR),
        (answer({}, 503, Retry_After="1"), ErrorKind.SERVER_ERROR),
        (answer({}, 599), ErrorKind.SERVER_ERROR),
        (raw(b""), ErrorKind.UNREACHABLE),
        (raw(b"nonsense\r\n\r\n"), ErrorKind.UNREACHABLE),
        (reset(), ErrorKind.UNREACHABLE),
        (promised('{"status": 200', 100), ErrorKind.CUT_SHORT),
    ],
)
def test_what_proves_nothing_may_have_arrived_and_is_not_sent_again(
    played: Reply, kind: ErrorKind
) -> None:
    with scene(played) as on:
        receipt = create(on)

    assert receipt.outcome is WriteOutcome.UNKNOWN
    assert receipt.reason.kind is kind
    assert len(on.server.requests) == 1
    assert on.clock.slept == 0


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ErrorKind.INVALID),
        (401, ErrorKind.WRONG_KEY),
        (403, ErrorKind.FORBIDDEN),
        (404, ErrorKind.VACANCY_GONE),
        (408, ErrorKind.REFUSED),
        (409, ErrorKind.REFUSED),
        (410, ErrorKind.VACANCY_GONE),
        (413, ErrorKind.FILE_TOO_LARGE),
        (422, ErrorKind.INVALID),
        (429, ErrorKind.RATE_LIMITED),
    ],
)
def test_a_refusal_is_one_and_brings_flatchrs_words(status: int, kind: ErrorKind) -> None:
    said = {"statusCode": status, "error": "Refus", "message": f"Refusé {KEY}"}
    with scene(answer(said, status, Retry_After="7")) as on:
        receipt = create(on)

    assert receipt.outcome is WriteOutcome.REFUSED
    assert (receipt.reason.kind, receipt.reason.status) == (kind, status)
    assert receipt.reason.retry_after == 7
    assert receipt.message == "Refusé ***"
    assert len(on.server.requests) == 1


def test_a_port_that_nobody_listens_on_took_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        url = f"http://127.0.0.1:{closing.getsockname()[1]}"
    seen = Recorder()
    endpoints, credentials = Endpoints(url, url), Credentials(KEY, COMPANY, SLUG)
    with FlatchrClient(endpoints, credentials, observer=seen) as client:
        receipt = client.create_candidate(PAYLOAD, resume())

    assert receipt.outcome is WriteOutcome.NOT_SENT
    assert receipt.reason.kind is ErrorKind.UNREACHABLE
    assert [exchange.error for exchange in seen.ended] == ["unreachable"]


def test_a_name_that_no_name_server_knows_took_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    url = "http://carrieres.example"
    with FlatchrClient(Endpoints(url, url), Credentials(KEY, COMPANY, SLUG)) as client:
        assert client.create_candidate(PAYLOAD, resume()).outcome is WriteOutcome.NOT_SENT


def test_a_handshake_that_fails_took_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak_plainly() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        speaker = threading.Thread(target=speak_plainly)
        speaker.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with FlatchrClient(Endpoints(url, url), Credentials(KEY, COMPANY, SLUG)) as client:
            receipt = client.create_candidate(PAYLOAD, resume())
        speaker.join()

    assert receipt.outcome is WriteOutcome.NOT_SENT
    assert receipt.reason.kind is ErrorKind.UNREACHABLE


def test_a_key_that_no_header_can_carry_is_not_sent() -> None:
    with scene(answer(CREATED), key="clé") as on:
        receipt = create(on)

    assert receipt.outcome is WriteOutcome.NOT_SENT
    assert receipt.reason.kind is ErrorKind.WRONG_KEY
    assert on.server.requests == []


def test_silence_until_the_deadline_may_be_an_arrival() -> None:
    with scene(stall(), policy=Policy(beat=0.01), tick_seconds=30) as on:
        receipt = create(on)

    assert receipt.outcome is WriteOutcome.UNKNOWN
    assert receipt.reason.kind is ErrorKind.TIMEOUT


def test_a_turn_that_does_not_come_in_time_is_told_before_anything_is_announced() -> None:
    announced: list[bool] = []
    with scene(answer(CREATED), throttle=lambda: 1e6) as on:
        receipt = create(on, about_to_send=lambda: announced.append(True))

    assert receipt.outcome is WriteOutcome.NOT_SENT
    assert receipt.reason.kind is ErrorKind.RATE_LIMITED
    assert (announced, on.server.requests) == ([], [])


def test_a_turn_is_waited_for_before_the_sending_is_announced() -> None:
    pauses = [3.0, 0.0]
    announced: list[float] = []
    with scene(answer(CREATED), throttle=lambda: pauses.pop(0)) as on:
        receipt = create(on, about_to_send=lambda: announced.append(on.clock.slept))

    assert receipt.outcome is WriteOutcome.ACCEPTED
    assert announced == [3.0]


def test_nothing_leaves_when_the_announcement_fails() -> None:
    with scene(answer(CREATED)) as on, pytest.raises(ZeroDivisionError):
        create(on, about_to_send=lambda: 1 / 0)

    assert on.server.requests == []


def test_an_observer_that_stops_it_reaches_the_caller() -> None:
    def stop() -> None:
        raise KeyError("stop")

    recorder = Recorder(stop)
    policy = Policy(beat=0.01)
    with scene(stall(), policy=policy, seen=recorder) as on, pytest.raises(KeyError):
        create(on)


def test_each_write_has_a_connection_of_its_own() -> None:
    keep = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
    with scene(raw(keep), answer(CREATED)) as on:
        on.client.get("/contracts")
        assert create(on).outcome is WriteOutcome.ACCEPTED


def test_an_early_refusal_of_a_large_file_is_heard() -> None:
    with scene(answer({"message": "Trop lourd"}, 413)) as on:
        receipt = on.client.create_candidate(PAYLOAD, resume(b"x" * 3_000_000))

    assert (receipt.outcome, receipt.message) == (WriteOutcome.REFUSED, "Trop lourd")
