"""The dashboard without a mouse, and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.models import NEWEST_FIRST, Candidate, Integration, SyncRun
from tests.admin.conftest import Data, data, fill
from tests.browser.conftest import Complaints
from tests.support.cast import PASSWORD

__all__ = ["data", "fill"]

LogIn = Callable[[Page, User], None]
CANDIDATES = "/admin/integrations/candidate/"


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_a_sync_is_started_from_the_palette(
    page: Page, log_in: LogIn, alice: User, tenant: Integration
) -> None:
    log_in(page, alice)
    page.get_by_role("link", name="Skip to the content").focus()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Go to a page, a tenant or a record")
    expect(field).to_be_focused()
    expect(page.get_by_role("option").first).to_be_visible()

    # Nothing but the dialog can be reached; and closed, it gives the focus back.
    for _step in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || "
            "Boolean(document.activeElement.closest('#palette'))"
        )
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()

    page.keyboard.press("Control+k")
    page.keyboard.type("sync atelier")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_have_text("syncSync Atelier Nord nowEverything")
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    page.keyboard.press("Enter")

    expect(page.locator("#run-live")).to_contain_text("Queued")
    assert SyncRun.objects.count() == 1


def test_records_are_found_in_the_palette_and_what_is_not_there_leads_to_the_search(
    page: Page, log_in: LogIn, alice: User, data: Data
) -> None:
    log_in(page, alice)
    page.get_by_role("button", name="Go to a page, a tenant or a record").click()
    page.keyboard.type("atelier")
    expect(page.get_by_role("option", name="Atelier Nord Local sandbox")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("unheard of")
    expect(page.get_by_role("option", selected=True)).to_contain_text("“unheard of”")
    page.keyboard.press("Enter")

    page.wait_for_url("**/admin/search/?q=unheard+of")


def test_rows_are_walked_with_keys_and_opened(
    page: Page, log_in: LogIn, alice: User, data: Data
) -> None:
    log_in(page, alice)
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url(f"**{CANDIDATES}")
    names = [str(one) for one in Candidate.objects.order_by(*NEWEST_FIRST)]

    page.keyboard.press("j")
    assert focused(page) == names[0]
    page.keyboard.press("ArrowDown")
    assert focused(page) == names[1]
    page.keyboard.press("k")
    assert focused(page) == names[0]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{CANDIDATES}*/change/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(names[0])


def test_shortcuts_are_listed_keep_out_of_typing_and_can_be_switched_off(
    page: Page, log_in: LogIn, alice: User, data: Data
) -> None:
    log_in(page, alice)
    page.goto(CANDIDATES)
    page.keyboard.press("/")
    expect(page.locator("#searchbar")).to_be_focused()
    page.keyboard.type("gh?j/x")
    expect(page.locator("#searchbar")).to_have_value("gh?j/x")
    assert page.url.endswith(CANDIDATES)

    page.locator("#searchbar").blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.get_by_role("checkbox", name="Shortcuts of single keys").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("?")
    page.keyboard.press("j")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert focused(page) != "Nadia Atelier Nord 0"

    # The way back needs no shortcut of a single key.
    page.keyboard.press("Control+k")
    page.get_by_role("button", name="All shortcuts").click()
    page.get_by_role("checkbox", name="Shortcuts of single keys").check()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert focused(page).startswith("Nadia Atelier Nord")


def test_the_first_tab_skips_the_navigation(
    page: Page, log_in: LogIn, alice: User, tenant: Integration
) -> None:
    log_in(page, alice)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")

    expect(page.locator("#content")).to_be_focused()


def test_the_navigation_of_a_phone_takes_the_focus_and_gives_it_back(
    open_page: Callable[..., Page], log_in: LogIn, alice: User, tenant: Integration
) -> None:
    page = open_page(viewport={"width": 390, "height": 844})
    log_in(page, alice)
    page.get_by_role("button", name="Navigation", exact=True).click()
    expect(page.get_by_role("button", name="Close the navigation")).to_be_focused()
    assert page.locator("#main").get_attribute("inert") is not None
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Navigation", exact=True)).to_be_focused()
    assert page.locator("#main").get_attribute("inert") is None


@pytest.mark.parametrize("width", [1280, 390])
def test_without_scripts_pages_are_read_and_forms_sent(
    width: int, open_page: Callable[..., Page], alice: User, data: Data, complaints: Complaints
) -> None:
    page = open_page(java_script_enabled=False, viewport={"width": width, "height": 900})
    page.goto("/admin/login/")
    page.fill("input[name=username]", alice.get_username())
    page.fill("input[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.get_by_role("link", name="Candidates", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Candidates")
    page.locator("#searchbar").fill("Atelier Nord 1")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Nadia Atelier Nord 1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nadia Atelier Nord 1")
    # What needs a script is not there to be pressed in vain; signing out does not.
    expect(page.locator("[data-open-palette]")).to_be_hidden()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
