"""The console, as somebody at a screen uses it: a template, an answer, a second look, history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.models import Integration, PassthroughCall
from tests.browser.width import beyond_the_edge

LogIn = Callable[[Page, User], None]
WINDOWS = [(1440, "light"), (390, "dark")]


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_a_template_is_sent_and_a_write_only_after_a_second_look(
    width: int,
    scheme: str,
    open_page: Callable[..., Page],
    log_in: LogIn,
    admin: User,
    connected_tenant: Integration,
    sandbox: Any,
) -> None:
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    log_in(page, admin)
    page.goto("/admin/integrations/passthroughcall/console/")

    page.get_by_text("Company", exact=True).click()
    page.get_by_role("link", name="Lists the stages of the pipeline.").click()
    expect(page.get_by_label("Path")).to_have_value(f"/company/{sandbox.company_key}/columns")
    expect(page.get_by_label("Fields of the form")).to_be_hidden()
    assert beyond_the_edge(page) <= 0
    page.get_by_label("Path").press("Control+Enter")
    answer = page.locator("#answer")
    expect(answer).to_contain_text("200")
    expect(answer.locator(".rl-json")).to_contain_text(sandbox.columns()[0]["title"])
    assert beyond_the_edge(page) <= 0
    with page.expect_download() as download:
        answer.get_by_role("link", name="Download the answer").click()
    assert download.value.suggested_filename == "columns.json"
    assert download.value.path().stat().st_size
    answer.get_by_text("As curl for the API").click()
    expect(answer.get_by_role("button", name="Copy")).to_be_visible()

    page.get_by_label("Method").select_option("POST")
    page.get_by_label("Path").fill(f"/company/{sandbox.company_key}/search/applicants")
    page.get_by_label("Body").select_option("JSON")
    page.get_by_role("textbox", name="JSON").fill('{"email": "nobody@mail.example"}')
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Send this POST request?")
    expect(page.locator(".rl-confirm")).to_contain_text("nobody@mail.example")
    assert beyond_the_edge(page) <= 0
    assert PassthroughCall.objects.count() == 1
    page.get_by_role("button", name="Send it to Atelier Nord").click()
    expect(page.locator("#answer")).to_contain_text("200")

    page.get_by_role("link", name="History", exact=True).click()
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    assert beyond_the_edge(page) <= 0
    page.locator("#result_list a").first.click()
    page.get_by_role("link", name="Use again").click()
    expect(page.get_by_label("Method")).to_have_value("POST")


def test_the_console_works_without_its_script(
    open_page: Callable[..., Page],
    log_in: LogIn,
    admin: User,
    connected_tenant: Integration,
    sandbox: Any,
) -> None:
    page = open_page()
    page.route("**/console*.js", lambda route: route.fulfill(body=""))
    log_in(page, admin)
    page.goto("/admin/integrations/passthroughcall/console/?template=close-task")
    page.get_by_label("Path").fill(f"/company/{sandbox.company_key}/task/x")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Send it to Atelier Nord").click()

    expect(page.locator("#answer")).to_contain_text("404")
    assert PassthroughCall.objects.get().body == '{"done":true}'
