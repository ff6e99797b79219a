"""The dashboard in French, page by page as its addresses say: nothing on the way is English."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.models import AuthenticatorApp, RunState, SyncRun
from integrations.search import filling
from tests.accounts.test_login import LOGIN, enrol, fail, sign_in
from tests.admin.conftest import Data
from tests.admin.everything import connected, everything, under_way
from tests.admin.pages import tenant_address
from tests.browser import every_page
from tests.translating.pages import left_in_english

__all__ = ["everything"]

LogIn = Callable[[User], Client]
# What Flatchr calls an internship, in French.
GIVEN = {"Stage"}
FRENCH: dict[str, Any] = {"HTTP_ACCEPT_LANGUAGE": "fr-FR,fr;q=0.9,en;q=0.5"}


def english_on(client: Client, addresses: list[str]) -> str:
    """What is left in English, a line for each page that has some; blank if none has."""
    found = {}
    for address in addresses:
        html = client.get(address, **FRENCH).content.decode()
        assert 'lang="fr"' in html, address
        if left := left_in_english(html) - GIVEN:
            found[address] = sorted(left)
    return "\n".join(f"{address}: {left}" for address, left in found.items())


@pytest.mark.django_db(transaction=True)
def test_every_address_of_the_dashboard(logged_in: LogIn, admin: User, everything: Data) -> None:
    filling.catch_up(everything.tenant.pk)
    client = logged_in(admin)
    client.defaults.update(FRENCH)
    addresses = every_page.pages(client)
    assert any("console" in one for one in addresses)
    assert tenant_address(everything, "remove") in addresses
    found = f"{reverse('admin:search')}?q=Nadia"
    assert "rl-hits" in client.get(found).content.decode()

    assert english_on(client, [*addresses, found]) == ""


@pytest.mark.django_db
def test_what_is_under_way(logged_in: LogIn, admin: User, data: Data) -> None:
    client = logged_in(admin)
    watched = [connected(data.tenant), tenant_address(data, "connected")]
    assert english_on(client, [*under_way(data), *watched]) == ""

    run = SyncRun.objects.latest("pk")
    for state in RunState:
        SyncRun.objects.filter(pk=run.pk).update(state=state)
        assert english_on(client, watched) == "", state


@pytest.mark.django_db
def test_the_pages_of_the_second_factor(client: Client, alice: User) -> None:
    client.defaults.update(FRENCH)
    page, code = reverse("admin:second_factor"), reverse("admin:login_code")
    sign_in(client, "alice")
    assert english_on(client, [page]) == ""
    refused = client.post(page, {"code": "000"}).content.decode()
    assert left_in_english(refused) == set()
    AuthenticatorApp.objects.update(throttling_failure_count=0)
    enrol(client, alice)
    assert english_on(client, [page]) == ""
    codes = client.post(page, {"do": "codes", "password": "wrong"}).content.decode()
    assert left_in_english(codes) == set()

    fresh = Client(**FRENCH)
    sign_in(fresh, "alice")
    assert english_on(fresh, [code]) == ""
    assert left_in_english(fresh.post(code, {"code": "12"}).content.decode()) == set()


@pytest.mark.django_db
def test_the_page_that_says_that_signing_in_is_locked(client: Client, alice: User) -> None:
    client.defaults.update(FRENCH)
    locked = fail(client, "alice")

    assert locked.status_code != 302, LOGIN
    assert left_in_english(locked.content.decode()) == set()
