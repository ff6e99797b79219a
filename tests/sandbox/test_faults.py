"""The sandbox misbehaves when told to, and stops when told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import requests

from integrations.sandbox import Sandbox
from tests.sandbox.calls import Caller, Clock, delete, get, post, problem

SEARCH = "~/search/applicants"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(vacancies=3, applicants=300, clock=Clock()) as running:
        yield running


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


def test_a_status_is_answered_so_many_times_after_so_many_requests(
    sandbox: Sandbox, caller: Caller
) -> None:
    sandbox.faults.add(method="GET", path="/columns$", status=503, after=1, times=2,
                       headers={"Retry-After": "7"}, content={"message": "Plus tard"})  # fmt: skip
    answers = [caller.call("GET", "~/columns") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 503, 503, 200]
    assert answers[1].headers["Retry-After"] == "7"
    assert answers[1].json() == {"message": "Plus tard"}
    assert [one.status for one in sandbox.requests] == [200, 503, 503, 200]
    assert caller.call("GET", "~/tags").status_code == 200


def test_a_fault_may_look_at_the_body(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.faults.add(path="search/applicants", body={"status": 0}, status=400)
    assert caller.call("POST", SEARCH, json={"status": 0, "hired": True}).status_code == 400
    assert caller.call("POST", SEARCH, json={}).status_code == 200
    assert caller.call("POST", SEARCH, data=b"{").status_code == 400
    sandbox.faults.clear()
    assert caller.call("POST", SEARCH, json={"status": 0}).status_code == 200


def test_a_body_is_cut_in_the_middle(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.faults.add(path="search", cut=70_000, times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.call("POST", SEARCH, json={})
    sandbox.faults.add(path="columns", cut=20, times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.call("GET", "~/columns")
    assert len(caller.search()) == 300


def test_a_reset_comes_before_the_effect_and_a_lost_answer_after(
    sandbox: Sandbox, caller: Caller
) -> None:
    row = caller.search()[0]
    path = caller.path_of(row)
    sandbox.faults.add(method="DELETE", reset=True, times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        caller.call("DELETE", path)
    assert len(caller.search()) == 300
    sandbox.faults.clear()
    sandbox.faults.add(method="DELETE", cut=0, times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        caller.call("DELETE", path)
    assert len(caller.search()) == 299
    sandbox.faults.clear()
    sandbox.faults.add(method="PUT", status=502, handled=True, times=1)
    second = caller.search()[0]
    assert caller.call("PUT", caller.path_of(second), json={}).status_code == 502
    assert caller.search()[0]["updated_at"] == "14/09/26"


def test_what_should_be_an_array_is_something_else(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.faults.add(path="search", html=True, times=1)
    answer = caller.call("POST", SEARCH, json={})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    sandbox.faults.clear()
    sandbox.faults.add(path="search", wrong_shape=True, times=1)
    assert isinstance(caller.call("POST", SEARCH, json={}).json(), dict)
    sandbox.faults.clear()
    sandbox.faults.add(path="search", invalid_json=True, times=1)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        caller.call("POST", SEARCH, json={}).json()


def test_a_delay_makes_the_client_wait(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.faults.add(path="search", delay=30, times=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        caller.session.post(
            f"{sandbox.url}/company/{sandbox.company_key}/search/applicants",
            json={},
            timeout=(5, 0.05),
        )


def test_a_slow_body_still_arrives_whole(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.faults.add(slow=0.001)
    assert len(caller.search()) == 300
    assert len(caller.get("~/columns")) == 8


def test_a_rate_limit_refuses_what_is_too_much(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.faults.add(path="columns", rate=1)
    answers = [caller.call("GET", "~/columns") for _ in range(20)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].headers["Retry-After"] == "1"


def test_a_fault_must_do_something(sandbox: Sandbox) -> None:
    for fields in ({}, {"path": "("}, {"nonsense": 1}):
        with pytest.raises((TypeError, ValueError)):
            sandbox.faults.add(**fields)


def test_faults_are_set_from_outside(sandbox: Sandbox, caller: Caller) -> None:
    url = f"{sandbox.url}/_sandbox/faults"
    assert post(url, json={"path": "tags", "status": 500}).status_code == 201
    assert get(url).json()[0]["path"] == "tags"
    assert caller.call("GET", "~/tags").status_code == 500
    for wrong in ({"path": "tags"}, {"nonsense": 1}, {"path": "(", "status": 500}):
        assert problem(post(url, json=wrong))[0] == 400
    assert delete(url).json() == []
    assert caller.call("GET", "~/tags").status_code == 200


def test_the_sandbox_says_what_it_is_and_what_it_received(sandbox: Sandbox, caller: Caller) -> None:
    caller.get("~/tags")
    assert get(f"{sandbox.url}/_sandbox/about").json() == {
        "url": sandbox.url,
        "company_key": sandbox.company_key,
        "slug": sandbox.slug,
        "api_key": sandbox.api_key,
    }
    received = get(f"{sandbox.url}/_sandbox/requests").json()
    assert received["counters"] == {"GET /company/{company}/tags": 1}
    assert received["requests"][0]["headers"]["Authorization"].startswith("***")


def test_stopping_does_not_wait_for_idle_or_slow_clients() -> None:
    sandbox = Sandbox(vacancies=3, applicants=300, clock=Clock()).start()
    idle, slow = Caller(sandbox), Caller(sandbox)
    idle.get("~/columns")
    sandbox.faults.add(path="search", delay=60)
    failures: list[Exception] = []

    def wait() -> None:
        try:
            slow.search()
        except (requests.exceptions.RequestException, AssertionError) as error:
            failures.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    sandbox.stop()
    waiting.join(timeout=20)
    assert not waiting.is_alive()
    with pytest.raises(requests.exceptions.ConnectionError):
        idle.get("~/columns")
