"""Many applications at once: the board of a job with two thousand, and two hundred moved together
of which five cannot be.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.actions import working
from integrations.models import (
    Action,
    ActionGroup,
    ActionState,
    Application,
    ApplicationStage,
    Integration,
    Job,
)
from integrations.sandbox import Sandbox
from integrations.sync import engine
from tests.browser import axe
from tests.browser.conftest import Complaints
from tests.browser.pictures import pictures_in
from tests.browser.width import beyond_the_edge
from tests.sync.running import queue

LogIn = Callable[[Page, User], None]
LIST = "/admin/integrations/application/"


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.FLATCHR_BURST = 100_000
    return tmp_path


@pytest.fixture
def sandbox(request: pytest.FixtureRequest, make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=1, applicants=getattr(request, "param", 2000))


def read(tenant: Integration, kind: str) -> None:
    """A sync in this process, without the tags, which are read after it one by one."""
    assert engine.execute(queue(tenant, kind).pk)


@pytest.fixture
def job(connected_tenant: Integration) -> Job:
    read(connected_tenant, "FULL")
    found: Job = Job.objects.get(integration=connected_tenant)
    return found


def work() -> None:
    """What a worker does about the actions that wait."""
    for pk in Action.objects.exclude(next_attempt_at=None).values_list("pk", flat=True):
        working.work_on(pk)


def test_a_board_of_two_thousand_cards_is_worked_on_by_keys_mouse_and_others(
    open_page: Callable[..., Page],
    log_in: LogIn,
    alice: User,
    job: Job,
    sandbox: Sandbox,
    screenshots: Path,
    complaints: Complaints,
) -> None:
    page = open_page(viewport={"width": 1440, "height": 900}, locale="en-GB")
    axe.install(page.context)
    pictures = pictures_in(screenshots, "board")
    log_in(page, alice)
    page.goto(f"/admin/integrations/job/{job.pk}/change/")
    page.get_by_role("link", name="Board", exact=True).last.click()
    page.wait_for_url("**/board/?job=*")
    columns = page.locator(".rl-column:not([data-stage=''])")
    stages = ApplicationStage.objects.live().filter(visible=True).order_by("position", "pk")
    expect(columns).to_have_count(stages.count())
    on_board = Application.objects.filter(job=job).exclude(outcome="DECLINED")
    assert on_board.count() > 1000
    counts = [int(one.replace(",", "")) for one in page.locator("h2 .rl-count").all_inner_texts()]
    assert sum(counts) == on_board.count()
    # However many there are, a column is drawn as far as somebody looks.
    assert page.locator(".rl-bcard").count() <= 40 * len(counts)
    pictures.take(page, "board")
    assert not axe.findings(page)
    column = columns.first
    before = column.locator(".rl-bcard").count()
    column.locator("ul").evaluate("one => one.scrollTo(0, one.scrollHeight)")
    expect(column.locator(".rl-bcard").nth(before)).to_be_attached()

    # By keys alone: a card chosen with M, and the next one moved on by Shift and an arrow.
    card = column.locator(".rl-bcard").first
    first = Application.objects.get(pk=card.get_attribute("data-card"))
    card.locator(".rl-row-link").focus()
    page.keyboard.press("m")
    with page.expect_response("**/act/"):
        page.keyboard.press("Enter")
    mine = columns.nth(1).locator(f"[data-card={first.pk}]")
    expect(mine).to_have_class("rl-bcard rl-bcard-moving")
    expect(mine.locator(".rl-row-link")).to_be_focused()
    action = Action.objects.get(application=first)
    work()
    expect(mine).to_have_class("rl-bcard")
    first.refresh_from_db()
    assert first.current_stage_id == action.parameters["stage"]
    with page.expect_response("**/act/"):
        page.keyboard.press("Shift+ArrowRight")
    expect(columns.nth(2).locator(f"[data-card={first.pk}]")).to_be_visible()
    # Refused by Flatchr: it goes back where it was, and says why.
    sandbox.faults.add(method="PUT", status=422, times=1)
    work()
    expect(columns.nth(1).locator(f"[data-card={first.pk}]")).to_be_visible()
    expect(page.locator("#board-refused")).to_be_visible()

    # With the mouse.
    card = column.locator(".rl-bcard").first
    second = str(card.get_attribute("data-card"))
    with page.expect_response("**/act/"):
        card.drag_to(columns.nth(1).locator("h2"))
    expect(columns.nth(1).locator(f"[data-card={second}].rl-bcard-moving")).to_be_visible()
    work()
    expect(columns.nth(1).locator(f"[data-card={second}].rl-bcard-moving")).to_have_count(0)
    assert Action.objects.get(application=second).state == ActionState.DONE

    # Somebody else moves one at Flatchr, and a sync brings it while the board is open.
    third = column.locator(".rl-bcard").first
    pk = str(third.get_attribute("data-card"))
    theirs = Application.objects.get(pk=pk)
    target = list(stages)[3]
    sandbox.move(theirs.remote_id, int(target.remote_id))
    read(job.integration, "DELTA")
    expect(columns.nth(3).locator(f"[data-card={pk}]")).to_be_visible()

    # On a phone: one list below the other.
    page.set_viewport_size({"width": 390, "height": 844})
    assert beyond_the_edge(page) <= 0
    expect(page.locator(".rl-board-jump a").first).to_be_visible()
    pictures.take(page, "board on a phone", whole=False)


@pytest.mark.parametrize("sandbox", [580], indirect=True)
def test_two_hundred_are_moved_together_and_the_five_that_failed_once_more(
    open_page: Callable[..., Page],
    log_in: LogIn,
    alice: User,
    job: Job,
    sandbox: Sandbox,
    screenshots: Path,
) -> None:
    page = open_page(viewport={"width": 1440, "height": 900}, locale="fr-FR", color_scheme="dark")
    axe.install(page.context)
    pictures = pictures_in(screenshots, "bulk-action")
    stages = list(ApplicationStage.objects.live().filter(visible=True).order_by("position", "pk"))
    chosen = Application.objects.filter(job=job, outcome="PENDING", current_stage=stages[0])
    total = chosen.count()
    assert 180 < total < 240
    log_in(page, alice)
    page.goto(f"{LIST}?job={job.pk}&outcome=PENDING&stage={stages[0].pk}")

    page.keyboard.press("j")
    page.keyboard.press("x")
    bar = page.locator("[data-tick-bar]")
    expect(bar).to_be_visible()
    bar.locator("[name=all]").check()
    page.keyboard.press("m")
    page.wait_for_url("**/act/")
    page.locator("#bulk-stage").select_option(stages[1].pk)
    expect(page.locator("#preview tbody tr").first).to_be_visible()
    assert not axe.findings(page)
    pictures.take(page, "preview", whole=False)
    page.locator("button[name=go]").click()
    page.wait_for_url("**/actiongroup/*/change/")
    group = ActionGroup.objects.get()
    assert group.actions.count() == total

    sandbox.faults.add(method="PUT", status=422, times=5)
    work()
    expect(page.locator("#group-live:not([data-live-url])")).to_be_visible()
    counts = group.counts()
    assert counts[ActionState.NOT_DONE] == 5
    assert counts[ActionState.DONE] == total - 5
    # Those that failed come first, each with its reason.
    rows = page.locator("#group-live tbody tr")
    expect(rows.nth(4).locator(".rl-reason")).to_be_visible()
    expect(rows.nth(5).locator(".rl-reason")).to_have_count(0)
    pictures.take(page, "five failed", whole=False)
    assert not axe.findings(page)
    page.locator("form[action$='/retry/'] button").press("Enter")
    page.wait_for_selector("[data-live-url]")
    work()
    expect(page.locator("#group-live:not([data-live-url])")).to_be_visible()
    assert group.counts()[ActionState.DONE] == total
