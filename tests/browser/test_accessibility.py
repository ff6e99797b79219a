"""Every page, wide and light, narrow and dark: nothing that keeps anybody from using it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.test import Client
from django.urls import resolve, reverse
from playwright.sync_api import Page, expect

from integrations.api.scoping import ALL_OPTIONAL
from integrations.connecting import links
from integrations.models import RunState, SyncRun
from tests.admin.conftest import Data, data, fill, troubled_run
from tests.admin.everything import connected, everything, under_way
from tests.admin.pages import LISTS, LISTS_OF_ACTIVITY, list_address, tenant_address
from tests.browser import axe, every_page
from tests.browser.pictures import pictures_in
from tests.browser.width import beyond_the_edge

__all__ = ["data", "everything", "fill", "troubled_run"]

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
# What a page of 1280 px is at four times the size (WCAG 1.4.10).
NARROWEST = {"width": 320, "height": 640}
# What else depends on the width or the colours; the rest is found once.
OF_COLOURS = ("color-contrast",)
OF_WIDTH = ("color-contrast", "target-size", "scrollable-region-focusable", "region")
# What a page is as a whole, and so cannot be found in a part of it.
OF_WHOLE_PAGES = (
    *("bypass", "document-title", "html-has-lang", "meta-viewport"),
    *("landmark-one-main", "landmark-no-duplicate-main", "landmark-unique", "region"),
    *("page-has-heading-one", "heading-order"),
)
# The spacing that a reader may ask for (WCAG 1.4.12).
SPACED = """* {
    line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important;
}"""
# What axe sees in the middle of a transition is a colour that nobody reads.
STILL = """() => {
    if (document.adoptedStyleSheets.length) return;
    const still = new CSSStyleSheet();
    still.replaceSync("*, ::before, ::after, ::backdrop { transition: none !important }");
    document.adoptedStyleSheets.push(still);
}"""
# Of these the first page is looked at in every way.
EVERY_WAY = {"index", "changelist", "change", "add", "console"}
# Of these, all but the first are the same page with another record's name.
ALIKE = {"history", "delete"}
# Forms that are sent with nothing in them.
FORMS = (
    "integrations_integration_add",
    "integrations_submission_add",
    "integrations_apikey_add",
    "integrations_customfield_add",
    "integrations_bulkupload_add",
    "auth_user_add",
    "password_change",
)


@pytest.fixture
def enter(
    open_page: Callable[..., Page], logged_in: Callable[[User], Client], live_site: str
) -> Callable[..., Page]:
    """A page with axe in it, in which a user has signed in already."""

    def enter(user: User, **options: Any) -> Page:
        page = open_page(**{"viewport": WIDE, "reduced_motion": "reduce", **options})
        axe.install(page.context)
        session = logged_in(user).cookies[configured.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": configured.SESSION_COOKIE_NAME, "value": session, "url": live_site}]
        )
        return page

    return enter


def dark(page: Page, on: bool) -> None:
    """The colour scheme, without a new page: the theme's class, and what the browser says."""
    page.evaluate(STILL)
    page.emulate_media(color_scheme="dark" if on else "light")
    # By the next frame the page's own scripts know of it as well.
    page.evaluate(
        """on => {
            document.documentElement.classList.toggle("dark", on);
            return new Promise(requestAnimationFrame);
        }""",
        on,
    )


def look(page: Page, *, every_way: bool = False) -> list[str]:
    """What is wrong with the page in either colour scheme and at each of the widths.

    A colour is another when the scheme is, and a width shows or hides something: each of the two
    is looked at once. Their other pairs, and what all pages have around them, with `every_way`.
    """
    inside = None if every_way else _own_part(page)
    found = axe.findings(page, inside=inside)
    if inside:
        found += axe.findings(page, *OF_WHOLE_PAGES)
    if every_way:
        dark(page, True)
        found += [f"dark: {line}" for line in axe.findings(page, *OF_COLOURS)]
    # Whether it must be scrolled sideways to be read.
    page.set_viewport_size(NARROWEST)
    if (pixels := beyond_the_edge(page)) > 0:
        found.append(f"{pixels} px beyond the edge at {NARROWEST['width']} px")
    page.set_viewport_size(NARROW)
    dark(page, True)
    found += [f"narrow, dark: {line}" for line in axe.findings(page, *OF_WIDTH, inside=inside)]
    dark(page, False)
    if every_way:
        found += [f"narrow: {line}" for line in axe.findings(page, *OF_COLOURS)]
    if (pixels := spaced_beyond_the_edge(page)) > 0:
        found.append(f"{pixels} px beyond the edge with wider letters")
    page.set_viewport_size(WIDE)
    return found


def _own_part(page: Page) -> str | None:
    """What a page has inside what all have around it. Of the API's reference, one chapter of
    operations, as they are all drawn alike, and one of those that are written by hand.
    """
    parts = ("#content", "#start, #reference > .chapter:last-of-type")
    return next((part for part in parts if page.locator(part).count()), None)


