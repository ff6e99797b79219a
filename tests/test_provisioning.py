"""A part that the tests need is there, or the run ends with words that say what would help."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import chromium, node, postgres, redis_server
from tests.support.passes import PARTS, is_of
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


def test_passes_beside_each_other_have_a_database_each_on_the_same_servers() -> None:
    url = "postgres://me:secret@[::1]:5433/relais?sslmode=require"
    assert postgres.beside(url, 2) == "postgres://me:secret@[::1]:5433/relais_2?sslmode=require"
    assert redis_server.neighbours("redis://127.0.0.1:6379/15", 2) == [
        "redis://127.0.0.1:6379/14",
        "redis://127.0.0.1:6379/13",
    ]
    assert redis_server.neighbours("redis://127.0.0.1:6379", 1) == ["redis://127.0.0.1:6379/15"]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_every_test_is_of_one_pass_of_a_database(database: str) -> None:
    passes = [part for part in PARTS if part.startswith(database)]
    names = {path.name for path in Path(__file__).parent.iterdir()}
    assert {"api", "browser", "sync", "test_provisioning.py"} < names

    assert all(sum(is_of(part, name) for part in passes) == 1 for name in names)


def test_no_browser_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("on_path", "of_playwright", "_downloaded"):
        monkeypatch.setattr(chromium, name, nothing)
    monkeypatch.setattr(chromium, "install_debian_package", lambda _: False)

    with pytest.raises(MissingError, match="Install Chromium"):
        chromium.provide()


def test_no_node_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "on_path", nothing)
    monkeypatch.setattr(node, "WHEEL", "./no-such-wheel.whl")

    with pytest.raises(MissingError, match="Install Node"), node.provide():
        pass


def test_a_node_that_is_too_old_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v18.20.4\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert node.on_path() is None

    (tmp_path / "node").write_text("#!/bin/sh\necho v20.0.0\n")
    found = node.on_path()
    assert found is not None
    assert (found.node, found.source) == ([str(tmp_path / "node")], "v20.0.0 from PATH")
