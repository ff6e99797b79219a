"""The live check of what a customer entered: the API key, the company key and the slug."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.keys import key_expiry

__all__ = ["Check", "check_connection", "key_expiry"]


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict on one input; `ok` is None when it could not be checked.

    `message` is one or two English sentences for the user.
    """

    name: Literal["key", "company", "slug"]
    ok: bool | None
    message: str


def check_connection(client: FlatchrClient) -> list[Check]:
    """Verdicts on key, company and slug, in this order. Two reads; never raises FlatchrError.

    The columns of the company need both the key and the company key (`flatchr-api.md §12`), the
    feed needs the slug only (§4).
    """
    key, company = _check_key_and_company(client)
    return [key, company, _check_slug(client, company.ok is True)]


def _check_key_and_company(client: FlatchrClient) -> tuple[Check, Check]:
    try:
        columns = client.get("/company/{company}/columns")
    except FlatchrError as error:
        if error.kind in {ErrorKind.WRONG_KEY, ErrorKind.EXPIRED_KEY}:
            not_checked = "Not checked: the key was refused."
            return Check("key", False, error.message), Check("company", None, not_checked)
        if error.kind is ErrorKind.WRONG_COMPANY:
            accepted = "Flatchr accepts the key."
            return Check("key", True, accepted), Check("company", False, error.message)
        return Check("key", None, error.message), Check("company", None, error.message)
    if not isinstance(columns, list):
        odd = "Flatchr's answer was not a list of stages, so this could not be checked."
        return Check("key", None, odd), Check("company", None, odd)
    return (
        Check("key", True, "Flatchr accepts the key."),
        Check("company", True, "The key belongs to this company."),
    )


def _check_slug(client: FlatchrClient, company_is_known: bool) -> Check:
    try:
        feed = client.get("/company/{slug}.json", host="careers")
    except FlatchrError as error:
        return Check("slug", False if error.kind is ErrorKind.UNKNOWN_SLUG else None, error.message)
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        odd = "The career site's answer was not a list of jobs, so the name could not be checked."
        return Check("slug", None, odd)
    companies = _companies(feed["items"])
    if company_is_known and client.credentials.company_key in companies:
        return Check("slug", True, "The career site belongs to this company.")
    if company_is_known and companies:
        return Check(
            "slug",
            False,
            "This career site belongs to another company. Copy the name from Flatchr, "
            "Settings > Advanced > Subdomain configuration.",
        )
    reason = "it shows no jobs now" if company_is_known else "the company key is not confirmed"
    return Check(
        "slug",
        True,
        f"The career site exists. That it belongs to this company could not be verified: {reason}.",
    )


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
