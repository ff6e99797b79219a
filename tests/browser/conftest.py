"""A real Chromium on a running site; a test fails on anything the browser complains about."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.browser import pictures
from tests.support.cast import PASSWORD
from tests.support.chromium import find

if TYPE_CHECKING:
    from integrations.sandbox import Sandbox

# What a page is to show it may show late, as other parts of the suite run beside this one; it is
# no measure of speed. Milliseconds.
PATIENCE = 30_000

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser that `make test` provides, else one found here."""
    return os.environ.get("TEST_CHROMIUM") or find()


# Playwright keeps an event loop on the main thread for as long as it runs, and Django then
# refuses the database there: both hold for the tests of this folder only.
@pytest.fixture(scope="package")
def browser(chromium_path: str) -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=PATIENCE)
        running = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="package")
def screenshots(django_db_setup: None) -> Path:
    """Where this run leaves its pictures: empty to begin with."""
    return pictures.emptied(connection.vendor)


@pytest.fixture
def live_site(live_server: Any) -> str:
    """The address of the site, served by threads of this process on the test database."""
    return str(live_server.url)


class Complaints(list[str]):
    """What the browser found wrong; a test may `clear()` what it has caused on purpose."""

    def watch(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.append(f"JavaScript: {error}"))
        page.on("requestfailed", self._on_failure)
        page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.append(f"console {message.type}: {message.text}")

    def _on_failure(self, request: Request) -> None:
        # Leaving a page, or starting a download, aborts what it was still fetching.
        if request.failure != "net::ERR_ABORTED":
            self.append(f"{request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.append(f"{response.request.method} {response.url}: {response.status}")


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def open_page(
    browser: Browser, live_site: str, complaints: Complaints
) -> Iterator[Callable[..., Page]]:
    """Opens pages in a context of their own; takes what `Browser.new_context` takes."""
    contexts = []

    def open_one(**options: Any) -> Page:
        context = browser.new_context(
            **{"base_url": live_site, "viewport": {"width": 1280, "height": 900}, **options}
        )
        contexts.append(context)
        page = context.new_page()
        complaints.watch(page)
        # From here on, and not only from a test's `expect_file_chooser`: Chromium takes a press of
        # a key in by another way than the request to hold choosers back, and can do it first.
        page.on("filechooser", lambda _: None)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not complaints, "The browser complained:\n" + "\n".join(complaints)


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A fresh browser window on the live site, nobody logged in."""
    return open_page()


@pytest.fixture
def log_in() -> Callable[[Page, User], None]:
    """Logs a user of the cast in through the form, and waits for the page behind it."""

    def log_in(page: Page, user: User) -> None:
        page.goto("/admin/login/?next=/admin/")
        page.fill("input[name=username]", user.get_username())
        page.fill("input[name=password]", PASSWORD)
        page.click("[type=submit]")
        page.wait_for_url("**/admin/")

    return log_in


@pytest.fixture
def flatchr(make_sandbox: Callable[..., Sandbox], settings: Any) -> Sandbox:
    """A Flatchr with few records, which the environment "sandbox" is."""
    running = make_sandbox(vacancies=2, applicants=6)
    settings.FLATCHR_ENDPOINTS = {
        **settings.FLATCHR_ENDPOINTS,
        "sandbox": {"api_url": running.url, "careers_url": running.url},
    }
    return running
