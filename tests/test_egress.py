"""The guarded request: what it fetches, and everywhere that it does not go."""

from __future__ import annotations

import gzip
import itertools
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations import egress
from integrations.egress import EgressError, FetchedFile, fetch
from tests.support.file_host import (
    FileHost,
    Reply,
    addresses,
    answer,
    certificate_for,
    lines,
    redirect,
    repeating,
)

LOOPBACK = ["127.0.0.0/8"]
CV = b"%PDF-1.7 a CV"
HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def host() -> Iterator[Callable[..., FileHost]]:
    """Starts a host with replies by path; it is stopped after the test."""
    running = []

    def start(replies: dict[str, Reply], certificate: Path | None = None) -> FileHost:
        started = FileHost(replies, certificate).__enter__()
        running.append(started)
        return started

    yield start
    for started in running:
        started.__exit__()


def get(url: str, **options: Any) -> FetchedFile:
    given = {"max_bytes": 1_000_000, "deadline": 20.0, "allowed_networks": LOOPBACK, **options}
    return fetch(url, **given)


def code(url: str, **options: Any) -> str:
    with pytest.raises(EgressError) as error:
        get(url, **options)
    return error.value.code


def test_a_file_is_fetched_with_its_type_and_name(host: Any) -> None:
    server = host({"/cv/L%C3%A9a%20Orval.pdf": answer(CV, "Content-Type: Application/PDF; a=b")})
    fetched = get(server.url("/cv/Léa Orval.pdf?token=1#page2"))
    assert (fetched.content, fetched.content_type) == (CV, "application/pdf")
    assert fetched.name == "Léa Orval.pdf"
    assert lines(server.requests[0]).__next__() == "GET /cv/L%C3%A9a%20Orval.pdf?token=1 HTTP/1.1"


def test_the_connection_goes_to_the_address_that_was_checked(host: Any) -> None:
    """The name is looked up once: a second answer, as in DNS rebinding, has no say."""
    server = host({"/cv": answer(CV)})
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    fetched = get(server.url("/cv", "cv.example"), resolver=lambda *_: next(answers))
    assert fetched.content == CV
    assert f"Host: cv.example:{server.port}" in lines(server.requests[0])
    assert next(answers) == ["169.254.169.254"]


def test_tls_verifies_the_name_and_not_the_address(
    host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificate_for("cv.example", tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    server = host({"/cv": answer(CV)}, certificate)
    known = addresses(cv=["127.0.0.1"], other=["127.0.0.1"])
    assert get(server.url("/cv", "cv.example", "https"), resolver=known).content == CV
    assert code(server.url("/cv", "other.example", "https"), resolver=known) == "tls"
    assert code(server.url("/cv", scheme="https")) == "tls"
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert code(server.url("/cv", "cv.example", "https"), resolver=known) == "tls"
    assert len(server.requests) == 1


def test_neither_cookies_nor_proxies_nor_netrc_are_used(
    host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    first = answer(b"", "Location: /cv2", "Set-Cookie: a=b", status="302 Found")
    server = host({"/cv": first, "/cv2": answer(CV)})
    assert get(server.url("/cv")).content == CV
    sent = "".join(server.requests).lower()
    assert not any(word in sent for word in ("cookie", "authorization", "referer", "proxy"))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://１２７.０.0.1/",
        "http://127。0。0。1/",
        "http://0.0.0.0/",
        "http://localhost/",
        "http://LocalHost/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::10.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fc00::1]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://192.0.2.1/",
        "http://198.18.0.1/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
    ],
)
def test_no_address_that_is_not_public_is_reached_however_it_is_spelled(url: str) -> None:
    assert code(url, allowed_networks=[]) == "private_address"


@pytest.mark.parametrize(
    "found",
    [
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::ffff:192.168.0.1"],
        ["fd00::1"],
        ["192.0.43.8", "127.0.0.1"],
        ["2606:2800:220:1::1", "fe80::1%eth0"],
    ],
)
def test_a_name_that_leads_to_a_private_address_is_refused(found: list[str]) -> None:
    def resolver(host: str, port: int) -> list[str]:
        return found

    assert code("https://cv.example/a", allowed_networks=[], resolver=resolver) == "private_address"


def test_a_network_is_reached_when_it_is_allowed_and_only_that_one(host: Any) -> None:
    server = host({"/cv": answer(CV)})
    mapped = addresses(cv=["::ffff:127.0.0.1"], near=["127.0.0.1", "10.0.0.1"])
    assert get(server.url("/cv"), allowed_networks=["127.0.0.1/32"]).content == CV
    assert code(server.url("/cv"), allowed_networks=["127.0.0.2/32"]) == "private_address"
    assert code(server.url("/cv", "near.example"), resolver=mapped) == "private_address"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ftp://cv.example/a", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://127.0.0.1:6379/_x", "scheme"),
        ("data:text/html,x", "scheme"),
        ("cv.example/a.pdf", "scheme"),
        ("", "scheme"),
        ("http://lea:secret@cv.example/", "credentials"),
        ("http://cv.example@127.0.0.1/", "credentials"),
        ("http:///a", "invalid_url"),
        ("http://cv.example\\@127.0.0.1/", "invalid_url"),
        ("http://cv.example/\r\nHost: x", "invalid_url"),
        ("http://cv.exa\tmple/", "invalid_url"),
        ("http://cv.example:99999/", "invalid_url"),
        ("http://[::1/", "invalid_url"),
        ("http://[nonsense]/", "invalid_url"),
        ("http://%31%32%37.0.0.1/", "invalid_url"),
        ("http://cv example/", "invalid_url"),
        ("http://xn--/", "invalid_url"),
        ("http://" + "a." * 200 + "example/", "invalid_url"),
        ("http://cv.example/" + "a" * 8_000, "invalid_url"),
        ("http://cv.example:6379/", "port"),
        ("https://cv.example:22/", "port"),
        ("http://nowhere.example/", "unknown_host"),
    ],
)
def test_an_address_of_another_sort_is_refused(url: str, expected: str) -> None:
    assert code(url, resolver=addresses(cv=["192.0.43.8"])) == expected


