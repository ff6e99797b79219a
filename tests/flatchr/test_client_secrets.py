from __future__ import annotations

import base64
import json
import logging
import traceback
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from integrations.flatchr.configuration import Policy, key_expiry
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.exchange_log import HEAD, Masker
from tests.flatchr.scripted_server import (
    KEY,
    Reply,
    ScriptedServer,
    answer,
    promised,
    reply,
    reset,
    scene,
)

COLUMNS = "/company/{company}/columns"
ECHO = json.dumps({"authorization": f"Bearer {KEY}", "url": f"/x?token={quote(KEY, safe='')}"})


def jwt(**claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{payload}.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "fault",
    [
        reply(ECHO, 401, X_Echo=f"Bearer {KEY}", Set_Cookie="session=abc"),
        reply(ECHO, 302, Location=f"http://elsewhere.invalid/?token={KEY}"),
        reply(f"<html>{KEY}</html>"),
        promised(ECHO, 10_000),
        reset(),
        answer({}, 503),
    ],
    ids=["401", "redirect", "page", "cut", "reset", "503"],
)
def test_the_key_is_nowhere_to_be_seen(fault: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with scene(fault, policy=Policy(attempts=2)) as s, pytest.raises(FlatchrError) as caught:
        s.client.get(COLUMNS, params={"token": KEY})

    error: BaseException | None = caught.value
    shown = [repr(s.seen.exchanges), repr(s.client), repr(s.client.credentials)]
    while error is not None:
        shown += [repr(error), str(error), repr(vars(error)), *traceback.format_exception(error)]
        error = error.__cause__ or error.__context__
    for text in shown:
        assert KEY not in text
        assert quote(KEY, safe="") not in text
        assert "session=abc" not in text
    [exchange, *_] = s.seen.ended
    assert exchange.request_headers["Authorization"] == "***"
    assert exchange.path.endswith("?token=***")


def test_the_logs_of_the_libraries_below_do_not_show_the_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with scene(answer([])) as s:
        s.client.get(COLUMNS)

    assert "urllib3" in {record.name.split(".")[0] for record in caplog.records}
    assert KEY not in caplog.text


def test_the_key_does_not_travel_with_a_redirect() -> None:
    with (
        ScriptedServer(answer([])) as elsewhere,
        scene(reply("", 307, Location=f"{elsewhere.url}/company")) as s,
        pytest.raises(FlatchrError) as caught,
    ):
        s.client.get(COLUMNS)

    assert caught.value.kind is ErrorKind.NOT_UNDERSTOOD
    assert elsewhere.requests == []


@pytest.mark.parametrize("key", ["clé", "a\r\nX-Evil: 1", "“quoted”", "tab\there", "nul\x00"])
def test_a_key_that_no_header_can_carry_is_wrong_without_asking(key: str) -> None:
    with scene(answer([]), key=key) as s, pytest.raises(FlatchrError) as caught:
        s.client.get(COLUMNS)

    assert caught.value.kind is ErrorKind.WRONG_KEY
    assert key not in repr(caught.value)
    assert s.server.requests == []


@pytest.mark.parametrize(
    ("expiry", "kind"),
    [
        (datetime(2025, 3, 14, 12, 0, tzinfo=UTC), ErrorKind.EXPIRED_KEY),
        (datetime(2025, 3, 14, 12, 1, tzinfo=UTC), ErrorKind.WRONG_KEY),
    ],
)
def test_a_refused_key_is_expired_when_it_says_so_itself(expiry: datetime, kind: ErrorKind) -> None:
    with (
        scene(answer({}, 401), key=jwt(id=7, exp=int(expiry.timestamp()))) as s,
        pytest.raises(FlatchrError) as caught,
    ):
        s.client.get(COLUMNS)

    assert caught.value.kind is kind


def test_an_expired_key_is_still_tried_because_the_clock_here_may_be_wrong() -> None:
    with scene(answer([]), key=jwt(exp=0)) as s:
        assert s.client.get(COLUMNS) == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "bm90IGEgand0",
        "a.b.c",
        "a.!!.c",
        "a.é.c",
        jwt(),
        jwt(exp=None),
        jwt(exp="2025"),
        jwt(exp=1e300),
        jwt(exp=-(10**30)),
        "a." + base64.urlsafe_b64encode(b"[1]").decode() + ".c",
        "a." + base64.urlsafe_b64encode(b"\xff\xfe").decode() + ".c",
    ],
)
def test_a_key_that_says_nothing_of_its_expiry_has_none(key: str) -> None:
    assert key_expiry(key) is None


def test_a_key_says_when_it_expires() -> None:
    assert key_expiry(jwt(iat=0, exp=1_772_323_200)) == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"x {KEY} y", "x *** y"),
        ("/a?token=abc&b=1", "/a?token=***&b=1"),
        ("/a?b=1&api_key=abc", "/a?b=1&api_key=***"),
        ('{"token": "ab\\"c", "b": 1}', '{"token": "***", "b": 1}'),
        ('{"api_key":"abc', '{"api_key":"***'),
        ('{"token_vyte": "abc", "b": 1}', '{"token_vyte": "***", "b": 1}'),
        ('{"my_token": "abc"}', '{"my_token": "***"}'),
        ('{"Password" : 123, "b": 1}', '{"Password" : "***", "b": 1}'),
        ('{"secret": null, "tokens": "3", "b": 1}', '{"secret": null, "tokens": "3", "b": 1}'),
        ("/a?user%5Bpassword%5D=abc&c=1", "/a?user%5Bpassword%5D=***&c=1"),
        ("password=abc&client_secret=d", "password=***&client_secret=***"),
        (KEY.replace("/", "\\/"), "***"),
    ],
)
def test_every_spelling_of_a_secret_is_masked(text: str, masked: str) -> None:
    assert Masker(KEY).text(text) == masked


def test_an_empty_key_masks_nothing() -> None:
    assert Masker("").text("plain") == "plain"


@pytest.mark.parametrize("gap", range(-len(KEY) - 1, 2))
def test_a_head_never_ends_inside_a_secret(gap: int) -> None:
    masker = Masker(KEY)

    head = masker.head("x" * (HEAD + gap) + KEY + "tail")

    assert head.lstrip("x") in {"", "***", "***t"}
    assert masker.head(f"{KEY} " * 1_000).replace("***", "").strip() == ""
