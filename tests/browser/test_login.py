"""The first page that a user sees."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from tests.browser.conftest import Complaints

LogIn = Callable[[Page, User], None]


def test_a_user_logs_in(page: Page, log_in: LogIn, admin: User) -> None:
    log_in(page, admin)

    assert page.url.endswith("/admin/")


def test_a_page_that_the_browser_complains_about_fails_its_test(
    page: Page, complaints: Complaints
) -> None:
    page.goto("/admin/login/")
    page.evaluate("console.error('broken')")
    page.evaluate("fetch('/no-such-page')")
    page.wait_for_load_state("networkidle")

    assert any("broken" in complaint for complaint in complaints)
    assert any("/no-such-page: 404" in complaint for complaint in complaints)
    complaints.clear()


@pytest.mark.parametrize("path", ["/", "/admin/"])
def test_a_stranger_is_sent_to_the_login(page: Page, path: str) -> None:
    page.goto(path)

    assert "/admin/login/" in page.url
