from __future__ import annotations

import gzip
import json
import tomllib
from pathlib import Path

import pytest

from integrations.flatchr.client import SEARCH, VERSION, FlatchrClient
from integrations.flatchr.configuration import Credentials, Endpoints
from integrations.flatchr.errors import ErrorKind, FlatchrError
from tests.flatchr.scripted_server import KEY, ScriptedServer, answer, raw, reply, scene

COLUMNS = "/company/{company}/columns"
FEED = "/company/{slug}.json"


def test_a_read_carries_the_key_and_says_who_asks() -> None:
    with scene(answer([{"id": 8810}])) as s:
        assert s.client.get(COLUMNS, params={"lang": "fr"}) == [{"id": 8810}]

    [request] = s.server.requests
    assert (request.method, request.target) == ("GET", "/company/Zx4TqB7nWk2LpR9m/columns?lang=fr")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["user-agent"].startswith("Relais/")
    assert request.headers["accept-encoding"] == "gzip"


def test_the_version_told_to_flatchr_is_that_of_the_project() -> None:
    project = Path(__file__).parents[2] / "pyproject.toml"

    assert tomllib.loads(project.read_text())["project"]["version"] == VERSION


def test_the_public_feed_is_read_without_the_key_and_by_a_client_that_firewalls_let_in() -> None:
    with scene(answer({"items": []})) as s:
        assert s.client.get(FEED, host="careers") == {"items": []}

    [request] = s.server.requests
    assert request.target == "/company/maisonorval.json"
    assert "authorization" not in request.headers
    assert request.headers["user-agent"].startswith("Mozilla/5.0 (compatible; Relais/")


def test_a_stream_yields_each_element_with_its_source() -> None:
    with scene(reply('[{"a": 1.0},\n {"b":"é"}, 3]')) as s:
        elements = list(s.client.stream("POST", SEARCH, json={"hired": "true"}))

    assert elements == [({"a": 1.0}, '{"a": 1.0}'), ({"b": "é"}, '{"b":"é"}'), (3, "3")]
    [request] = s.server.requests
    assert (request.method, request.body) == ("POST", b'{"hired": "true"}')
    assert request.headers["content-type"] == "application/json"


def test_compressed_and_chunked_answers_are_read() -> None:
    packed = gzip.compress(b'[{"a": 1}]')
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked += b'4\r\n[{"a\r\n6\r\n": 1}]\r\n0\r\n\r\n'
    with scene(reply(packed, Content_Encoding="gzip"), raw(chunked)) as s:
        assert s.client.get(COLUMNS) == [{"a": 1}]
        assert list(s.client.stream("GET", COLUMNS)) == [({"a": 1}, '{"a": 1}')]


def test_an_exchange_is_reported_with_its_headers_and_again_at_its_end() -> None:
    with scene(reply('[{"a": 1}]', X_Request_Id="r1")) as s:
        stream = s.client.stream("POST", SEARCH, json={})
        next(stream)
        [begun] = s.seen.exchanges
        list(stream)
        _, ended = s.seen.exchanges

    assert (begun.status, begun.duration) == (200, None)
    assert begun.response_headers["X-Request-Id"] == "r1"
    assert ended.key == begun.key
    assert ended.duration is not None
    assert (ended.method, ended.attempt, ended.error) == ("POST", 1, "")
    assert ended.path == "/company/Zx4TqB7nWk2LpR9m/search/applicants"
    assert f"http://{ended.host}" == s.server.url
    assert (ended.request_body, ended.response_body) == ("{}", '[{"a": 1}]')
    assert ended.bytes_received == 10
    assert ended.started_at == s.clock.now()
    assert ended.request_headers["User-Agent"].startswith("Relais/")


def test_only_the_head_of_a_body_is_kept() -> None:
    rows = [{"name": "é" * 50} for _ in range(500)]
    with scene(reply(json.dumps(rows, ensure_ascii=False))) as s:
        assert len(list(s.client.stream("GET", COLUMNS))) == 500

    [exchange] = s.seen.ended
    assert exchange.response_body == json.dumps(rows, ensure_ascii=False)[:2_000]
    assert exchange.bytes_received == len(json.dumps(rows, ensure_ascii=False).encode())


def test_a_stream_given_up_early_lets_go_of_the_connection_and_says_so() -> None:
    with scene(reply("[" + "1," * 5_000_000 + "1]")) as s:
        stream = s.client.stream("GET", COLUMNS)
        next(stream)
        stream.close()

    [exchange] = s.seen.ended
    assert exchange.error == "stopped"


def test_nothing_that_is_not_a_read_is_sent() -> None:
    with scene(answer([])) as s:
        for method, path in [
            ("POST", "/company/{company}/vacancy"),
            ("PUT", SEARCH),
            ("DELETE", COLUMNS),
            ("POST", f"{SEARCH}/"),
        ]:
            with pytest.raises(ValueError, match="not known to be a read"):
                next(s.client.stream(method, path))

    assert s.server.requests == []


@pytest.mark.parametrize(
    ("company", "target"),
    [
        ("a/../../b", "/company/a%2F..%2F..%2Fb/columns"),
        ("x@evil.example", "/company/x%40evil.example/columns"),
        ("x?token=1#y", "/company/x%3Ftoken%3D1%23y/columns"),
        ("é \r\n", "/company/%C3%A9%20%0D%0A/columns"),
        ("%2e%2e", "/company/%252e%252e/columns"),
    ],
)
def test_a_company_key_stays_one_segment_of_the_path(company: str, target: str) -> None:
    with scene(answer([]), company=company) as s:
        s.client.get(COLUMNS)

    assert [request.target for request in s.server.requests] == [target]


@pytest.mark.parametrize("company", ["", ".", ".."])
def test_a_company_key_that_would_change_the_path_is_unknown_without_asking(company: str) -> None:
    with scene(answer([]), company=company) as s, pytest.raises(FlatchrError) as caught:
        s.client.get(COLUMNS)

    assert caught.value.kind is ErrorKind.WRONG_COMPANY
    assert s.server.requests == []


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("@evil.example/x", "/%40evil.example/x"),
        ("//evil.example/x", "/evil.example/x"),
        (":80@evil.example", "/%3A80%40evil.example"),
        ("x?y=1#z", "/x%3Fy%3D1%23z"),
    ],
)
def test_a_path_never_leaves_the_host(path: str, target: str) -> None:
    with scene(answer([])) as s:
        s.client.get(path)

    assert [request.target for request in s.server.requests] == [target]


def test_a_login_in_netrc_does_not_replace_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else")
    monkeypatch.setenv("NETRC", str(netrc))

    with scene(answer([])) as s:
        s.client.get(COLUMNS)
        s.client.get(FEED, host="careers")

    api, careers = s.server.requests
    assert api.headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in careers.headers


def test_a_proxy_named_by_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(answer([])) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        endpoints = Endpoints("http://api.flatchr.invalid", "http://careers.flatchr.invalid")
        with FlatchrClient(endpoints, Credentials(KEY, "c", "s")) as client:
            assert client.get(COLUMNS) == []

    assert [request.target for request in proxy.requests] == [
        "http://api.flatchr.invalid/company/c/columns"
    ]
