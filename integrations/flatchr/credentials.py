"""The live check of the credentials a customer entered: API key, company key and slug."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.messages import Message


class CheckText:
    """The messages of a check. A request that failed has that of its `FlatchrError` instead."""

    KEY_ACCEPTED = Message("key_accepted")
    KEY_REFUSED = Message("not_checked_key_refused")
    COMPANY_CONFIRMED = Message("key_of_this_company")
    NO_STAGES = Message("stages_answer_unexpected")
    NO_JOBS = Message("career_site_answer_unexpected")
    SLUG_CONFIRMED = Message("career_site_of_this_company")
    SLUG_OF_ANOTHER = Message("career_site_of_another_company")
    SLUG_WITHOUT_JOBS = Message("career_site_without_jobs")
    SLUG_WITHOUT_COMPANY = Message("career_site_company_unconfirmed")


@dataclass(frozen=True, slots=True)
class Check:
    """The result for one input, with a message for the user. `ok` is None if it was not checked."""

    name: Literal["key", "company", "slug"]
    ok: bool | None
    message: Message


def check_connection(client: FlatchrClient) -> list[Check]:
    """Check key, company and slug, in this order, with two reads. Never raises FlatchrError."""
    return list(checks_of(client))


def checks_of(client: FlatchrClient) -> Iterator[Check]:
    """As `check_connection`, but yields each result as soon as it is known.

    The columns of the company need the API key and the company key (`docs/flatchr-api.md §12`),
    the public feed needs the slug only (§4).
    """
    key, company = _check_key_and_company(client)
    yield key
    yield company
    yield _check_slug(client, company.ok is True)


def _check_key_and_company(client: FlatchrClient) -> tuple[Check, Check]:
    try:
        columns = client.get("/company/{company}/columns")
    except FlatchrError as error:
        if error.kind in {ErrorKind.WRONG_KEY, ErrorKind.EXPIRED_KEY}:
            refused = Check("key", False, error.message)
            return refused, Check("company", None, CheckText.KEY_REFUSED)
        if error.kind is ErrorKind.WRONG_COMPANY:
            accepted = Check("key", True, CheckText.KEY_ACCEPTED)
            return accepted, Check("company", False, error.message)
        return Check("key", None, error.message), Check("company", None, error.message)
    if not isinstance(columns, list):
        unexpected = CheckText.NO_STAGES
        return Check("key", None, unexpected), Check("company", None, unexpected)
    return (
        Check("key", True, CheckText.KEY_ACCEPTED),
        Check("company", True, CheckText.COMPANY_CONFIRMED),
    )


def _check_slug(client: FlatchrClient, company_is_known: bool) -> Check:
    try:
        feed = client.get("/company/{slug}.json", host="careers")
    except FlatchrError as error:
        return Check("slug", False if error.kind is ErrorKind.UNKNOWN_SLUG else None, error.message)
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        return Check("slug", None, CheckText.NO_JOBS)
    companies = _companies(feed["items"])
    if company_is_known and client.credentials.company_key in companies:
        return Check("slug", True, CheckText.SLUG_CONFIRMED)
    if company_is_known and companies:
        return Check("slug", False, CheckText.SLUG_OF_ANOTHER)
    reason = CheckText.SLUG_WITHOUT_JOBS if company_is_known else CheckText.SLUG_WITHOUT_COMPANY
    return Check("slug", True, reason)


def _companies(items: list[Any]) -> set[str]:
    """The encoded ids of the companies whose jobs the feed shows; `vacancy` can be null (§4)."""
    found: set[str] = set()
    for item in items:
        vacancy = item.get("vacancy") if isinstance(item, dict) else None
        company = vacancy.get("company") if isinstance(vacancy, dict) else None
        key = company.get("id") if isinstance(company, dict) else None
        if isinstance(key, str):
            found.add(key)
    return found