def spaced_beyond_the_edge(page: Page) -> int:
    """By how many pixels the page is wider than its window with the spacing of `SPACED`."""
    page.evaluate(
        """css => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(css);
            document.adoptedStyleSheets.push(sheet);
        }""",
        SPACED,
    )
    pixels = beyond_the_edge(page)
    page.evaluate("document.adoptedStyleSheets.pop()")
    return pixels


def told(wrong: dict[str, list[str]]) -> str:
    return "\n".join(f"{where} | {line}" for where, lines in wrong.items() for line in lines)


def test_every_page_of_the_dashboard(
    everything: Data,
    admin: User,
    logged_in: Callable[[User], Client],
    enter: Callable[..., Page],
    screenshots: Path,
) -> None:
    pictures = pictures_in(screenshots, "every-page")
    addresses = every_page.pages(logged_in(admin))
    assert len(addresses) > 40
    addresses += [f"{reverse('admin:search')}?q=Nadia", reverse("docs")]
    page = enter(admin)
    wrong, kinds = {}, set()
    for address in addresses:
        # Lists are much like each other, and so are records, and forms.
        kind = str(resolve(address.partition("?")[0]).url_name).rpartition("_")[2]
        if kind in ALIKE & kinds:
            continue
        page.goto(address)
        pictures.take(page, address.removeprefix("/admin/integrations/"), whole=False)
        wrong[address] = look(page, every_way=kind in EVERY_WAY - kinds)
        kinds.add(kind)
    assert kinds >= EVERY_WAY

    assert not any(wrong.values()), told(wrong)


def test_pages_with_nothing_on_them(transactional_db: None, enter: Callable[..., Page]) -> None:
    """Lists of somebody who sees no tenant, and lists that nothing matches."""
    page = enter(User.objects.create_user("dora", password="x", is_staff=True))
    wrong = {}
    for address in map(list_address, (*LISTS, *LISTS_OF_ACTIVITY)):
        page.goto(f"{address}?q=nobody" if address.endswith("/job/") else address)
        expect(page.locator(".rl-empty a, .rl-empty button").first).to_be_visible()
        wrong[address] = look(page)

    assert not any(wrong.values()), told(wrong)


def test_forms_with_errors_and_open_dialogs(
    everything: Data, admin: User, enter: Callable[..., Page]
) -> None:
    page = enter(admin)
    wrong = {}
    for name in FORMS:
        page.goto(reverse(f"admin:{name}"))
        with page.expect_navigation():
            # Past the browser's own checks and our scripts: what the server says is looked at.
            page.evaluate(
                "HTMLFormElement.prototype.submit.call("
                "document.querySelector('#content form[method=post]'))"
            )
        wrong[name] = look(page)
    page.goto(reverse("admin:index"))
    for name, keys in (("palette", "Control+k"), ("shortcuts", "?")):
        page.keyboard.press(keys)
        expect(page.locator(f"#{name}")).to_be_visible()
        if name == "palette":
            expect(page.get_by_role("option").first).to_be_visible()
        wrong[name] = look(page, every_way=True)
        page.keyboard.press("Escape")
        # The browser takes the focus from what is hidden a moment later than the next key comes.
        page.evaluate("document.activeElement.blur()")
    page.get_by_role("button", name="Your account").click()
    expect(page.locator("#account-menu")).to_be_visible()
    wrong["account"] = look(page, every_way=True)

    assert not any(wrong.values()), told(wrong)


def test_pages_for_people_who_have_not_signed_in(
    transactional_db: None, open_page: Callable[..., Page]
) -> None:
    token = links.new_link(
        organization="Clinique Ouest",
        environment="sandbox",
        scopes=ALL_OPTIONAL,
        lasts=links.EMBEDDED,
    )
    page = open_page(viewport=WIDE, reduced_motion="reduce")
    axe.install(page.context)
    wrong = {}
    for address in (
        reverse("admin:login"),
        reverse("link", args=[token]),
        reverse("link_keys", args=[token]),
    ):
        page.goto(address)
        wrong[address] = look(page, every_way=True)

    assert not any(wrong.values()), told(wrong)


def test_pages_that_follow_what_is_under_way(
    data: Data, admin: User, enter: Callable[..., Page]
) -> None:
    page = enter(admin)
    watched = [connected(data.tenant), tenant_address(data, "connected")]
    wrong = {}
    for address in (*under_way(data), *watched):
        page.goto(address)
        wrong[address] = look(page)
    for state in (RunState.QUEUED, RunState.SUCCEEDED, RunState.AUTHENTICATION_FAILED):
        SyncRun.objects.filter(pk=SyncRun.objects.latest("pk").pk).update(state=state)
        page.goto(watched[0])
        wrong[f"{state} {watched[0]}"] = axe.findings(page)

    assert not any(wrong.values()), told(wrong)
