from __future__ import annotations

import threading
import zlib

import pytest

from integrations.flatchr.configuration import Policy
from integrations.flatchr.errors import ErrorKind, FlatchrError
from tests.flatchr.scripted_server import Recorder, Reply, answer, endless, reply, scene, stall

COLUMNS = "/company/{company}/columns"
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
MIB = 1024**2


class Cancelled(Exception):
    """What an observer raises to stop a run."""


def gzip_bomb(mebibytes: int) -> bytes:
    """So much white space in a list; a block that needs none before it can be repeated."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = deflate.compress(b"[") + deflate.flush(zlib.Z_FULL_FLUSH)
    return start + (deflate.compress(b" " * MIB) + deflate.flush(zlib.Z_FULL_FLUSH)) * mebibytes


def cancel() -> None:
    raise Cancelled


@pytest.mark.parametrize(
    "huge",
    [
        endless(HEAD + b"[1", b",1" * 10_000),
        endless(HEAD, b" " * 10_000),
        reply(gzip_bomb(200), Content_Encoding="gzip"),
    ],
    ids=["elements", "white space", "gzip bomb"],
)
def test_an_answer_over_the_size_limit_is_given_up(huge: Reply) -> None:
    policy = Policy(get_max_bytes=MIB, stream_max_bytes=MIB)
    with scene(huge, policy=policy) as s:
        with pytest.raises(FlatchrError) as small:
            s.client.get(COLUMNS)
        with pytest.raises(FlatchrError) as streamed:
            list(s.client.stream("GET", COLUMNS))

    assert (small.value.kind, streamed.value.kind) == (ErrorKind.TOO_LARGE, ErrorKind.TOO_LARGE)
    assert len(s.seen.ended) == 2
    for exchange in s.seen.ended:
        assert MIB < exchange.bytes_received <= MIB + 64 * 1024
        assert exchange.error == ErrorKind.TOO_LARGE


@pytest.mark.parametrize("status", [b"200 OK", b"503 Busy"])
def test_a_body_that_drips_for_ever_ends_with_the_deadline(status: bytes) -> None:
    drip = endless(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\n\r\n[", b" ")
    with (
        scene(drip, policy=Policy(get_deadline=120.0), tick_seconds=50.0) as s,
        pytest.raises(FlatchrError) as caught,
    ):
        s.client.get(COLUMNS)

    assert caught.value.kind in {ErrorKind.TIMEOUT, ErrorKind.SERVER_ERROR}
    assert s.clock.seconds - 1_000 <= 200


def test_no_deadline_runs_before_a_stream_is_read() -> None:
    with scene(answer([1]), policy=Policy(stream_deadline=100.0)) as s:
        stream = s.client.stream("GET", COLUMNS)
        s.clock.seconds += 1_000

        assert list(stream) == [(1, "1")]


@pytest.mark.parametrize("before", [b"", HEAD, HEAD + b"[1,"], ids=["headers", "body", "element"])
def test_silence_ends_with_the_deadline_and_is_reported_meanwhile(before: bytes) -> None:
    policy = Policy(stream_deadline=100.0, beat=0.002)
    with (
        scene(stall(before), policy=policy, tick_seconds=30.0) as s,
        pytest.raises(FlatchrError) as caught,
    ):
        list(s.client.stream("GET", COLUMNS))

    assert caught.value.kind is ErrorKind.TIMEOUT
    assert s.seen.ticks == 4
    assert len(s.server.requests) == 1
    [exchange] = s.seen.ended
    assert exchange.error == ErrorKind.TIMEOUT


@pytest.mark.parametrize("before", [b"", HEAD + b"[1,"], ids=["headers", "element"])
def test_a_tick_can_stop_a_call_that_waits_for_flatchr(before: bytes) -> None:
    policy = Policy(beat=0.002)
    with scene(stall(before), policy=policy, seen=Recorder(cancel)) as s, pytest.raises(Cancelled):
        list(s.client.stream("GET", COLUMNS))

    [exchange] = s.seen.ended
    assert exchange.error == "stopped"


def test_a_tick_can_stop_a_call_between_chunks_and_the_client_stays_usable() -> None:
    with scene(endless(HEAD + b"[1", b",1" * 1_000), answer([1])) as s:
        stream = s.client.stream("GET", COLUMNS)
        next(stream)
        stream.close()

        assert s.client.get(COLUMNS) == [1]


def test_a_pause_can_be_stopped() -> None:
    class Impatient(Recorder):
        def waiting(self, seconds: float, reason: str) -> None:
            super().waiting(seconds, reason)
            if seconds <= 10:
                raise Cancelled

    with scene(answer({}, 429, Retry_After="12"), seen=Impatient()) as s, pytest.raises(Cancelled):
        s.client.get(COLUMNS)

    assert [seconds for seconds, _ in s.seen.waits] == [12.0, 11.0, 10.0]


def test_the_observer_is_called_on_the_thread_of_the_caller_only() -> None:
    callers = set()

    class Watching(Recorder):
        def exchange(self, exchange: object) -> None:
            callers.add(threading.get_ident())

    seen = Watching(lambda: callers.add(threading.get_ident()))
    with scene(answer([]), seen=seen) as s:
        s.client.get(COLUMNS)

    assert callers == {threading.get_ident()}


def test_no_thread_outlives_its_call() -> None:
    with scene(answer([]), answer({}, 500), answer([])) as s:
        s.client.get(COLUMNS)
        s.client.get(COLUMNS)
        assert not [t for t in threading.enumerate() if t.name == "flatchr-read"]
