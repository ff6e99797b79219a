"""A part that the tests need is there, or the run ends with words that say what would help."""

from __future__ import annotations

import pytest

from tests.support import chromium, postgres, redis_server
from tests.support.provided import MissingError, free_port


def nothing() -> None:
    return None


def test_a_redis_that_is_named_and_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")

    with pytest.raises(MissingError, match="TEST_REDIS_URL"), redis_server.provide():
        pass


def test_no_redis_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    monkeypatch.setattr(redis_server, "RUNNING", f"redis://127.0.0.1:{free_port()}/0")
    monkeypatch.setattr(redis_server, "_binary", nothing)

    with pytest.raises(MissingError, match="package redis-server"), redis_server.provide():
        pass


def test_a_redis_that_is_named_is_used(monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    monkeypatch.setenv("TEST_REDIS_URL", redis_url)

    with redis_server.provide() as redis:
        assert (redis.url, redis.source) == (redis_url, "TEST_REDIS_URL")


def test_a_postgresql_that_is_named_and_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", f"postgres://me@127.0.0.1:{free_port()}/relais")

    with pytest.raises(MissingError, match="TEST_DATABASE_URL"), postgres.provide():
        pass


def test_no_postgresql_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr(postgres, "RUNNING", f"127.0.0.1:{free_port()}")
    monkeypatch.setattr(postgres, "_system_binaries", nothing)
    monkeypatch.setattr(postgres, "WHEEL", "./no-such-wheel.whl")

    with pytest.raises(MissingError, match="package postgresql"), postgres.provide():
        pass


def test_no_browser_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("on_path", "of_playwright", "_downloaded"):
        monkeypatch.setattr(chromium, name, nothing)
    monkeypatch.setattr(chromium, "install_debian_package", lambda _: False)

    with pytest.raises(MissingError, match="Install Chromium"):
        chromium.provide()
