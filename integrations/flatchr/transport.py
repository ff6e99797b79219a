"""One attempt at one request: sent, read within limits, checked by its status, logged."""

from __future__ import annotations

import contextlib
import math
import queue
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import NoReturn, Self, cast
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from integrations.flatchr.configuration import Clock, Policy
from integrations.flatchr.errors import (
    ErrorKind,
    FlatchrError,
    Scope,
    failure,
    from_exception,
    from_status,
)
from integrations.flatchr.exchange_log import Exchange, Masker, Observer

STOPPED = "stopped"
CHUNK = 64 * 1024  # bytes, after decompression
_PREFETCHED = 4  # chunks

Item = requests.Response | bytes | Exception


@dataclass(frozen=True, slots=True)
class Call:
    """One read, however many attempts it takes, or one write, which gets a single attempt.

    `deadline` is a moment of the monotonic clock. `logged_body` is logged in place of a
    body that is made while it is sent, or that is no text.
    """

    request: requests.PreparedRequest
    scopes: frozenset[Scope]
    deadline: float
    max_bytes: int
    logged_body: str = ""


@dataclass(frozen=True, slots=True)
class FlatchrTransport:
    """What all attempts of one client share: session, observer, limits, clock, masker."""

    session: requests.Session
    observer: Observer
    policy: Policy
    clock: Clock
    masker: Masker

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        """Send and return when the headers are there. Redirects are not followed.

        Proxies and certificates come from the environment; no retries happen below this.
        """
        settings = self.session.merge_environment_settings(request.url, {}, True, None, None)
        return self.session.send(
            request,
            timeout=(self.policy.connect_timeout, self.policy.read_timeout),
            allow_redirects=False,
            **settings,
        )


class Attempt:
    """A context manager around one attempt; leaving it closes and reports the exchange.

    The detail of a FlatchrError that passes through gets the method and path in front.
    """

    def __init__(self, transport: FlatchrTransport, call: Call, number: int) -> None:
        self._transport = transport
        self._call = call
        self._head = b""
        self._began = transport.clock.monotonic()
        self.exchange = _new_exchange(call, number, transport)

    def __enter__(self) -> Self:
        self._reader = BackgroundReader(lambda: self._transport.send(self._call.request))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reader.stop()
        exchange = self.exchange
        exchange.duration = self._transport.clock.monotonic() - self._began
        exchange.response_body = self._transport.masker.head(self._head.decode("utf-8", "replace"))
        if isinstance(error, FlatchrError):
            exchange.error = str(error.kind)
            error.detail = f"{exchange.method} {exchange.path}: {error.detail}"
        elif error is not None:
            exchange.error = STOPPED
        self._transport.observer.exchange(exchange)

    def chunks(self) -> Iterator[bytes]:
        """The body, decompressed, in pieces of at most 64 KB. Raises FlatchrError."""
        response = self.head()
        if not 200 <= response.status_code < 300:
            self.fail(response)
        yield from self.rest()

    def head(self) -> requests.Response:
        """The status and headers of the answer, whatever they are. Raises FlatchrError."""
        response = cast(requests.Response, self._next())  # the first item
        self.exchange.status = response.status_code
        self.exchange.response_headers = self._transport.masker.headers(response.headers)
        self._transport.observer.exchange(self.exchange)
        return response

    def rest(self) -> Iterator[bytes]:
        """The body, after `head`. Raises FlatchrError."""
        while chunk := self._next_chunk():
            yield chunk

    def fail(self, response: requests.Response) -> NoReturn:
        """Raise the FlatchrError that the status of the answer stands for."""
        # For the log only: the status says more than a body that cannot be read.
        with contextlib.suppress(FlatchrError):
            self._next_chunk()
        raise from_status(
            response.status_code,
            self._call.scopes,
            detail=f"HTTP {response.status_code}",
            retry_after=_retry_after(response.headers, self._transport.clock.now()),
        )

    def _next_chunk(self) -> bytes:
        chunk = cast(bytes, self._next())
        self._transport.observer.tick()
        self.exchange.bytes_received += len(chunk)
        if self.exchange.bytes_received > self._call.max_bytes:
            limit = f"the answer is over {self._call.max_bytes} bytes"
            raise failure(ErrorKind.TOO_LARGE, limit)
        room = 4 * self._transport.masker.window - len(self._head)
        if room > 0:
            self._head += chunk[:room]
        return chunk

    def _next(self) -> requests.Response | bytes:
        """The next item; calls `Observer.tick` each time none has come within `Policy.beat`."""
        while self._transport.clock.monotonic() < self._call.deadline:
            item = self._reader.next(self._transport.policy.beat)
            if item is None:
                self._transport.observer.tick()
            elif isinstance(item, requests.RequestException | HTTPError):
                text = self._transport.masker.text(f"{type(item).__name__}: {item}")
                raise from_exception(item, detail=text)
            elif isinstance(item, Exception):
                raise item
            else:
                return item
        raise failure(ErrorKind.TIMEOUT, "the deadline of the whole call passed")


def _new_exchange(call: Call, number: int, transport: FlatchrTransport) -> Exchange:
    request = call.request
    body = call.logged_body
    if not body and isinstance(request.body, bytes):
        body = request.body.decode("utf-8", "replace")
    return Exchange(
        key=secrets.token_hex(8),
        method=str(request.method),
        host=urlsplit(str(request.url)).netloc,
        path=transport.masker.text(request.path_url),
        attempt=number,
        started_at=transport.clock.now(),
        request_headers=transport.masker.sent_headers(request.headers),
        request_body=transport.masker.head(body),
    )


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The pause asked for, in seconds: given as such or as an HTTP date (RFC 9110 §10.2.3)."""
    value = headers.get("Retry-After", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            until = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        seconds = (until - now).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


class BackgroundReader:
    """Reads a response on a thread: the response, its body in chunks, and `b""` at the end.

    Flatchr can take most of a minute to answer, and a socket read cannot be interrupted; a run has
    to renew its lease and to notice a cancellation meanwhile. The thread also prefetches a few
    chunks, so that the network and decompression overlap with parsing. An exception takes the
    place of the item that it prevented and is the last one.
    """

    def __init__(self, send: Callable[[], requests.Response]) -> None:
        self._send = send
        self._items: queue.Queue[Item] = queue.Queue(_PREFETCHED)
        self._stopped = threading.Event()
        self._response: requests.Response | None = None
        self._thread = threading.Thread(target=self._run, name="flatchr-read", daemon=True)
        self._thread.start()

    def next(self, timeout: float) -> Item | None:
        """The next item, or None after `timeout` seconds without one."""
        try:
            return self._items.get(timeout=timeout)
        except queue.Empty:
            return None

    def stop(self) -> None:
        """End the thread and give up the connection, unless the body was read to its end.

        Before the headers have arrived nothing can wake the thread: it is left to end by itself,
        at the latest when its socket times out.
        """
        self._stopped.set()
        if self._response is not None:
            # Nothing to shut down once the connection has gone back to the pool.
            with contextlib.suppress(RuntimeError, ValueError, OSError):
                self._response.raw.shutdown()
        with contextlib.suppress(queue.Empty):
            while True:
                self._items.get_nowait()
        if self._response is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._response = self._send()
            self._items.put(self._response)
            # read1 returns what has arrived, where read waits until the chunk is full.
            while not self._stopped.is_set():
                chunk = self._response.raw.read1(CHUNK, decode_content=True)
                self._items.put(chunk)
                if not chunk:
                    break
        except Exception as error:
            self._items.put(error)
        finally:
            if self._response is not None:
                self._response.close()
