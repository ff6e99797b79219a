"""A Flatchr to connect, links to it, and the API's fixtures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from integrations.connecting import links
from integrations.models import ConnectionLink
from tests.api.conftest import Call, MakeKey, api_site, call, certificates, make_key, no_limits, sdk

if TYPE_CHECKING:
    from integrations.sandbox import Sandbox

__all__ = ["Call", "MakeKey", "api_site", "call", "certificates", "make_key", "no_limits", "sdk"]

Keys = Callable[..., dict[str, str]]


class MakeLink(Protocol):
    def __call__(self, **options: Any) -> tuple[str, ConnectionLink]: ...


@pytest.fixture
def flatchr(make_sandbox: Callable[..., Sandbox], settings: Any) -> Sandbox:
    """A Flatchr with few records, which the environment "sandbox" is."""
    running = make_sandbox(vacancies=2, applicants=4)
    settings.FLATCHR_ENDPOINTS = {
        **settings.FLATCHR_ENDPOINTS,
        "sandbox": {"api_url": running.url, "careers_url": running.url},
    }
    return running


@pytest.fixture
def keys(flatchr: Sandbox) -> Keys:
    """What a customer types, all of it right but for what is given."""

    def typed(**wrong: str) -> dict[str, str]:
        right = {
            "api_key": flatchr.api_key,
            "company_key": flatchr.company_key,
            "slug": flatchr.slug,
        }
        return {**right, **wrong}

    return typed


@pytest.fixture
def make_link(db: None) -> MakeLink:
    """Makes a link that connects "Clinique Ouest"; its token and its row."""

    def make(**options: Any) -> tuple[str, ConnectionLink]:
        token = links.new_link(
            **{
                "organization": "Clinique Ouest",
                "environment": "sandbox",
                "contact_email": "rh@ouest.example",
                "origin_id": "C-42",
                "lasts": links.EMBEDDED,
                **options,
            }
        )
        return token, ConnectionLink.objects.latest("pk")

    return make
