"""The embedded broker: what a worker finds in the folder is whole."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from config.celery import app
from tests.support.worker import publishing_to

MESSAGES = 1_000


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    # The two threads of the test take turns as often as two processes would.
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.000001)
    try:
        with publishing_to("filesystem://", tmp_path):
            yield tmp_path / "broker" / "messages"
    finally:
        sys.setswitchinterval(before)


def send(connection: Connection, sent: threading.Event) -> None:
    with connection.SimpleQueue("busy") as queue:
        for number in range(MESSAGES):
            queue.put({"number": number})
    sent.set()


def test_a_reader_that_never_rests_gets_every_message_whole(folder: Path) -> None:
    sent, found = threading.Event(), []
    with ExitStack() as stack:
        reading, writing = (stack.enter_context(app.connection_for_write()) for _ in range(2))
        queue = stack.enter_context(reading.SimpleQueue("busy"))
        writer = threading.Thread(target=send, args=(writing, sent))
        writer.start()
        stack.callback(writer.join)
        while True:
            done = sent.is_set()
            try:
                message = queue.get_nowait()
            except Empty:
                if done:
                    break
            else:
                message.ack()
                found.append(message.payload["number"])

    assert sorted(found) == list(range(MESSAGES))
    assert list(folder.iterdir()) == []
