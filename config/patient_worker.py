"""Gunicorn's worker, which gives a thread to a request only when its head has arrived.

Whoever opens connections and sends nothing, or a byte now and then, would else hold a thread with
each of them. They wait in the main thread, which looks at them without reading, and are closed
after a while; so are the oldest when there are too many. Small bodies are waited for, too.

What is no request that the site could be shown, such as one with an address that is too long, is
answered here, with the envelope of the API: browsers send no such thing.
"""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn import util
from gunicorn.http import message
from gunicorn.http.errors import (
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import ThreadWorker

# Bytes of the first line of a request: an address of 32 KiB, which has room for 1,200 ids.
LONGEST_LINE = 33 * 1024
# Gunicorn takes no more than this for its setting, which is its default as well.
message.MAX_REQUEST_LINE = LONGEST_LINE

# Seconds for a request to arrive from its first byte on.
ARRIVES_WITHIN = 10.0
# The pause between two looks at one that has begun, at first and at most, in seconds.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 1.0
# Bytes that are looked at: longer heads, and bodies that do not fit, are the thread's affair.
MOST_SEEN = 64 * 1024
# Seconds for what a client still sends of a request that has been refused.
DRAINS_FOR = 0.5
# Connections kept free for requests that arrive as they should.
SPARE = 100

_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,7})[ \t]*$", re.IGNORECASE | re.MULTILINE)
_ASKS_FIRST = re.compile(rb"^expect:", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class _Begun:
    """A connection with a part of a request: when it is closed, and when it is looked at next."""

    until: float
    looked_at: float
    pause: float = SHORTEST_PAUSE


class PatientWorker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Connections without a byte, and with a part of a request, and when they are closed.
        self._silent: dict[Any, float] = {}
        self._begun: dict[Any, _Begun] = {}

    def enqueue_req(self, conn: Any) -> None:
        """Hand the connection to a thread if a request is there, else wait for it here."""
        seen = _seen(conn)
        if seen is None:
            self._silent[conn] = time.monotonic() + self.cfg.keepalive
            self.poller.register(conn.sock, EVENT_READ, partial(self._on_first_byte, conn))
        elif _is_whole(seen):
            super().enqueue_req(conn)
        else:
            now = time.monotonic()
            self._begun[conn] = _Begun(now + ARRIVES_WITHIN, now + SHORTEST_PAUSE)

    def _on_first_byte(self, conn: Any, sock: Any) -> None:
        self.poller.unregister(sock)
        del self._silent[conn]
        self.enqueue_req(conn)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        if self._begun:
            soonest = min(one.looked_at for one in self._begun.values()) - time.monotonic()
            timeout = max(SHORTEST_PAUSE, min(timeout, soonest))
        super().wait_for_and_dispatch_events(timeout)
        now = time.monotonic()
        for conn, begun in list(self._begun.items()):
            if begun.looked_at > now and self.alive:
                continue
            seen = _seen(conn)
            if seen is not None and _is_whole(seen):
                del self._begun[conn]
                super().enqueue_req(conn)
            elif begun.until <= now or not self.alive:
                self._drop(conn)
            else:
                begun.pause = min(2 * begun.pause, LONGEST_PAUSE)
                begun.looked_at = now + begun.pause
        # In the order in which they came.
        for conn, until in list(self._silent.items()):
            if self.alive and until > now and self.nr_conns <= self.worker_connections - SPARE:
                break
            self._drop(conn)
        while self._begun and self.nr_conns > self.worker_connections - SPARE:
            self._drop(next(iter(self._begun)))

    def _drop(self, conn: Any) -> None:
        if self._silent.pop(conn, None) is not None:
            self.poller.unregister(conn.sock)
        self._begun.pop(conn, None)
        self.nr_conns -= 1
        conn.close()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Any) -> None:
        """Answer what could not be read as a request with the envelope of the API."""
        if req is not None or not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("Invalid request from ip=%s: %s", (addr or ("",))[0], exc)
        status, reason, words = _refusal(exc)
        body = _envelope(status, words)
        head = (
            f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"Cache-Control: no-store\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with suppress(OSError):
            util.write_nonblock(client, head.encode("latin-1") + body)
            # What has not been read when a connection is closed can cost the client the answer.
            client.shutdown(socket.SHUT_WR)
            client.settimeout(DRAINS_FOR)
            end = time.monotonic() + DRAINS_FOR
            while time.monotonic() < end and client.recv(MOST_SEEN):
                pass


def _refusal(exc: ParseException) -> tuple[int, str, str]:
    """Status, its reason, and the words for a request that could not be read."""
    if isinstance(exc, LimitRequestLine):
        words = f"The address of the request is longer than {LONGEST_LINE} bytes."
        return 414, "URI Too Long", words
    if isinstance(exc, LimitRequestHeaders):
        return 431, "Request Header Fields Too Large", "A header of the request is too large."
    if isinstance(exc, UnsupportedTransferCoding):
        return 501, "Not Implemented", "The request's Transfer-Encoding is not supported."
    return 400, "Bad Request", "This is not a valid HTTP request."


def _envelope(status: int, words: str) -> bytes:
    # This module is read before Django is set up.
    from integrations.api.bodies import failure
    from integrations.api.errors import ApiError

    return failure(ApiError("PLATFORM.INPUT_INVALID", words, status=status), general=True).content


def _seen(conn: Any) -> bytes | None:
    """What has arrived, without taking it; None if nothing has. Blank at the end of it all, and for
    what only a thread can tell.
    """
    if conn.parser is not None and conn.parser.unreader.buf.getvalue():
        return b""
    try:
        return bytes(conn.sock.recv(MOST_SEEN, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _is_whole(seen: bytes) -> bool:
    if not seen or len(seen) == MOST_SEEN:
        return True
    head, end, body = seen.partition(b"\r\n\r\n")
    if not end:
        return False
    length = _LENGTH.search(head.replace(b"\r\n", b"\n"))
    if length is None or _ASKS_FIRST.search(head):
        return True
    needed = int(length[1])
    return len(body) >= needed or len(head) + 4 + needed > MOST_SEEN
