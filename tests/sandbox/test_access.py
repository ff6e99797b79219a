"""Who may call the sandbox, and how refusals look."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from integrations.sandbox import Sandbox
from tests.sandbox.calls import Caller, Clock, delete, get, post, problem


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(vacancies=4, applicants=20, clock=Clock()) as running:
        yield running


@pytest.fixture
def columns(sandbox: Sandbox) -> str:
    return f"{sandbox.url}/company/{sandbox.company_key}/columns"


def claims(token: str) -> dict[str, object]:
    part = token.split(".")[1]
    decoded: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def test_a_key_is_a_token_that_lives_365_days(sandbox: Sandbox) -> None:
    found = claims(sandbox.api_key)
    assert set(found) == {"id", "iat", "exp"}
    assert int(str(found["exp"])) - int(str(found["iat"])) == 31_536_000


def test_a_key_is_accepted_as_bearer_token_and_api_key(sandbox: Sandbox, columns: str) -> None:
    key = sandbox.api_key
    assert get(columns, headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert get(columns, params={"token": key}).status_code == 200
    assert get(columns, params={"api_key": key}).status_code == 200


def test_a_key_without_bearer_is_accepted_for_hooks_only(sandbox: Sandbox, columns: str) -> None:
    raw = {"authorization": sandbox.api_key}
    assert get(columns, headers=raw).status_code == 401
    hook = f"{sandbox.url}/company/{sandbox.company_key}/hook"
    body = {"app_id": 9, "url": "https://ici.example", "event": "new_vacancy"}
    made = post(hook, json=body, headers=raw)
    assert made.status_code == 200
    assert delete(f"{hook}/{made.json()['id']}", headers=raw).status_code == 200
    assert problem(delete(f"{hook}/{made.json()['id']}", headers=raw))[0] == 404


@pytest.mark.parametrize("key", ["", "nonsense", "a.b.c", "é.ü.ö"])
def test_a_wrong_key_is_refused(columns: str, key: str) -> None:
    assert problem(get(columns, params={"token": key})) == (401, "Invalid token")


def test_an_expired_key_is_refused_and_last_years_last_day_is_not(
    sandbox: Sandbox, columns: str
) -> None:
    now = sandbox.world.now()
    expired = sandbox.issue_key(issued_at=now - 31_536_000)
    valid = sandbox.issue_key(issued_at=now - 31_535_000)
    assert problem(get(columns, params={"token": expired})) == (401, "Invalid token")
    assert get(columns, params={"token": valid}).status_code == 200


def test_a_key_of_another_seed_is_refused(columns: str) -> None:
    with Sandbox(vacancies=1, applicants=1, seed=2, clock=Clock()) as other:
        assert get(columns, params={"token": other.api_key}).status_code == 401


def test_a_foreign_company_is_refused(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    for key in (sandbox.world.other.key, "Zx4TqB7nWk2LpR9m"):
        assert problem(caller.call("GET", f"/company/{key}/columns"))[0] == 403
    assert problem(caller.call("POST", "~/search/applicants", json={"company": "x"}))[0] == 403


def test_unknown_routes_and_ids_are_not_found(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    for path in ("/nothing", "/vacancy/T9wKx3MbQz5LnR1p", "~/applicant/T9wKx3MbQz5LnR1p/traits",
                 "~/applicant/x", "/channels/4/metiers", "/channels/x/metiers"):  # fmt: skip
        assert problem(caller.call("GET", path))[0] == 404, path
    assert problem(caller.call("PUT", "~/task/T9wKx3MbQz5LnR1p", json={"done": True}))[0] == 404


def test_a_body_that_is_not_an_object_is_refused(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    for body in (b"{column_id:1313}", b"[]", b"\xff\xfe"):
        assert problem(caller.call("POST", "~/search/applicants", data=body))[0] == 400


def test_login_gives_a_user_token(sandbox: Sandbox) -> None:
    login = f"{sandbox.url}/user/login"
    right = {"email": sandbox.user_email, "password": sandbox.user_password}
    answer = post(login, json=right)
    assert answer.json()["statusCode"] == 200
    found = claims(answer.json()["token"])
    assert found["email"] == sandbox.user_email
    assert problem(post(login, json=right | {"password": "x"}))[0] == 401
    assert problem(post(login, json={"email": "x"}))[0] == 400


def test_comments_and_messages_need_a_user_token(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    path = f"~/applicant/{caller.search()[0]['applicant']}"
    assert problem(caller.call("POST", f"{path}/comment", json={"type": "note"}))[0] == 403
    assert problem(caller.call("POST", f"{path}/message", json={"html": "x"}))[0] == 403


def test_doubled_and_trailing_slashes_do_not_matter(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    assert caller.call("GET", "/~/columns/").status_code == 200


def test_requests_are_kept_with_their_secrets_masked(sandbox: Sandbox, columns: str) -> None:
    sandbox.requests.clear()
    key = sandbox.api_key
    get(columns, params={"token": key}, headers={"Authorization": f"Bearer {key}"})
    body = {"email": "a@example.org", "password": "secret-word", "token": key}
    post(f"{sandbox.url}/user/login", json=body)
    assert [one.status for one in sandbox.requests] == [200, 401]
    assert key not in str(list(sandbox.requests))
    assert "secret-word" not in str(list(sandbox.requests))
    assert sandbox.requests.counters["GET /company/{company}/columns"] == 1
    assert len(sandbox.requests.matching("POST", "login$")) == 1
