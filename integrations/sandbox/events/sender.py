"""Sends events to addresses that a script of this machine has given, once each.

`docs/flatchr-api.md` §26: no signature, no retry.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Queue
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

TIMEOUT = 10
# Whatever proxy this machine has: events go to addresses on it.
OPENER = build_opener(ProxyHandler({}))


class EventSender:
    """Sends events in a thread of its own, one after the other, to each address once."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.sent = 0
        self._queue: Queue[tuple[str, bytes]] = Queue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def send_to(self, url: str) -> None:
        """Send every event from now on to this address, too."""
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is not an address that events can be sent to")
        if url not in self.urls:
            self.urls.append(url)

    def clear(self) -> None:
        """Send nothing any more."""
        self.urls.clear()

    def tell(self, make: Callable[[], dict[str, Any]]) -> None:
        """Send the event that `make` gives, if anybody is to have it."""
        if not self.urls:
            return
        body = json.dumps(make(), ensure_ascii=False).encode()
        with self._lock:
            for url in self.urls:
                self._queue.put((url, body))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            try:
                url, body = self._queue.get(timeout=1)
            except Empty:
                with self._lock:
                    if self._queue.empty():
                        self._thread = None
                        return
                continue
            headers = {"Content-Type": "application/json"}
            request = Request(url, body, headers, method="POST")  # noqa: S310 - see `send_to`
            # Flatchr does not try again, as far as is known.
            with suppress(OSError, ValueError), OPENER.open(request, timeout=TIMEOUT):
                pass
            self.sent += 1
