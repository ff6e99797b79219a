"""The passthrough: requests without an answer, and which of them may be sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kombo import Kombo

from integrations.models import HttpExchange, Integration, PassthroughCall
from integrations.passthrough import sending
from integrations.sandbox import Sandbox
from tests.api.conftest import MakeKey
from tests.api.passthrough.passing import refused, told
from tests.flatchr.scripted_server import ScriptedServer, reply, reset, stall

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def test_an_answer_that_is_too_large_is_not_read_to_its_end(
    behind: Callable[..., Kombo], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MAX_ANSWER", 10_000)
    with ScriptedServer(reply(b"x" * 20_000)) as server:
        error = refused(behind(server), "/big")
    assert told(error) == (None, 424)
    assert "larger" in error.data.error.message


@pytest.mark.parametrize("fault", [{"reset": True, "handled": True}, {"cut": 0}])
def test_what_may_have_been_done_is_not_done_again_under_its_idempotency_key(
    fault: dict[str, Any], kombo: Kombo, sandbox: Sandbox
) -> None:
    path = f"/company/{sandbox.company_key}/search/applicants"
    sandbox.faults.add(path="/search/applicants$", **fault)
    for _ in range(2):
        headers = {"Idempotency-Key": "a1b2-c3d4"}
        error = refused(kombo, path, "POST", data={}, http_headers=headers)
        assert told(error) == ("PLATFORM.TASK_TIMED_OUT", 424)
    assert HttpExchange.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "code", "status"),
    [
        ("GET", None, 503),
        ("POST", "PLATFORM.TASK_TIMED_OUT", 424),
        ("DELETE", "PLATFORM.TASK_TIMED_OUT", 424),
    ],
)
def test_an_answer_that_was_lost_is_repeated_by_no_client_unless_it_was_a_read(
    method: str, code: str | None, status: int, behind: Callable[..., Kombo]
) -> None:
    with ScriptedServer(reset()) as server:
        data = {} if method == "DELETE" else {"data": {"a": 1}}
        error = refused(behind(server), "/x", method, **data)
        assert len(server.requests) == 1
    assert told(error) == (code, status)


def test_a_write_that_never_left_may_be_repeated(
    sdk: Callable[..., Kombo], make_key: MakeKey, tenant: Integration
) -> None:
    kombo = sdk(make_key(tenant, passthrough_methods=["POST"]), tenant)
    assert told(refused(kombo, "/x", "POST", data={"a": 1})) == (None, 503)


def test_patience_has_an_end(behind: Callable[..., Kombo], monkeypatch: pytest.MonkeyPatch) -> None:
    patience = sending.Policy(read_timeout=5, write_deadline=1.0, attempts=1, beat=0.05)
    monkeypatch.setattr(sending, "PATIENCE", patience)
    with ScriptedServer(stall()) as server:
        assert told(refused(behind(server), "/x")) == ("PLATFORM.TASK_TIMED_OUT", 504)
        error = refused(behind(server), "/x", "POST", data={"a": 1})
    assert told(error) == ("PLATFORM.TASK_TIMED_OUT", 424)


def test_a_request_without_an_answer_is_in_the_history_with_the_reason(
    behind: Callable[..., Kombo],
) -> None:
    with ScriptedServer(reset()) as server:
        refused(behind(server), "/x", "DELETE")
    call = PassthroughCall.objects.get()
    assert (call.method, call.status) == ("DELETE", None)
    assert "may have done it or not" in call.error
