"""The embedded broker: Celery's folder of messages, each of which appears whole."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Puts a message under another name first.

    Kombu's own channel creates the file that workers look for and then fills it. A worker that
    looks in between finds no JSON, and ends.
    """

    # Kombu's stubs name the second argument in two ways, so that no override suits both.
    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        # Workers take what is oldest first, by this clock in milliseconds, as kombu names files.
        name = f"{time.monotonic_ns() // 1_000_000}_{uuid.uuid4()}"
        folder = Path(self.data_folder_out)
        unfinished = folder / f"{name}.unfinished"
        try:
            unfinished.write_text(dumps(payload), encoding="utf-8")
            unfinished.replace(folder / f"{name}.{queue}.msg")
        except OSError as error:
            raise ChannelError(f"A message could not be stored in {folder}") from error


class Transport(filesystem.Transport):
    """`filesystem://`, with the channel above."""

    Channel = Channel
