"""Comments, messages and tasks on an application's page: read, written, taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.actions import working
from integrations.actions.kinds.comments import read_comments
from integrations.actions.kinds.to_dos import members, read_tasks
from integrations.admin.base.urls import change_url, record_url
from integrations.models import Action, Application, AuditEntry, Event, FlatchrSignIn, Integration
from integrations.sandbox import Sandbox
from integrations.sandbox.credentials import PASSWORD
from tests.browser import axe
from tests.browser.pictures import pictures_in
from tests.browser.width import beyond_the_edge

LogIn = Callable[[Page, User], None]


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


def test_comments_tasks_and_messages_beside_the_cv(
    window: Page,
    log_in: LogIn,
    alice: User,
    first_synced: Integration,
    sandbox: Sandbox,
    settings: Any,
    screenshots: Path,
) -> None:
    settings.FLATCHR_BURST = 100_000
    page, width = window, (window.viewport_size or {})["width"]
    pictures = pictures_in(screenshots, f"notes-{width}")
    application = Application.objects.live().exclude(person_key="").order_by("pk")[0]
    people = members(first_synced)
    User.objects.filter(pk=alice.pk).update(email=people[0].email)
    log_in(page, alice)
    page.goto(change_url(application))
    comments = page.locator("[data-panel$='/comments/']")
    box = comments.locator("[data-panel-box]")

    # Nothing is read before somebody opens it.
    assert not sandbox.requests.matching("GET", "/comment")
    page.keyboard.press("c")
    expect(box.locator("summary:focus")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#comment-email")).to_have_value(str(people[0].email))
    page.fill("#comment-password", "wrong")
    page.keyboard.press("Enter")
    expect(box.locator("[role=alert]")).to_be_visible()
    page.fill("#comment-password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#comment-text")).to_be_visible()
    assert FlatchrSignIn.objects.get().user == alice
    pictures.take(page, "signed in")

    # Written: under way, then among the others, and what is typed meanwhile stays.
    before = {one.id for one in read_comments(application)}
    text = "À rappeler <lundi>\nDisponible en mars"
    page.fill("#comment-text", text)
    box.locator("form:has(#comment-text) button").click()
    expect(box.locator(".rl-acts > li")).to_have_count(1)
    expect(page.locator("#comment-text")).to_have_value("")
    page.fill("#comment-text", "encore")
    work()
    expect(box.locator(".rl-note-text").first).to_have_text(text)
    expect(box.locator(".rl-acts")).to_have_count(0)
    expect(page.locator("#comment-text")).to_have_value("encore")
    (written,) = [one for one in read_comments(application) if one.id not in before]
    assert written.private
    assert not axe.findings(page)
    assert beyond_the_edge(page) <= 0
    pictures.take(page, "comment")

    # Deleted, after a second step that says what it means.
    first = box.locator(".rl-notes > li").first
    first.locator("summary").click()
    first.locator(".rl-danger-button").click()
    expect(box.locator(".rl-acts > li")).to_have_count(1)
    work()
    expect(box.locator(".rl-note-text", has_text="À rappeler")).to_have_count(0)
    assert {one.id for one in read_comments(application)} == before

    tasks = page.locator("[data-panel$='/tasks/']")
    tasks.locator("summary").first.click()
    tasks.locator("#task-new > summary").click()
    page.fill("#task-what", "Vérifier les références")
    page.fill("#task-due", "2027-03-01T09:30")
    tasks.locator("input[name=users]").first.check()
    page.select_option("#task-maker", index=1)
    pictures.take(page, "task")
    assert not axe.findings(page)
    tasks.locator("#task-new button[type=submit]").click()
    expect(tasks.locator(".rl-acts > li")).to_have_count(1)
    work()
    task = tasks.locator(".rl-notes > li", has_text="Vérifier les références")
    expect(task).to_have_count(1)
    expect(task).to_contain_text("09:30")
    task.locator("button").click()
    expect(tasks.locator(".rl-acts > li")).to_have_count(1)
    work()
    expect(tasks.locator(".rl-notes > li.rl-done")).to_have_count(1)
    assert [one.done for one in read_tasks(application)] == [True]

    messages = page.locator("[data-panel$='/messages/']")
    messages.locator("summary").first.click()
    expect(messages.locator(".rl-notes > li").first).to_be_visible()
    pictures.take(page, "messages")
    assert not axe.findings(page)
    assert beyond_the_edge(page) <= 0
    read = AuditEntry.objects.filter(what=Event.NOTES_READ)
    assert {entry.details["part"] for entry in read} == {"comments", "messages", "tasks"}


def test_without_scripts_and_with_a_flatchr_that_fails(
    open_page: Callable[..., Page],
    log_in: LogIn,
    alice: User,
    first_synced: Integration,
    sandbox: Sandbox,
    complaints: Any,
) -> None:
    application = Application.objects.live().order_by("pk")[0]
    page = open_page()
    log_in(page, alice)
    sandbox.faults.add(method="GET", path="/comment", status=500, times=20)
    page.goto(record_url(application, "comments"))
    again = page.locator("#content a[data-panel-again]")
    expect(again).to_be_visible()
    sandbox.faults.clear()
    again.click()
    expect(page.locator("#comment-sign")).to_be_visible()
    page.goto(record_url(application, "tasks"))
    page.locator("#task-new > summary").click()
    page.fill("#task-what", "Rappeler")
    page.fill("#task-due", "2027-03-01T09:30")
    page.select_option("#task-maker", index=1)
    page.locator("#task-new button[type=submit]").click()
    # Nobody was chosen: said on the page that comes back.
    expect(page.locator(".rl-note, .rl-message, [role=status]").first).to_be_visible()
    assert not Action.objects.exists()
