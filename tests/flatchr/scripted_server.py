"""A loopback server that answers, or fails to, exactly as a test wrote down, and what goes with it.

No test sleeps: the clock moves when the client pauses or ticks, never by itself.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.configuration import Clock, Credentials, Endpoints, Policy
from integrations.flatchr.exchange_log import Exchange

KEY = "inv3nted+key/for=tests=="
COMPANY = "Zx4TqB7nWk2LpR9m"
SLUG = "maisonorval"


@dataclasses.dataclass(frozen=True)
class Request:
    """A request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class ScriptedServer:
    """Plays one reply per request, then the last one again. A reply gets the open socket."""

    def __init__(self, *replies: Reply) -> None:
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._replies = list(replies)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *error: object) -> None:
        self.closing.set()
        # Closing alone would not wake an accept that is under way.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._start(self._serve, self._listener.accept()[0])

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as stream:
            connection.settimeout(10)
            request = _read(stream)
            with self._lock:
                self.requests.append(request)
                reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
            reply(connection, self)


Reply = Callable[[socket.socket, ScriptedServer], None]


def _read(stream: Any) -> Request:
    method, target, _ = stream.readline().decode().split(" ")
    headers = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Request(method, target, headers, stream.read(int(headers.get("content-length", 0))))


def reply(body: bytes | str = b"[]", status: int = 200, **headers: str) -> Reply:
    """A proper answer; `Retry_After="3"` becomes the header Retry-After."""
    return promised(body, None, status, **headers)


def promised(body: bytes | str, length: int | None, status: int = 200, **headers: str) -> Reply:
    """An answer that announces `length` bytes and closes the connection after `body`."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Scripted", "Connection: close"]
    lines += [f"Content-Length: {len(content) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return lambda connection, _server: connection.sendall(head + content)


def answer(value: Any, status: int = 200, **headers: str) -> Reply:
    """`value` as JSON."""
    return reply(json.dumps(value), status, **headers)


def raw(data: bytes) -> Reply:
    """These bytes, whatever they mean, then the end of the connection."""
    return lambda connection, _server: connection.sendall(data)


def reset(before: bytes = b"") -> Reply:
    """A connection reset by the peer, after the bytes `before`."""

    def play(connection: socket.socket, _server: ScriptedServer) -> None:
        connection.sendall(before)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return play


def stall(before: bytes = b"") -> Reply:
    """The bytes `before`, then silence for as long as the server lives."""

    def play(connection: socket.socket, server: ScriptedServer) -> None:
        connection.sendall(before)
        server.closing.wait()

    return play


def endless(before: bytes, drop: bytes) -> Reply:
    """The bytes `before`, then `drop` for ever."""

    def play(connection: socket.socket, _server: ScriptedServer) -> None:
        connection.sendall(before)
        while True:
            connection.sendall(drop)

    return play


class FakeClock(Clock):
    """Time that passes only when the client sleeps or a test moves it."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.slept = 0.0
        self.longest_sleep = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2025, 3, 14, 12, 0, tzinfo=UTC) + timedelta(seconds=self.seconds - 1_000)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.slept += seconds
        self.longest_sleep = max(self.longest_sleep, seconds)


class Recorder:
    """An observer that keeps all it is told, each exchange as it was when it was reported."""

    def __init__(self, on_tick: Callable[[], None] = lambda: None) -> None:
        self.exchanges: list[Exchange] = []
        self.waits: list[tuple[float, str]] = []
        self.ticks = 0
        self._on_tick = on_tick

    def exchange(self, exchange: Exchange) -> None:
        self.exchanges.append(dataclasses.replace(exchange))

    def waiting(self, seconds: float, reason: str) -> None:
        self.waits.append((seconds, reason))

    def tick(self) -> None:
        self.ticks += 1
        self._on_tick()

    @property
    def ended(self) -> list[Exchange]:
        """The exchanges as they were when they ended, one per attempt."""
        return [exchange for exchange in self.exchanges if exchange.duration is not None]

    @property
    def reasons(self) -> list[str]:
        """Why the client paused, each reason once, in order."""
        return list(dict.fromkeys(reason for _, reason in self.waits))


@dataclasses.dataclass
class Scene:
    """A server, a client of it, and what the client was seen to do."""

    server: ScriptedServer
    client: FlatchrClient
    seen: Recorder
    clock: FakeClock


@contextlib.contextmanager
def scene(
    *replies: Reply,
    policy: Policy = Policy(),  # noqa: B008 - frozen
    key: str = KEY,
    company: str = COMPANY,
    slug: str = SLUG,
    tick_seconds: float = 0.0,
    seen: Recorder | None = None,
    throttle: Callable[[], float] | None = None,
) -> Iterator[Scene]:
    """A client in front of a server that plays `replies`; each tick takes `tick_seconds`."""
    clock = FakeClock()
    recorder = seen or Recorder(lambda: setattr(clock, "seconds", clock.seconds + tick_seconds))
    with ScriptedServer(*replies) as server:
        endpoints = Endpoints(server.url, server.url)
        credentials = Credentials(key, company, slug)
        with FlatchrClient(
            endpoints,
            credentials,
            observer=recorder,
            throttle=throttle,
            policy=policy,
            clock=clock,
        ) as client:
            yield Scene(server, client, recorder, clock)
