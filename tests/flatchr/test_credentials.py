from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.configuration import Credentials, Endpoints, Policy, key_expiry
from integrations.flatchr.credentials import check_connection
from integrations.sandbox import Sandbox
from tests.flatchr.scripted_server import COMPANY, FakeClock, answer, reply, scene

Verdicts = dict[str, bool | None]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(vacancies=3, applicants=5) as running:
        yield running


def check(sandbox: Sandbox, **changes: str) -> tuple[Verdicts, dict[str, str]]:
    credentials = Credentials(sandbox.api_key, sandbox.company_key, sandbox.slug)
    with FlatchrClient(
        Endpoints(sandbox.url, sandbox.url),
        dataclasses.replace(credentials, **changes),
        clock=FakeClock(),
    ) as client:
        checks = check_connection(client)
    assert [one.name for one in checks] == ["key", "company", "slug"]
    return {one.name: one.ok for one in checks}, {one.name: one.message for one in checks}


def test_what_was_entered_right_passes(sandbox: Sandbox) -> None:
    verdicts, messages = check(sandbox)

    assert verdicts == {"key": True, "company": True, "slug": True}
    assert messages["slug"] == "The career site belongs to this company."


def test_a_wrong_key_leaves_the_company_unchecked(sandbox: Sandbox) -> None:
    verdicts, messages = check(sandbox, api_key="wrong")

    assert verdicts == {"key": False, "company": None, "slug": True}
    assert messages["company"] == "Not checked: the key was refused."
    assert "Settings > Advanced > API" in messages["key"]


def test_a_wrong_company_is_named_as_such(sandbox: Sandbox) -> None:
    verdicts, messages = check(sandbox, company_key="Aa1Bb2Cc3Dd4Ee5F")

    assert verdicts == {"key": True, "company": False, "slug": True}
    assert "the company key is not confirmed" in messages["slug"]


def test_a_wrong_slug_is_named_as_such(sandbox: Sandbox) -> None:
    verdicts, messages = check(sandbox, slug="nobody-here")

    assert verdicts == {"key": True, "company": True, "slug": False}
    assert "career site" in messages["slug"]


def test_the_sandbox_key_says_when_it_expires(sandbox: Sandbox) -> None:
    assert key_expiry(sandbox.api_key) is not None


def verdicts_of(*replies: Any) -> tuple[Verdicts, str]:
    with scene(*replies, policy=Policy(attempts=1)) as s:
        checks = check_connection(s.client)
    return {one.name: one.ok for one in checks}, checks[2].message


def feed(*companies: Any) -> Any:
    return answer({"items": [{"vacancy": {"company": company}} for company in companies]})


def test_a_feed_of_another_company_is_a_wrong_slug() -> None:
    verdicts, message = verdicts_of(answer([]), feed({"id": "Other"}))

    assert verdicts == {"key": True, "company": True, "slug": False}
    assert "another company" in message


def test_one_job_of_this_company_among_affiliated_ones_is_enough() -> None:
    verdicts, _ = verdicts_of(answer([]), feed({"id": "Other"}, {"id": COMPANY}))

    assert verdicts["slug"] is True


@pytest.mark.parametrize(
    "items",
    [[], [{"vacancy": None}], [None], [{"vacancy": {"company": None}}], [{"vacancy": {"id": 7}}]],
)
def test_a_feed_that_names_no_company_is_accepted_with_a_word(items: list[Any]) -> None:
    verdicts, message = verdicts_of(answer([]), answer({"items": items}))

    assert verdicts["slug"] is True
    assert "could not be verified" in message


@pytest.mark.parametrize(
    "odd", [reply("<html>challenge</html>", 403), reply("<html>"), answer([]), answer({"items": 1})]
)
def test_a_career_site_that_does_not_answer_properly_is_left_unchecked(odd: Any) -> None:
    verdicts, _ = verdicts_of(answer([]), odd)

    assert verdicts == {"key": True, "company": True, "slug": None}


@pytest.mark.parametrize("odd", [answer({}, 500), reply("<html>"), answer({"columns": []})])
def test_an_api_that_does_not_answer_properly_leaves_key_and_company_unchecked(odd: Any) -> None:
    verdicts, _ = verdicts_of(odd, feed({"id": "Other"}))

    assert verdicts == {"key": None, "company": None, "slug": True}
