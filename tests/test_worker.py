"""The worker of the tests is a real one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.worker import Worker


@pytest.mark.any_database
@pytest.mark.parametrize("broker", ["filesystem", "redis"])
def test_a_worker_can_be_killed_and_started_again(
    broker: str, make_worker: Callable[..., Worker], redis_url: str
) -> None:
    worker = make_worker(redis_url if broker == "redis" else "filesystem://")
    first = worker.pid

    worker.restart()

    assert worker.pid != first
    assert worker.log.count("ready.") == 2
