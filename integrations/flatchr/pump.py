"""A response read on a helper thread, so that its consumer never blocks for long.

Flatchr can think for most of a minute before it answers, and a socket read cannot be interrupted.
A run has to renew its lease and to notice a cancellation meanwhile. The thread also reads a few
chunks ahead, so that the network and decompression overlap with parsing.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable

import requests

CHUNK = 64 * 1024  # bytes, after decompression
_AHEAD = 4  # chunks

Item = requests.Response | bytes | Exception


class Pump:
    """Hands out, in order: the response, its body in chunks, and `b""` at the end.

    An exception takes the place of whatever it prevented and is the last item.
    """

    def __init__(self, send: Callable[[], requests.Response]) -> None:
        self._send = send
        self._items: queue.Queue[Item] = queue.Queue(_AHEAD)
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
