"""The whole story, as one person lives it: from an empty Relais to a candidate that Flatchr has.

Once in French on a phone in the dark, once in English at a desk. Every step is
kept as a screenshot.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Locator, Page, expect

from integrations.models import Candidate, Job, Submission, SubmissionState
from tests.browser.pictures import Pictures, pictures_in
from tests.browser.width import beyond_the_edge
from tests.submissions.cv_files import pdf
from tests.support.worker import Worker
from tests.translating.pages import left_in_english

if TYPE_CHECKING:
    from integrations.sandbox import Sandbox

LogIn = Callable[[Page, User], None]
A_WORKER = 30_000
VANISHING = 25
# What Flatchr calls an internship, in French.
GIVEN = {"Stage"}


@pytest.fixture
def flatchr(
    make_sandbox: Callable[..., Sandbox],
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Sandbox:
    """A Flatchr with few people, and one vacancy whose contract type Relais does not know."""
    # For the worker: the pace that spares Flatchr's servers is not what this is about.
    monkeypatch.setenv("FLATCHR_RATE", "500")
    running = make_sandbox(vacancies=VANISHING + 5, applicants=6)
    running.edit_vacancy(running.vacancies()[0]["id"], contract_type_id=9, partial=False)
    settings.FLATCHR_ENDPOINTS = {
        **settings.FLATCHR_ENDPOINTS,
        "sandbox": {"api_url": running.url, "careers_url": running.url},
    }
    settings.DATA_DIR = tmp_path
    return running


class Story:
    """A window in one language; texts are given in English and looked for in that language."""

    def __init__(self, page: Page, language: str, pictures: Pictures) -> None:
        self.page = page
        self.language = language
        self._pictures = pictures

    def says(self, text: str, **values: object) -> str:
        with translation.override(self.language):
            return gettext(text) % values if values else gettext(text)

    def button(self, text: str) -> Locator:
        return self.page.get_by_role("button", name=self.says(text), exact=True)

    def link(self, text: str) -> Locator:
        return self.page.get_by_role("link", name=self.says(text), exact=True).first

    def field(self, text: str) -> Locator:
        # The catalogue has it as the name of a model may be written, inside a sentence.
        whole = re.compile(f"^{re.escape(self.says(text))}$", re.IGNORECASE)
        return self.page.get_by_label(whole)

    def go(self, name: str) -> None:
        self.page.goto(reverse(f"admin:{name}"))

    def seen(self, what: str) -> None:
        """A step is done: keep its picture; it is in the right language and fits the window."""
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        assert beyond_the_edge(self.page) <= 0, what
        if self.language != "en":
            assert left_in_english(self.page.content()) <= GIVEN, what
        self._pictures.take(self.page, what)


@pytest.fixture(params=[("fr", "fr-FR", "dark", 390), ("en", "en-GB", "light", 1440)])
def story(
    request: pytest.FixtureRequest, open_page: Callable[..., Page], screenshots: Path
) -> Story:
    language, locale, scheme, width = request.param
    page = open_page(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        locale=locale,
        reduced_motion="reduce",
    )
    return Story(page, language, pictures_in(screenshots, f"story-{language}-{scheme}-{width}"))


def test_the_whole_story(
    story: Story,
    transactional_db: None,
    flatchr: Sandbox,
    worker: Worker,
    log_in: LogIn,
    admin: User,
    tmp_path: Path,
) -> None:
    log_in(story.page, admin)
    story.seen("nothing yet")
    connect(story, flatchr)
    decide_a_value(story)
    explore(story)
    for vacancy in flatchr.vacancies()[-VANISHING:]:
        flatchr.remove_vacancy(vacancy["id"])
    confirm_a_held_deletion(story)
    take_away(story, tmp_path)
    submit(story, tmp_path)

    assert len(flatchr.world.company.applicants.added()) == 1
    story.go("index")
    story.seen("overview afterwards")


def connect(story: Story, flatchr: Sandbox) -> None:
    story.link("Connect a tenant").click()
    story.field("Company name").fill("Clinique Ouest")
    story.field("Flatchr environment").select_option("sandbox")
    story.field("Company key").fill(flatchr.company_key)
    story.field("Career site slug").fill(flatchr.slug)
    story.field("API key").fill(flatchr.api_key)
    story.seen("keys entered")
    story.button("Check and connect").click()
    named = story.says("%(record)s is connected", record="Clinique Ouest")
    expect(story.page.get_by_role("heading", name=named)).to_be_visible()
    live = story.page.locator("#run-live")
    expect(live).to_contain_text(
        story.says("Your data has been read. Everything is set up."), timeout=A_WORKER
    )
    story.seen("first sync watched")
    story.link("See the sync in detail").click()
    expect(live).to_contain_text(story.says("Succeeded"))
    story.seen("first sync in detail")


def decide_a_value(story: Story) -> None:
    expect(story.page.locator("#warnings")).to_be_visible()
    story.link("Say what these values mean").click()
    story.page.get_by_label("VIE", exact=True).select_option("CONTRACT")
    story.seen("value decided")
    story.button("Save and sync now").click()
    expect(story.page.locator("#run-live")).to_contain_text(
        story.says("Succeeded"), timeout=A_WORKER
    )
    story.seen("value applied")
    assert Job.objects.filter(employment_type="CONTRACT").exists()


def explore(story: Story) -> None:
    candidate = Candidate.objects.exclude(last_name="").order_by("pk")[0]
    found = story.page.locator(".rl-hits a", has_text=candidate.last_name or "").first
    story.go("search")
    search_until(story, str(candidate), found)
    story.seen("found")
    found.click()
    expect(story.page.locator(".rl-source-raw pre")).to_be_visible()
    story.page.locator(".rl-origins [data-from]").first.focus()
    story.seen("raw beside unified")


def search_until(story: Story, words: str, found: Locator) -> None:
    """What a sync has brought can be found some moments after it."""
    deadline = time.monotonic() + A_WORKER / 1000
    while True:
        story.page.locator("#changelist-search input[name=q]").fill(words)
        with story.page.expect_navigation():
            story.page.keyboard.press("Enter")
        if found.count():
            return
        assert time.monotonic() < deadline, f"{words} cannot be found."


def confirm_a_held_deletion(story: Story) -> None:
    story.go("index")
    story.button("Sync now").first.click()
    expect(story.page.locator("#held")).to_be_visible(timeout=A_WORKER)
    story.seen("deletions held")
    story.page.locator("#held .rl-danger-button").click()
    story.seen("deletions to confirm")
    story.page.locator("main .rl-danger-button").click()
    expect(story.page.locator("#decision")).to_be_visible()
    story.seen("deletions confirmed")
    assert Job.objects.live().count() == 5


def take_away(story: Story, folder: Path) -> None:
    story.go("integrations_candidate_changelist")
    story.seen("candidates")
    story.link("Export").click()
    story.seen("export")
    with story.page.expect_download() as download:
        story.button("Download").click()
    download.value.save_as(folder / "candidates.csv")
    lines = (folder / "candidates.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) > Candidate.objects.live().count()


def submit(story: Story, folder: Path) -> None:
    cv = folder / "CV Perrot.pdf"
    cv.write_bytes(pdf())
    job = Job.objects.live().filter(status="OPEN").order_by("pk")[0]
    story.page.goto(f"{reverse('admin:integrations_submission_add')}?job={job.pk}")
    for label, value in (
        ("First name", "Nadia"),
        ("Last name", "Perrot"),
        ("E-mail", "nadia.perrot@mail.example"),
    ):
        story.field(label).fill(value)
    story.page.locator("#id_document").set_input_files(cv)
    story.seen("candidate typed")
    story.button("Submit").click()
    expect(story.page.locator("#verdict")).to_contain_text(
        story.says("Flatchr has it"), timeout=A_WORKER
    )
    story.seen("flatchr has it")
    assert Submission.objects.get().state == SubmissionState.SUCCEEDED
    story.link("Open the application").click()
    expect(story.page.get_by_role("heading", level=1)).to_contain_text("Nadia Perrot")
    story.seen("the application")
