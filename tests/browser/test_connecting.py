"""The whole of a connection link in a browser, in both languages, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect

from integrations.connecting import links
from integrations.models import FlatchrCredentials, Integration, SyncRun
from integrations.sync import engine
from tests.browser.width import beyond_the_edge

if TYPE_CHECKING:
    from integrations.sandbox import Sandbox

WORDS = {
    "en": {
        "go": "Continue",
        "key": "API key",
        "company": "Company key",
        "slug": "Career site slug",
        "check": "Check and connect",
        "failed": "Nothing was saved.",
        "refused": "Flatchr does not accept the API key.",
        "done": "Your data has been read.",
        "close": "You can close this page",
    },
    "fr": {
        "go": "Continuer",
        "key": "Clé API",
        "company": "Clé entreprise",
        "slug": "Nom du site carrière",
        "check": "Vérifier et connecter",
        "failed": "Rien n’a été enregistré.",
        "refused": "Flatchr n’accepte pas la clé API.",
        "done": "Vos données ont été lues.",
        "close": "Vous pouvez fermer cette page",
    },
}


@pytest.fixture
def link() -> Callable[[str], str]:
    def make(language: str) -> str:
        token = links.new_link(
            organization="Clinique Ouest",
            environment="sandbox",
            language=language,
            lasts=links.EMBEDDED,
        )
        return reverse("link", args=[token])

    return make


@pytest.mark.parametrize(
    ("language", "scheme", "width"), [("en", "dark", 390), ("fr", "light", 1440)]
)
def test_a_customer_connects_and_watches_the_reading(
    language: str,
    scheme: str,
    width: int,
    open_page: Callable[..., Page],
    transactional_db: None,
    link: Callable[[str], str],
    flatchr: Sandbox,
) -> None:
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    words = WORDS[language]
    page.goto(link(language))
    assert beyond_the_edge(page) <= 0
    page.get_by_role("link", name=words["go"]).click()
    page.wait_for_url("**/keys")
    assert beyond_the_edge(page) <= 0

    page.get_by_label(words["company"], exact=True).fill(flatchr.company_key)
    page.get_by_label(words["slug"], exact=True).fill(flatchr.slug)
    page.get_by_label(words["key"], exact=True).fill("not-the-key")
    page.get_by_role("button", name=words["check"]).click()
    expect(page.get_by_role("alert")).to_contain_text(words["failed"])
    expect(page.locator("[data-field=key] .rl-verdict")).to_contain_text(words["refused"])
    expect(page.get_by_label(words["key"], exact=True)).to_be_focused()
    expect(page.get_by_label(words["company"], exact=True)).to_have_value(flatchr.company_key)
    assert not Integration.objects.exists()

    page.get_by_label(words["key"], exact=True).fill(flatchr.api_key)
    page.get_by_role("button", name=words["check"]).click()
    page.wait_for_url("**/done")
    expect(page.get_by_text(words["close"])).to_be_visible()
    assert FlatchrCredentials.objects.get().api_key == flatchr.api_key
    assert engine.execute(SyncRun.objects.get().pk)
    expect(page.locator("#run-live")).to_contain_text(words["done"])
    assert beyond_the_edge(page) <= 0


def test_a_link_is_followed_by_keyboard_alone(
    page: Page, transactional_db: None, link: Callable[[str], str], flatchr: Sandbox
) -> None:
    def to(name: str) -> None:
        for _step in range(20):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
            )
            if focused.startswith(name):
                return
        raise AssertionError(f"{name} cannot be reached with the Tab key.")

    page.goto(link("en"))
    to("Continue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/keys")
    for name, value in (
        ("API key", flatchr.api_key),
        ("Company key", flatchr.company_key),
        ("Career site slug", flatchr.slug),
    ):
        to(name)
        page.keyboard.type(value)
    page.keyboard.press("Enter")

    page.wait_for_url("**/done")
    assert Integration.objects.get().organization == "Clinique Ouest"


def test_the_dashboard_renews_a_key_with_verdicts_as_they_come(
    page: Page,
    log_in: Callable[[Page, User], None],
    alice: User,
    connected_tenant: Integration,
    sandbox: Sandbox,
) -> None:
    log_in(page, alice)
    address = reverse(
        "admin:integrations_integration_credentials",
        args=[connected_tenant.pk.replace(":", "_3A")],
    )
    page.goto(address)
    page.get_by_label("Career site slug").fill("nowhere")
    page.get_by_role("button", name="Check and save").click()
    expect(page.locator("[data-field=key] .rl-verdict-good")).to_be_visible()
    expect(page.locator("[data-field=slug] .rl-verdict-bad")).to_contain_text("no career site")

    page.get_by_label("Career site slug").fill(sandbox.slug)
    page.get_by_role("button", name="Check and save").click()
    expect(page.get_by_role("heading", name="Atelier Nord is connected")).to_be_visible()
    assert SyncRun.objects.get().requested_by == alice
