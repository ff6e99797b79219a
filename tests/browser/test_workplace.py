"""A recruiter at work in the dashboard, without a mouse: CVs are read, applications acted on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect

from integrations.actions import working
from integrations.admin.base.urls import change_url
from integrations.models import (
    Action,
    ActionState,
    Application,
    AuditEntry,
    Event,
    Integration,
    Tag,
)
from integrations.sandbox import Sandbox
from tests.browser import axe
from tests.browser.conftest import Complaints
from tests.browser.pictures import pictures_in
from tests.browser.width import beyond_the_edge

LogIn = Callable[[Page, User], None]
LIST = "/admin/integrations/application/?outcome=PENDING"


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """Files of a test are that test's alone."""
    settings.DATA_DIR = tmp_path
    settings.FLATCHR_BURST = 100_000
    return tmp_path


def work() -> None:
    """What a worker does about the actions that wait."""
    for pk in Action.objects.exclude(next_attempt_at=None).values_list("pk", flat=True):
        working.work_on(pk)


@pytest.fixture(params=[("en-GB", "light", 1440), ("fr-FR", "dark", 390)])
def window(request: pytest.FixtureRequest, open_page: Callable[..., Page]) -> Page:
    locale, scheme, width = request.param
    page = open_page(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        locale=locale,
        reduced_motion="reduce",
    )
    axe.install(page.context)
    return page


def opened(page: Page) -> Application:
    found: Application = Application.objects.get(pk=page.url.split("/")[-3])
    return found


def test_a_cv_is_read_and_its_candidate_moved_tagged_and_rejected_by_keyboard_alone(
    window: Page,
    log_in: LogIn,
    alice: User,
    first_synced: Integration,
    sandbox: Sandbox,
    screenshots: Path,
    complaints: Complaints,
) -> None:
    page, width = window, (window.viewport_size or {})["width"]
    pictures = pictures_in(screenshots, f"workplace-{width}")
    log_in(page, alice)
    page.goto(LIST)
    names = page.locator("#result_list .rl-row-link").all_inner_texts()
    page.keyboard.press("j")
    page.keyboard.press("Enter")

    # The CV is drawn in a frame that has no part in the session, and its text can be selected.
    page.wait_for_url("**/change/")
    cv = page.frame_locator(".rl-cv iframe")
    expect(cv.locator(".textLayer")).to_contain_text("CV ")
    cv.locator(".textLayer span").first.dblclick()
    frame = page.frames[1]
    assert frame.evaluate("String(getSelection()).length") > 1
    assert frame.evaluate("self.origin") == "null"
    first = opened(page)
    seen = AuditEntry.objects.get(what=Event.CV_SHOWN)
    assert (seen.who, seen.object_id) == (alice.get_username(), first.pk)

    # Moved to the step after: said to be under way, then done, and Flatchr has it.
    # The key is pressed in the frame, which passes it on.
    page.keyboard.press("m")
    expect(page.locator(".rl-steps button:focus")).to_have_count(1)
    page.keyboard.press("Enter")
    acts = page.locator(".rl-acts > li")
    expect(acts).to_have_count(1)
    action = Action.objects.get()
    assert action.is_live
    work()
    expect(acts.first.locator(".rl-success")).to_be_visible()
    first.refresh_from_db()
    assert first.current_stage_id == action.parameters["stage"]
    expect(page.locator(".rl-steps [aria-current=step]")).to_contain_text(str(first.current_stage))
    pictures.take(page, "moved")
    assert beyond_the_edge(page) <= 0
    assert not axe.findings(page)

    # Undone, as the button beside it offers.
    acts.first.locator("button[value=undo]").press("Enter")
    expect(acts).to_have_count(2)
    work()
    expect(acts.first.locator(".rl-success")).to_be_visible()
    first.refresh_from_db()
    assert first.current_stage_id == action.before["stage"]

    # A key that is typed is no shortcut: the field keeps "rejm".
    tag = Tag.objects.live().filter(integration=first_synced).order_by("name")[0]
    page.keyboard.press("t")
    page.keyboard.type("rejm")
    expect(page.locator("#work-tag")).to_have_value("rejm")
    page.locator("#work-tag").fill(tag.name or "")
    page.keyboard.press("Enter")
    expect(acts.first).to_contain_text(tag.name or "")
    work()
    expect(page.locator(".rl-work .rl-chips")).to_contain_text(tag.name or "")

    # On to the next of the list one came from, whose answer is lost on the way: not known yet.
    page.keyboard.press("j")
    page.wait_for_url(lambda url: first.pk not in url)
    expect(page.get_by_role("heading", level=1)).to_contain_text(names[1])
    sandbox.faults.add(method="DELETE", reset=True, times=1)
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    expect(acts).to_have_count(1)
    work()
    expect(acts.first.locator(".rl-warning")).to_be_visible()
    lost = Action.objects.get(kind="REJECT")
    assert lost.state == ActionState.UNCERTAIN

    # What the page says of its keys, and the way back.
    page.keyboard.press("?")
    keys = page.locator("[data-own-shortcuts] kbd")
    assert {"j", "k", "t"} <= set(keys.all_inner_texts())
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.wait_for_url(f"**{change_url(first)}")
    expect(cv.locator(".textLayer")).to_contain_text("CV ")

    # Who signs in here next does not find the list.
    kept = "window.sessionStorage.getItem('relais-walk')"
    assert page.evaluate(kept)
    page.context.clear_cookies()
    page.goto(reverse("admin:login"))
    assert page.evaluate(kept) is None
