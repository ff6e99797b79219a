"""Whether the broker answers."""

from __future__ import annotations

import os
import threading
import time

from celery import current_app

# An answer counts for so long, so that frequent probes do not become load of their own.
REMEMBERED_SECONDS = 5.0
TIMEOUT_SECONDS = 1


class BrokerProbe:
    """Connects to the broker, at most once in `REMEMBERED_SECONDS`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._url = ""
        self._asked_at = 0.0
        self._answers = False

    def answers(self) -> bool:
        """Whether it took a connection within `TIMEOUT_SECONDS`; an answer of before counts."""
        url = str(current_app.conf.broker_url)
        with self._lock:
            age = time.monotonic() - self._asked_at
            if url != self._url or age >= REMEMBERED_SECONDS:
                self._answers = _connects()
                self._url, self._asked_at = url, time.monotonic()
            return self._answers


def _connects() -> bool:
    options = dict(current_app.conf.broker_transport_options)
    # The embedded broker's.
    folder = options.get("data_folder_in")
    if folder is not None:
        return os.access(folder, os.W_OK | os.X_OK)
    options.update(socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS)
    try:
        with current_app.connection_for_read(
            connect_timeout=TIMEOUT_SECONDS, transport_options=options
        ) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=TIMEOUT_SECONDS)
            # With Redis, only a channel talks to the server.
            broker.default_channel  # noqa: B018
    except Exception:
        # Each transport has errors of its own, and what they say does not matter here.
        return False
    return True


BROKER = BrokerProbe()
