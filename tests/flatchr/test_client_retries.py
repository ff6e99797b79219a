from __future__ import annotations

import gzip
import socket
from dataclasses import replace

import pytest

from integrations.flatchr.client import SEARCH, FlatchrClient
from integrations.flatchr.configuration import Credentials, Endpoints, Policy
from integrations.flatchr.errors import ErrorKind, FlatchrError
from tests.flatchr.scripted_server import (
    FakeClock,
    Recorder,
    Reply,
    answer,
    promised,
    raw,
    reply,
    reset,
    scene,
    stall,
)

COLUMNS = "/company/{company}/columns"
OK = answer([{"id": 1}])
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
# Long enough for a busy machine to answer in, where an answer comes.
QUICK = Policy(read_timeout=1.0)

PASSING: dict[str, tuple[Reply, ErrorKind]] = {
    "429": (answer({}, 429), ErrorKind.RATE_LIMITED),
    "500": (reply("<html>", 500), ErrorKind.SERVER_ERROR),
    "502": (answer({}, 502), ErrorKind.SERVER_ERROR),
    "503": (answer({}, 503), ErrorKind.SERVER_ERROR),
    "504": (answer({}, 504), ErrorKind.SERVER_ERROR),
    "reset before the headers": (reset(), ErrorKind.UNREACHABLE),
    "closed before the headers": (raw(b""), ErrorKind.UNREACHABLE),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), ErrorKind.UNREACHABLE),
    "silence before the headers": (stall(), ErrorKind.TIMEOUT),
    "reset in the body": (reset(HEAD + b'[{"id": 1'), ErrorKind.CUT_SHORT),
    "body cut": (promised('[{"id": 1', 1_000), ErrorKind.CUT_SHORT),
    "chunked body cut": (raw(CHUNKED + b'4\r\n[{"a\r\n'), ErrorKind.CUT_SHORT),
    "silence in the body": (stall(HEAD + b'[{"id": 1'), ErrorKind.CUT_SHORT),
    "json ends early": (reply('[{"id": 1'), ErrorKind.CUT_SHORT),
    "gzip cut": (
        reply(gzip.compress(b'[{"id": 1}]')[:-12], Content_Encoding="gzip"),
        ErrorKind.CUT_SHORT,
    ),
}
LASTING: dict[str, tuple[Reply, ErrorKind]] = {
    "400": (answer({}, 400), ErrorKind.REFUSED),
    "401": (answer({}, 401), ErrorKind.WRONG_KEY),
    "403": (answer({}, 403), ErrorKind.WRONG_COMPANY),
    "404": (answer({}, 404), ErrorKind.WRONG_COMPANY),
    "501": (answer({}, 501), ErrorKind.SERVER_ERROR),
    "web page": (reply("<!DOCTYPE html><title>Bonjour</title>"), ErrorKind.NOT_UNDERSTOOD),
    "empty body": (reply(""), ErrorKind.NOT_UNDERSTOOD),
    "no content": (reply("", 204), ErrorKind.NOT_UNDERSTOOD),
    "not gzip": (reply("[]" * 50, Content_Encoding="gzip"), ErrorKind.NOT_UNDERSTOOD),
    "redirect": (reply("", 302, Location="/elsewhere"), ErrorKind.NOT_UNDERSTOOD),
}


def patience(name: str, **policy: int) -> Policy:
    """For the fault of this name: only silence is to run into the timeout."""
    if name.startswith("silence"):
        return replace(QUICK, **policy)
    return Policy(**policy)


@pytest.mark.parametrize("name", PASSING)
def test_a_failure_that_may_pass_is_tried_again(name: str) -> None:
    fault, kind = PASSING[name]
    with scene(fault, OK, fault, OK, policy=patience(name)) as s:
        assert s.client.get(COLUMNS) == [{"id": 1}]
        assert list(s.client.stream("GET", COLUMNS)) == [({"id": 1}, '{"id": 1}')]

    assert [exchange.error for exchange in s.seen.ended] == [kind, "", kind, ""]
    assert [exchange.attempt for exchange in s.seen.ended] == [1, 2, 1, 2]
    assert len({exchange.key for exchange in s.seen.ended}) == 4


@pytest.mark.parametrize("name", PASSING)
def test_a_failure_that_stays_is_raised_after_the_last_attempt(name: str) -> None:
    fault, kind = PASSING[name]
    with (
        scene(fault, policy=patience(name, attempts=2)) as s,
        pytest.raises(FlatchrError) as caught,
    ):
        list(s.client.stream("POST", SEARCH, json={}))

    assert (caught.value.kind, caught.value.retryable) == (kind, True)
    assert len(s.server.requests) == 2


@pytest.mark.parametrize("name", LASTING)
def test_a_failure_that_lasts_is_raised_at_once(name: str) -> None:
    fault, kind = LASTING[name]
    with scene(fault) as s:
        with pytest.raises(FlatchrError) as small:
            s.client.get(COLUMNS)
        with pytest.raises(FlatchrError) as streamed:
            list(s.client.stream("GET", COLUMNS))

    assert (small.value.kind, small.value.retryable) == (kind, False)
    assert streamed.value.kind is kind
    assert small.value.detail.startswith("GET /company/Zx4TqB7nWk2LpR9m/columns: ")
    assert [exchange.error for exchange in s.seen.ended] == [kind, kind]
    assert len(s.server.requests) == 2
    assert s.seen.waits == []