@pytest.mark.parametrize("status", ["301 a", "302 a", "303 a", "307 a", "308 a"])
def test_a_redirect_is_followed_and_the_last_address_is_told(host: Any, status: str) -> None:
    server = host({"/a": redirect("b/cv.pdf?x=1", status), "/b/cv.pdf": answer(CV)})
    fetched = get(server.url("/a"))
    assert (fetched.content, fetched.name) == (CV, "cv.pdf")
    assert fetched.url == server.url("/b/cv.pdf?x=1")


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("http://169.254.169.254/latest/", "private_address"),
        ("//10.0.0.1/", "private_address"),
        ("http://inside.example/", "private_address"),
        ("http://[::ffff:10.0.0.1]/", "private_address"),
        ("file:///etc/passwd", "scheme"),
        ("http://a:b@cv.example/", "credentials"),
        ("http://192.0.43.8:25/", "port"),
        ("http://[", "not_understood"),
        ("/a", "redirects"),
    ],
)
def test_each_redirect_is_checked_like_the_first_address(host: Any, to: str, expected: str) -> None:
    server = host({"/a": redirect(to)})
    known = addresses(cv=["127.0.0.1"], inside=["192.168.0.1"])

    def resolver(name: str, port: int) -> list[str]:
        return known(name, port) if name.endswith(".example") else egress.resolve(name, port)

    assert code(server.url("/a", "cv.example"), resolver=resolver) == expected


def test_redirects_end_after_three(host: Any) -> None:
    replies = {f"/{n}": redirect(f"/{n + 1}") for n in range(4)}
    server = host({**replies, "/4": answer(CV)})
    assert get(server.url("/1")).content == CV
    assert code(server.url("/0")) == "redirects"
    assert code(server.url("/3"), max_redirects=0) == "redirects"


def test_what_is_larger_than_allowed_is_not_read_to_its_end(host: Any) -> None:
    server = host(
        {
            "/told": HEAD + b"Content-Length: 1000001\r\n\r\n",
            "/endless": repeating(bytes(65_536), first=HEAD + b"\r\n"),
            "/chunked": repeating(
                b"10000\r\n" + bytes(65_536) + b"\r\n",
                first=HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
            ),
            "/bomb": answer(gzip.compress(bytes(50_000_000)), "Content-Encoding: gzip"),
            "/after": repeating(
                bytes(65_536), first=HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(CV)
            ),
            "/just": answer(bytes(1_000_000)),
        }
    )
    for path in ("/told", "/endless", "/chunked", "/bomb", "/after"):
        assert code(server.url(path)) == "too_large", path
    assert len(get(server.url("/just")).content) == 1_000_000


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(CV)),
        ("deflate", zlib.compress(CV)),
        ("identity", CV),
        ("x-gzip", gzip.compress(CV)),
    ],
)
def test_a_packed_answer_is_unpacked(host: Any, coding: str, packed: bytes) -> None:
    server = host({"/cv": answer(packed, f"Content-Encoding: {coding}")})
    assert get(server.url("/cv")).content == CV
    assert "Accept-Encoding: identity" in lines(server.requests[0])


