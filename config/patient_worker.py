"""Gunicorn's worker, which gives a thread to a request only when its head has arrived.

Whoever opens connections and sends nothing, or a byte now and then, would else hold a thread with
each of them. They wait in the main thread, which looks at them without reading, and are closed
after a while; so are the oldest when there are too many. Small bodies are waited for, too.
"""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# Seconds for a request to arrive from its first byte on.
ARRIVES_WITHIN = 10.0
# The pause between two looks at one that has begun, at first and at most, in seconds.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 1.0
# Bytes that are looked at: longer heads, and bodies that do not fit, are the thread's affair.
MOST_SEEN = 64 * 1024
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
