"""A Redis for the tests of the worker: given, running, or started for the length of a run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import redis

from tests.support.provided import (
    MissingError,
    Provided,
    folder_in_tmp,
    free_port,
    install_debian_package,
    server,
)

# Of a Redis that is somebody's own, the tests use a database that is rarely anybody's.
RUNNING = "redis://127.0.0.1:6379/15"
# As many as a Redis has unless it is told otherwise.
DATABASES = 16


def answers(url: str) -> bool:
    with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def neighbours(url: str, count: int) -> list[str]:
    """Other databases of the same Redis, for runs beside the one that has `url`."""
    parts = urlsplit(url)
    own = int(parts.path.strip("/") or 0)
    return [
        parts._replace(path=f"/{(own - step) % DATABASES}").geturl() for step in range(1, count + 1)
    ]


def _binary() -> str | None:
    return shutil.which("redis-server") or shutil.which("valkey-server")


@contextmanager
def provide(*, install: bool = False) -> Iterator[Provided]:
    """A Redis that answers; raises `MissingError` when none can be had."""
    if given := os.environ.get("TEST_REDIS_URL"):
        if not answers(given):
            raise MissingError(f"Redis: TEST_REDIS_URL is {given}, where none answers.")
        yield Provided(given, "TEST_REDIS_URL")
    elif answers(RUNNING):
        yield Provided(RUNNING, "the one on 127.0.0.1:6379")
    elif binary := _binary():
        with _started(binary) as url:
            yield Provided(url, f"{binary}, started for this run")
    elif install and install_debian_package("redis-server") and (binary := _binary()):
        with _started(binary) as url:
            yield Provided(url, "the Debian package, installed just now, started for this run")
    else:
        raise MissingError(
            "Redis: TEST_REDIS_URL is not set, nothing answers on 127.0.0.1:6379, and there is no "
            "`redis-server` on PATH. Install it (on Debian: the package redis-server)."
        )


@contextmanager
def _started(binary: str) -> Iterator[str]:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with (
        folder_in_tmp("redis") as folder,
        server([binary, *options], answers=lambda: answers(url), log=folder / "log"),
    ):
        yield url
