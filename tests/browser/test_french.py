"""A French user on a phone: the switch in the menu, and pages that longer words do not break."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.admin.conftest import Data, data, fill
from tests.admin.pages import list_address, record_addresses, tenant_address
from tests.browser.width import beyond_the_edge

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["data", "fill"]

LISTS = ("integration", "candidate", "application", "job", "syncrun", "submission", "export")


def test_french_pages_fit_a_phone(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, User], None],
    alice: User,
    data: Data,
) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, locale="fr-FR")
    log_in(page, alice)
    addresses = [reverse("admin:index"), *map(list_address, LISTS)]
    addresses += record_addresses(data).values()
    addresses += [tenant_address(data, name) for name in ("settings", "credentials", "fields")]
    addresses += [reverse("admin:integrations_submission_add")]
    addresses += [reverse("admin:integrations_candidate_export")]

    for address in addresses:
        page.goto(address)
        assert page.get_attribute("html", "lang") == "fr", address
        assert beyond_the_edge(page) == 0, address


def test_the_switch_in_the_menu_changes_the_language_for_good(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, User], None],
    alice: User,
    data: Data,
) -> None:
    page = open_page(locale="en-GB")
    log_in(page, alice)
    french = page.locator("form", has=page.locator("input[name=language][value=fr]")).first

    french.evaluate("form => form.requestSubmit()")

    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.goto(list_address("job"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Offres")
    assert data.tenant
