from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.receiver import Receiver


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A receiver on loopback, which this test may deliver to."""
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    running = Receiver()
    yield running
    running.stop()


@pytest.fixture
def slow_receiver(receiver: Receiver) -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.stop()
