"""How far it is, for somebody in a hurry, from the login to what they came for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from integrations.models import Application, Candidate, Integration, Job, Submission
from tests.submissions.cv_files import pdf

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[[Page, User], None]
# `docs/using.md` says these numbers.
TO_THE_FILE = 5
TO_THE_SUBMISSION = 5


class Clicks:
    """Counts the presses of a mouse. What is typed is not counted, nor how a file is looked for."""

    def __init__(self) -> None:
        self.count = 0

    def on(self, target: Locator) -> None:
        self.count += 1
        target.click()

    def choose(self, target: Locator, label: str) -> None:
        """One opens the choice, one makes it."""
        self.count += 2
        target.select_option(label=label)


@pytest.fixture
def jobs(tenant: Integration, settings: Any, tmp_path: Path) -> Job:
    settings.DATA_DIR = tmp_path
    return Job.objects.create(
        id="job1",
        integration=tenant,
        remote_id="remote1",
        vacancy_id=1,
        slug="job-1",
        name="Comptable H/F",
        status="OPEN",
        location={"city": "Lille"},
        changed_at=timezone.now(),
    )


def applied(job: Job, last_name: str, days: int) -> None:
    identity: dict[str, Any] = {
        "id": last_name,
        "integration": job.integration,
        "remote_id": last_name,
        "changed_at": timezone.now(),
    }
    candidate = Candidate.objects.create(**identity, first_name="Nadia", last_name=last_name)
    received = timezone.now() - timedelta(days=days)
    Application.objects.create(**identity, candidate=candidate, job=job, remote_created_at=received)


def test_last_weeks_applicants_are_a_file_after_five_clicks(
    page: Page, log_in: LogIn, alice: User, jobs: Job, tmp_path: Path
) -> None:
    applied(jobs, "Perrot", days=3)
    applied(jobs, "Martin", days=20)
    log_in(page, alice)
    clicks = Clicks()
    clicks.on(page.get_by_role("link", name="Candidates", exact=True).first)
    clicks.choose(page.locator("select[name=applied]"), "Last 7 days")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    clicks.on(page.get_by_role("link", name="Export", exact=True))
    expect(page.get_by_text("Applied: Last 7 days")).to_be_visible()
    with page.expect_download() as file:
        clicks.on(page.get_by_role("button", name="Download"))
    file.value.save_as(tmp_path / "file.csv")
    text = (tmp_path / "file.csv").read_text("utf-8-sig")
    assert "Perrot" in text
    assert "Martin" not in text
    assert clicks.count == TO_THE_FILE


def test_days_of_ones_own_are_typed_and_reach_the_file(
    page: Page, log_in: LogIn, alice: User, jobs: Job
) -> None:
    applied(jobs, "Perrot", days=3)
    applied(jobs, "Martin", days=20)
    log_in(page, alice)
    page.goto("/admin/integrations/application/")
    page.locator("select[name=applied]").select_option(label="From … to …")
    last = timezone.localdate() - timedelta(days=10)
    page.get_by_label("To", exact=True).fill(last.isoformat())
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("#result_list")).to_contain_text("Martin")
    page.get_by_role("link", name="Export", exact=True).click()
    expect(page.locator(".rl-export-count")).to_contain_text("1 application")


def test_a_candidate_is_submitted_after_five_clicks(
    page: Page, log_in: LogIn, alice: User, jobs: Job, tmp_path: Path
) -> None:
    cv = tmp_path / "CV Perrot.pdf"
    cv.write_bytes(pdf())
    log_in(page, alice)
    clicks = Clicks()
    clicks.on(page.get_by_role("link", name="Submit a candidate").first)
    clicks.on(page.get_by_role("combobox", name="Job"))
    clicks.on(page.get_by_role("option").first)
    for value in ("Nadia", "Perrot", "nadia.perrot@mail.example"):
        page.keyboard.press("Tab")
        page.keyboard.type(value)
    with page.expect_file_chooser() as chooser:
        clicks.on(page.locator(".rl-drop"))
    chooser.value.set_files(cv)
    clicks.on(page.get_by_role("button", name="Submit", exact=True))
    expect(page.locator("#verdict")).to_be_visible()
    assert Submission.objects.get().email_address == "nadia.perrot@mail.example"
    assert clicks.count == TO_THE_SUBMISSION
