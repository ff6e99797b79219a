"""A receiver of webhooks that costs the machine next to nothing, as one on another machine would.

It shares the processors with what is measured, where the standard library's server takes a thread
for each connection and a millisecond for each request. This one reads every byte and answers 200.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
ID = b"\r\nwebhook-id: "
LENGTH = b"\r\ncontent-length: "


class LightReceiver:
    """Keeps when each event came first, by its id and the monotonic clock; connections stay open,
    as with any server of HTTP/1.1.
    """

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self.requests = self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._stopped = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/hook"

    def stop(self) -> None:
        self._stopped = True
        self._thread.join()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector, self._listener:
            selector.register(self._listener, selectors.EVENT_READ)
            received: dict[socket.socket, bytes] = {}
            while not self._stopped:
                for key, _ in selector.select(0.1):
                    if key.fileobj is self._listener:
                        connection, _ = self._listener.accept()
                        self.connections += 1
                        selector.register(connection, selectors.EVENT_READ)
                        received[connection] = b""
                        continue
                    connection = key.fileobj  # type: ignore[assignment]
                    try:
                        more = connection.recv(65536)
                    except OSError:
                        more = b""
                    if not more:
                        selector.unregister(connection)
                        connection.close()
                        del received[connection]
                        continue
                    received[connection] = self._taken(connection, received[connection] + more)
            for connection in received:
                connection.close()

    def _taken(self, connection: socket.socket, received: bytes) -> bytes:
        """Answer the request if it is complete; what is left of what was received."""
        head, found, body = received.partition(b"\r\n\r\n")
        lines = head.lower()
        if not found or len(body) < int(_after(lines, LENGTH)):
            return received
        self.arrived.setdefault(_after(head, ID, lines).decode(), time.monotonic())
        self.requests += 1
        connection.sendall(ANSWER)
        return b""


def _after(head: bytes, name: bytes, lines: bytes | None = None) -> bytes:
    """The value of a header; its name is looked for in `lines`, the head in lower case."""
    start = (head if lines is None else lines).index(name) + len(name)
    return head[start:].partition(b"\r\n")[0]
