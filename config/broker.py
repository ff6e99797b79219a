"""The embedded broker: a folder of messages, each written atomically."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class AtomicChannel(filesystem.Channel):
    """Writes each message to a temporary file and renames it.

    Kombu's channel creates the file under its final name and then writes it; a worker that reads
    it in between finds incomplete JSON and crashes.
    """

    # Kombu's stubs name the second argument in two ways, so that no override suits both.
    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        # Workers take the oldest first, by the milliseconds in the name, as kombu writes them.
        name = f"{time.monotonic_ns() // 1_000_000}_{uuid.uuid4()}"
        folder = Path(self.data_folder_out)
        unfinished = folder / f"{name}.unfinished"
        try:
            unfinished.write_text(dumps(payload), encoding="utf-8")
            unfinished.replace(folder / f"{name}.{queue}.msg")
        except OSError as error:
            raise ChannelError(f"A message could not be stored in {folder}") from error


class Transport(filesystem.Transport):
    """Kombu's `filesystem://` transport with the atomic channel."""

    Channel = AtomicChannel
