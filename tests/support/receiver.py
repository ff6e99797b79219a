"""A receiver of webhooks on loopback, as an application has one, that answers as it is told."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """A request as it came: `at` by the monotonic clock."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def type(self) -> str:
        return str(self.event["type"])


@dataclass(frozen=True)
class Reply:
    """What is answered: after `delay` seconds, `status` with `headers`; or nothing at all when
    `drop`: the connection is closed once the body has been taken. One that `stalls` never ends.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    delay: float = 0.0
    drop: bool = False
    stalls: bool = False


class Receiver:
    """Keeps what it got, and answers with `reply`, which may be changed or be a function of it."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.reply: Reply | Callable[[Received], Reply] = Reply()
        # Requests that were under way at the same time, at most.
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        # Hanging answers end when it stops.
        self._stopped = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._take(self)

            def do_GET(self) -> None:
                receiver._take(self)

            def log_message(self, *_: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [received.event for received in self.received]

    @property
    def types(self) -> list[str]:
        return [received.type for received in self.received]

    def stop(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        if len(body) < length:
            # Whoever sent it was killed meanwhile: nothing has arrived.
            handler.close_connection = True
            return
        received = Received(handler.path, dict(handler.headers.items()), body)
        with self._lock:
            self.received.append(received)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            reply = self.reply if isinstance(self.reply, Reply) else self.reply(received)
            self._stopped.wait(reply.delay)
        finally:
            with self._lock:
                self._now -= 1
        if reply.drop:
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return
        try:
            handler.send_response(reply.status)
            for name, value in reply.headers.items():
                handler.send_header(name, value)
            length = len(reply.body) + reply.stalls
            handler.send_header("Content-Length", str(length))
            handler.end_headers()
            handler.wfile.write(reply.body)
            if reply.stalls:
                self._stopped.wait()
        except OSError:
            # Who asked has gone.
            handler.close_connection = True
