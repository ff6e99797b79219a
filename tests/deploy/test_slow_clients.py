"""Clients that send slowly, nothing or too much, beside probes that are answered at once."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import pytest
import requests

from tests.deploy.sites import Site

SLOW = 300


@pytest.fixture(scope="module")
def site(made: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = made.copy(tmp_path_factory.mktemp("site") / "data")
    with site.running():
        yield site


def longest_probe(site: Site, seconds: float) -> float:
    """The longest that a probe and a page took, of some that were made within this time."""
    longest, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        for page in ("livez", "docs"):
            begun = time.monotonic()
            assert requests.get(f"{site.address}/{page}", timeout=30).status_code == 200
            longest = max(longest, time.monotonic() - begun)
        time.sleep(0.1)
    return longest


@contextmanager
def sockets(site: Site, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    where = urlsplit(site.address)
    assert where.hostname
    assert where.port
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            one = stack.enter_context(socket.create_connection((where.hostname, where.port), 30))
            one.sendall(sent)
            opened.append(one)
        yield opened


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"G",
        b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n\r\nuser",
    ],
    ids=["nothing", "a byte", "half a head", "half a body"],
)
def test_300_slow_clients_hold_up_nobody(site: Site, sent: bytes) -> None:
    # A machine that is busy with something else takes longer without them, too.
    usual = longest_probe(site, 1)
    with sockets(site, SLOW, sent) as opened:
        assert longest_probe(site, 3) < max(1, 3 * usual)
        for one in opened[: len(sent) and SLOW]:
            one.send(b"x")
        assert longest_probe(site, 2) < max(1, 3 * usual)


def test_a_request_that_comes_in_pieces_is_answered(site: Site) -> None:
    whole = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n"
    with sockets(site, 1, b"") as [one]:
        for _ in range(2):  # and the next one on the same connection
            for at in range(0, len(whole), 9):
                one.sendall(whole[at : at + 9])
                time.sleep(0.01)
            got = b""
            while b'{"status": "ok"}' not in got:
                piece = one.recv(65536)
                assert piece, got
                got += piece


def test_what_does_not_arrive_is_closed(site: Site) -> None:
    with sockets(site, 1, b"GET /livez HTTP/1.1\r\n") as [one]:
        one.settimeout(30)
        with suppress(ConnectionResetError):
            assert one.recv(100) == b""


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/", "/nowhere"])
def test_a_large_body_of_a_stranger_is_refused_unread(site: Site, path: str) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {400 * 1024**2}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
    )
    begun = time.monotonic()
    with sockets(site, 1, head.encode()) as [one]:
        one.settimeout(10)
        assert one.recv(65536).startswith(b"HTTP/1.1 413 ")
    assert time.monotonic() - begun < 5
