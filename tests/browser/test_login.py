"""The first page that a user sees."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django_otp.oath import totp
from playwright.sync_api import Page

from integrations.accounts import users
from integrations.models import AuthenticatorApp
from tests.browser.conftest import Complaints
from tests.support.cast import PASSWORD

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


def test_an_invited_user_sets_a_password_and_signs_in_with_a_code(
    page: Page, live_site: str, transactional_db: None
) -> None:
    user = users.invite(username="dora")
    page.goto(f"/admin/welcome/{'/'.join(users.password_link(user))}/")
    page.fill("[name=first]", PASSWORD)
    page.fill("[name=second]", PASSWORD)
    page.click("main [type=submit]")
    page.click("main a")
    sign_in = "#login-form [type=submit]"
    page.fill("[name=username]", "dora")
    page.fill("[name=password]", PASSWORD)
    page.click(sign_in)
    page.goto("/admin/second-factor/")
    device = AuthenticatorApp.objects.get(user=user)
    page.fill("[name=code]", f"{totp(device.bin_key):06d}")
    page.click("#content-main [type=submit]")
    recovery = page.locator(".rl-codes code").first.inner_text()

    page.context.clear_cookies()
    page.goto("/admin/login/")
    page.fill("[name=username]", "dora")
    page.fill("[name=password]", PASSWORD)
    page.click(sign_in)
    page.fill("[name=code]", recovery)
    page.click("main [type=submit]")
    page.wait_for_url("**/admin/")