@pytest.mark.parametrize(
    "reply",
    [
        repeating(b"a", first=HEAD + b"Content-Length: 100000\r\n\r\n", pause=0.01),
        repeating(b"a", first=HEAD + b"\r\n", pause=0.01),
        repeating(b"X: y\r\n", first=HEAD, pause=0.05),
        repeating(b"a", first=b"HTTP/1.1 200 O", pause=0.01),
        repeating(b"HTTP/1.1 100 Continue\r\n\r\n", first=b"", pause=0.01),
        repeating(b"", first=b"", pause=0.01),
    ],
    ids=["body", "body without a length", "headers", "status", "continue", "silence"],
)
def test_a_host_that_drips_or_keeps_silent_is_left_at_the_deadline(host: Any, reply: Reply) -> None:
    server = host({"/cv": reply})
    assert code(server.url("/cv"), deadline=0.4, max_bytes=10**9) == "timeout"


def test_a_look_up_that_does_not_end_is_left_at_the_deadline() -> None:
    never = threading.Event()

    def resolver(host: str, port: int) -> list[str]:
        never.wait(30)
        return []

    assert code("http://cv.example/", deadline=0.2, resolver=resolver) == "timeout"
    never.set()


def test_redirects_share_one_deadline(host: Any) -> None:
    pauses = itertools.count()

    def slowly(sock: Any, stopping: threading.Event) -> None:
        next(pauses)
        stopping.wait(0.2)
        sock.sendall(redirect("/a"))

    server = host({"/a": slowly})
    assert code(server.url("/a"), deadline=0.5, max_redirects=100) == "timeout"
    assert next(pauses) <= 4


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (HEAD + b"Content-Length: 100\r\n\r\nshort", "cut_short"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", "cut_short"),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(CV)[:-9], "cut_short"),
        (b"", "cut_short"),
        (HEAD + b"Content-Encoding: gzip\r\n\r\nno gzip", "not_understood"),
        (HEAD + b"Content-Encoding: br\r\n\r\nx", "not_understood"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not_understood"),
        (HEAD + b"X: " + b"a" * 70_000 + b"\r\n\r\n", "not_understood"),
        (HEAD + b"X: a\r\n" * 200 + b"\r\n", "not_understood"),
        (answer(status="404 Not Found"), "status"),
        (answer(status="401 Unauthorized"), "status"),
        (answer(status="302 Found"), "status"),
        (answer(status="204 No Content"), "status"),
        (answer(status="500 Oops"), "status"),
    ],
)
def test_an_answer_that_is_no_file_is_told_apart(host: Any, reply: bytes, expected: str) -> None:
    assert code(host({"/cv": reply}).url("/cv")) == expected


def test_a_host_that_takes_no_connection_is_unreachable_and_the_next_address_is_tried(
    host: Any,
) -> None:
    server = host({"/cv": answer(CV)})
    url = server.url("/cv", "cv.example")
    both = [*LOOPBACK, "::1/128"]  # the host listens on one of them only
    known = addresses(cv=["::1", "127.0.0.1"])
    assert get(url, allowed_networks=both, resolver=known).content == CV
    known = addresses(cv=["::1"])
    assert code(url, allowed_networks=both, resolver=known) == "unreachable"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="cv lea.pdf"', "cv lea.pdf"),
        ("attachment; filename=cv.pdf; size=3", "cv.pdf"),
        ("inline; filename=\"a.pdf\"; filename*=UTF-8''L%C3%A9a.pdf", "Léa.pdf"),
        ("attachment; filename*=iso-8859-1'fr'L%E9a.pdf", "Léa.pdf"),
        ('attachment; filename="a\\"b.pdf"', 'a"b.pdf'),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\cv.pdf"', "cv.pdf"),
        ("attachment", "download"),
        ('attachment; filename="' + "a" * 2_000, "download"),
    ],
)
def test_the_name_comes_from_the_header_else_from_the_path(
    host: Any, disposition: str, name: str
) -> None:
    server = host({"/x/download": answer(CV, f"Content-Disposition: {disposition}")})
    assert get(server.url("/x/download?id=3")).name == name


def test_a_message_names_the_host_and_nothing_secret(host: Any) -> None:
    server = host({"/cv": answer(status="403 Forbidden")})
    with pytest.raises(EgressError) as error:
        get(server.url("/cv?signature=s3cret"))
    assert error.value.message == (
        "127.0.0.1 does not hand out the file (status 403). "
        "Check that the address works without logging in, or attach the file itself."
    )
    assert "s3cret" not in str(error.value)