@pytest.mark.parametrize(
    "fault",
    [
        promised('[{"id": 1}, {"id"', 1_000),
        reset(HEAD + b'[{"id": 1}, {"id"'),
        stall(HEAD + b'[{"id": 1}, {"id"'),
        reply('[{"id": 1}, {"id"'),
    ],
)
def test_a_stream_that_breaks_after_an_element_is_never_begun_again(fault: Reply) -> None:
    with scene(fault, OK, policy=QUICK) as s:
        stream = s.client.stream("GET", COLUMNS)
        assert next(stream) == ({"id": 1}, '{"id": 1}')
        with pytest.raises(FlatchrError) as caught:
            next(stream)

    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.CUT_SHORT, True)
    assert len(s.server.requests) == 1
    assert [exchange.error for exchange in s.seen.ended] == [ErrorKind.CUT_SHORT]


@pytest.mark.parametrize(
    ("value", "waited"),
    [
        ("12", 12.0),
        ("0", 0.0),
        ("-5", 0.0),
        ("Fri, 14 Mar 2025 12:00:30 GMT", 30.0),
        ("Fri, 14 Mar 2025 12:00:30 -0000", 30.0),
        ("Fri, 14 Mar 2025 11:00:00 GMT", 0.0),
        ("3600", 60.0),
        ("Fri, 14 Mar 2025 18:00:00 GMT", 60.0),
    ],
)
def test_a_pause_that_flatchr_names_is_kept_up_to_the_cap(value: str, waited: float) -> None:
    with scene(answer({}, 429, Retry_After=value), OK, policy=Policy(retry_after_cap=60.0)) as s:
        assert s.client.get(COLUMNS) == [{"id": 1}]

    assert s.clock.slept == pytest.approx(waited)


@pytest.mark.parametrize("value", ["soon", "nan", "inf", "Fri, 99 Mar 2025 12:00:30 GMT", ""])
def test_a_pause_that_makes_no_sense_is_replaced_by_our_own(value: str) -> None:
    with scene(answer({}, 503, Retry_After=value), OK) as s:
        assert s.client.get(COLUMNS) == [{"id": 1}]

    assert s.clock.slept <= 0.5


def test_a_pause_beyond_the_deadline_is_not_begun() -> None:
    with (
        scene(answer({}, 429, Retry_After="3600"), policy=Policy(get_deadline=100.0)) as s,
        pytest.raises(FlatchrError) as caught,
    ):
        s.client.get(COLUMNS)

    assert (caught.value.kind, caught.value.retry_after) == (ErrorKind.RATE_LIMITED, 3600.0)
    assert s.clock.slept == 0.0


def test_the_page_can_say_what_is_waited_for_every_second() -> None:
    with scene(answer({}, 429, Retry_After="12"), OK) as s:
        s.client.get(COLUMNS)

    assert s.seen.waits == [(float(left), "Flatchr said 429") for left in range(12, 0, -1)]
    assert s.clock.longest_sleep == 1.0


def test_each_cause_of_a_pause_has_its_words() -> None:
    with scene(answer({}, 503), reset(), stall(), promised("[", 9), OK, policy=QUICK) as s:
        s.client.get(COLUMNS)

    assert s.seen.reasons == [
        "Flatchr said 503",
        "Flatchr could not be reached",
        "Flatchr took too long to answer",
        "Flatchr's answer broke off",
    ]


def test_pauses_grow_but_stay_under_their_limits() -> None:
    policy = Policy(attempts=8, backoff_base=1.0, backoff_cap=4.0)
    with scene(answer({}, 500), policy=policy) as s, pytest.raises(FlatchrError):
        s.client.get(COLUMNS)

    assert len(s.server.requests) == 8
    assert 0.0 < s.clock.slept <= 1 + 2 + 4 + 4 + 4 + 4 + 4


def test_a_closed_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    seen = Recorder()
    with (
        FlatchrClient(
            Endpoints(url, url), Credentials("k", "c", "s"), observer=seen, clock=FakeClock()
        ) as client,
        pytest.raises(FlatchrError) as caught,
    ):
        client.get(COLUMNS)

    assert caught.value.kind is ErrorKind.UNREACHABLE
    assert [exchange.status for exchange in seen.exchanges] == [None] * 5
    assert [exchange.attempt for exchange in seen.exchanges] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("url", ["", "flatchr", "ftp://flatchr.example", "http://[::1", "http://"])
def test_a_base_url_that_is_none_is_a_matter_of_settings(url: str) -> None:
    with (
        FlatchrClient(Endpoints(url, url), Credentials("k", "c", "s")) as client,
        pytest.raises(FlatchrError) as caught,
    ):
        client.get(COLUMNS)

    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.UNREACHABLE, False)
    assert "administrator" in caught.value.message


def test_every_attempt_takes_its_turn() -> None:
    turns = iter([0.0, 2.5, 0.5, 0.0])
    with scene(answer({}, 503, Retry_After="0"), OK, throttle=lambda: next(turns)) as s:
        s.client.get(COLUMNS)

    assert list(turns) == []
    assert s.clock.slept == pytest.approx(3.0)
    assert s.seen.waits == [
        (left, "keeping to the request limit for Flatchr") for left in (2.5, 1.5, 0.5, 0.5)
    ]


def test_a_turn_that_never_comes_ends_with_the_deadline() -> None:
    policy = Policy(stream_deadline=10.0)
    with scene(OK, throttle=lambda: 3.0, policy=policy) as s, pytest.raises(FlatchrError) as caught:
        next(s.client.stream("GET", COLUMNS))

    assert caught.value.kind is ErrorKind.RATE_LIMITED
    assert s.clock.slept == pytest.approx(9.0)
    assert s.server.requests == []
