"""The live check of what a customer entered: the API key, the company key and the slug."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.errors import ErrorKind, FlatchrError


class Verdict(StrEnum):
    """What is said of an input where the words of a `FlatchrError` do not say it.

    Whole sentences, so that they can be looked up in a catalogue of translations.
    """

    KEY_ACCEPTED = "Flatchr accepts the key."
    KEY_REFUSED = "Not checked: the key was refused."
    COMPANY_CONFIRMED = "The key belongs to this company."
    NO_STAGES = "Flatchr's answer was not a list of stages, so this could not be checked."
    NO_JOBS = "The career site's answer was not a list of jobs, so the name could not be checked."
    SLUG_CONFIRMED = "The career site belongs to this company."
    SLUG_OF_ANOTHER = (
        "This career site belongs to another company. Copy the name from Flatchr, "
        "Settings > Advanced > Subdomain configuration."
    )
    SLUG_WITHOUT_JOBS = (
        "The career site exists. That it belongs to this company could not be verified: "
        "it shows no jobs now."
    )
    SLUG_WITHOUT_COMPANY = (
        "The career site exists. That it belongs to this company could not be verified: "
        "the company key is not confirmed."
    )


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict on one input; `ok` is None when it could not be checked.

    `message` is one or two English sentences for the user.
    """

    name: Literal["key", "company", "slug"]
    ok: bool | None
    message: str


def check_connection(client: FlatchrClient) -> list[Check]:
    """Verdicts on key, company and slug, in this order. Two reads; never raises FlatchrError."""
    return list(checks_of(client))


def checks_of(client: FlatchrClient) -> Iterator[Check]:
    """As `check_connection`, each verdict as soon as it is known.

    The columns of the company need both the key and the company key (`docs/flatchr-api.md §12`),
    the feed needs the slug only (§4).
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
            return refused, Check("company", None, Verdict.KEY_REFUSED.value)
        if error.kind is ErrorKind.WRONG_COMPANY:
            accepted = Check("key", True, Verdict.KEY_ACCEPTED.value)
            return accepted, Check("company", False, error.message)
        return Check("key", None, error.message), Check("company", None, error.message)
    if not isinstance(columns, list):
        odd = Verdict.NO_STAGES.value
        return Check("key", None, odd), Check("company", None, odd)
    return (
        Check("key", True, Verdict.KEY_ACCEPTED.value),
        Check("company", True, Verdict.COMPANY_CONFIRMED.value),
    )


def _check_slug(client: FlatchrClient, company_is_known: bool) -> Check:
    try:
        feed = client.get("/company/{slug}.json", host="careers")
    except FlatchrError as error:
        return Check("slug", False if error.kind is ErrorKind.UNKNOWN_SLUG else None, error.message)
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        return Check("slug", None, Verdict.NO_JOBS.value)
    companies = _companies(feed["items"])
    if company_is_known and client.credentials.company_key in companies:
        return Check("slug", True, Verdict.SLUG_CONFIRMED.value)
    if company_is_known and companies:
        return Check("slug", False, Verdict.SLUG_OF_ANOTHER.value)
    reason = Verdict.SLUG_WITHOUT_JOBS if company_is_known else Verdict.SLUG_WITHOUT_COMPANY
    return Check("slug", True, reason.value)


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
