"""Paths of others: what may leave, and what would have led to another host or path."""

from __future__ import annotations

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from integrations.flatchr.request_guard import (
    UnsafeRequest,
    checked_headers,
    checked_params,
    checked_path,
    is_below,
)

BASE = "https://api.flatchr.example"


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("company/Zx4T/columns", "/company/Zx4T/columns"),
        ("/company/Zx4T/columns", "/company/Zx4T/columns"),
        ("/company/Zx4T/vacancies?fields=items&offer_id=98", None),
        ("/company/maison%20orval.json", None),
        ("/vacancy/a:b@c", None),
        ("/a/...b/c..d/.e", None),
        ("", "/"),
        ("?a=b", "/?a=b"),
        ("/search?next=https://elsewhere.example/../x", None),
    ],
)
def test_an_ordinary_path_is_taken_as_it_is(path: str, sent: str | None) -> None:
    assert checked_path(path) == (sent or path)


@pytest.mark.parametrize(
    "path",
    [
        "//elsewhere.example/x",
        "///elsewhere.example/x",
        "https://elsewhere.example/x",
        "HTTP://elsewhere.example",
        "https:elsewhere.example",
        "javascript:alert(1)",
        "\\\\elsewhere.example\\x",
        "/\\elsewhere.example/x",
        "/a\\..\\b",
        "/../admin",
        "/a/../b",
        "/a/..",
        "..",
        "./a",
        "/a/./b",
        "/%2e%2e/b",
        "/a/%2E%2e/b",
        "/a/.%2e/b",
        "/a/%252e%252e/b",
        "/a/%25252e%25252e/b",
        "/a/%2525252525252e/b",
        "/a%2f..%2fb",
        "/a%5cb",
        "/a%255cb",
        "/a\r\nHost: elsewhere.example",
        "/a\nb",
        "/a%0d%0ab",
        "/a%00b",
        "/a\x00b",
        "/a%01b",
        "/a b",
        "/a\tb",
        "/a//b",
        "/a#b",
        "/a%zz",
        "/a?b=c d",
        "/a?b=c\r\nd",
        "/a?token=other",
        "/a?TOKEN=other",
        "/a?x=1&api_key=other",
        "/a?%74oken=other",
        "/" + "a" * 5_000,
    ],
)
def test_a_path_that_could_lead_elsewhere_or_sign_in_is_refused(path: str) -> None:
    with pytest.raises(UnsafeRequest):
        checked_path(path)


@pytest.mark.parametrize("host", ["@elsewhere.example", ".elsewhere.example", ":8443/x"])
def test_a_path_cannot_grow_the_hosts_name(host: str) -> None:
    url = requests.Request("GET", BASE + checked_path(host)).prepare().url
    assert is_below(BASE, str(url))


@given(st.text(alphabet=st.sampled_from("/\\.%2eEfF5cC@:?#a0\r\n \u3002\uff0f\u2024"), max_size=14))
def test_whatever_is_let_through_stays_on_the_host(path: str) -> None:
    try:
        sent = checked_path(path)
    except UnsafeRequest:
        return
    url = str(requests.Request("GET", BASE + sent).prepare().url)
    assert is_below(BASE, url), url


def test_another_host_or_path_is_noticed() -> None:
    assert is_below(f"{BASE}/base", f"{BASE}/base/a?b=c")
    for url in (
        "https://elsewhere.example/a",
        "http://api.flatchr.example/a",
        "https://api.flatchr.example:8443/a",
        "https://api.flatchr.example@elsewhere.example/a",
        f"{BASE}/a",
        f"{BASE}/base/../a",
    ):
        assert not is_below(f"{BASE}/base", url), url


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "authorization",
        "HOST",
        "Cookie",
        "Connection",
        "Keep-Alive",
        "Transfer-Encoding",
        "TE",
        "Trailer",
        "Upgrade",
        "Proxy-Authorization",
        "Content-Length",
        "X-Forwarded-Host",
        "Accept-Encoding",
        "X-HTTP-Method-Override",
        "x_http_method_override",
        "X-Method",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Forwarded",
        "X_Forwarded_For",
        "Content_Length",
        "transfer_encoding",
        "X-Real-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Envoy-Original-Path",
        "X-Accel-Redirect",
        "Bad Name",
        "Bad\r\nName",
        "",
    ],
)
def test_headers_that_are_not_others_to_set_are_refused(name: str) -> None:
    with pytest.raises(UnsafeRequest):
        checked_headers({name: "x"})


@pytest.mark.parametrize("value", ["a\r\nHost: elsewhere.example", "a\nb", "a\x00", "é"])
def test_a_header_cannot_hold_another(value: str) -> None:
    with pytest.raises(UnsafeRequest):
        checked_headers({"X-Trace": value})


def test_other_headers_and_params_are_taken() -> None:
    assert checked_headers({"X-Trace": "1", "Accept": "*/*"}) == {"X-Trace": "1", "Accept": "*/*"}
    assert checked_params({"fields": "items"}) == {"fields": "items"}
    with pytest.raises(UnsafeRequest):
        checked_params({"Token": "x"})
