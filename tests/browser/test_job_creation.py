"""A job is created at Flatchr from its form, and arrives with the next sync."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.actions import working
from integrations.models import Action, Integration, Job, SyncRun
from integrations.sandbox import Sandbox
from tests.browser import axe
from tests.browser.pictures import pictures_in
from tests.browser.width import beyond_the_edge
from tests.sync.running import sync

LogIn = Callable[[Page, User], None]


@pytest.mark.parametrize(
    ("locale", "scheme", "width"), [("en-GB", "light", 1440), ("fr-FR", "dark", 390)]
)
def test_a_job_is_created(
    open_page: Callable[..., Page],
    log_in: LogIn,
    alice: User,
    first_synced: Integration,
    sandbox: Sandbox,
    settings: Any,
    screenshots: Path,
    locale: str,
    scheme: str,
    width: int,
) -> None:
    settings.FLATCHR_BURST = 100_000
    page = open_page(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        locale=locale,
        reduced_motion="reduce",
    )
    axe.install(page.context)
    pictures = pictures_in(screenshots, f"job-creation-{width}")
    log_in(page, alice)
    page.goto("/admin/integrations/job/")
    page.locator("a[href$='/job/create/']").click()
    # The one tenant is chosen; the family decides which occupations there are.
    expect(page.locator("#id_metier_id")).to_have_count(0)
    page.select_option("#id_family", index=1)
    expect(page.locator("#id_metier_id")).to_be_visible()

    page.fill("#id_title", "Assistant RH H/F")
    page.fill("#id_start_date", "2027-03-01")
    page.fill("#id_end_date", "2027-02-01")
    page.locator("form[method=post] .rl-primary").click()
    wrong = page.locator(".rl-field-wrong")
    expect(wrong.first).to_be_visible()
    assert wrong.count() == 9
    assert not axe.findings(page)
    assert beyond_the_edge(page) <= 0
    pictures.take(page, "wrong")
    page.fill("#id_reference", "RH-9")
    for name in (
        "contract_type_id",
        "metier_id",
        "activity_id",
        "education_level_id",
        "experience",
    ):
        page.select_option(f"#id_{name}", index=1)
    page.fill("#id_description", "Atelier <Nord>\n\nà Lyon")
    page.fill("#id_mission", "Paie")
    page.fill("#id_profile", "Bac+3")
    page.fill("#id_end_date", "2027-09-01")
    # The answer is lost: it is looked for, and nothing is created twice.
    sandbox.faults.add(method="POST", path="/vacancy$", cut=0, times=1)
    page.locator("form[method=post] .rl-primary").click()
    page.wait_for_url("**/creation/?action=*")
    expect(page.locator("[data-live-url] .rl-badge")).to_be_visible()
    pictures.take(page, "under way")
    working.work_on(Action.objects.get().pk)
    expect(page.locator("main .rl-success").first).to_be_visible()
    assert len(sandbox.requests.matching("POST", "/vacancy$")) == 1
    assert not axe.findings(page)
    pictures.take(page, "created")

    SyncRun.objects.exclude(state="SUCCEEDED").delete()
    sync(first_synced)
    job = Job.objects.get(integration=first_synced, reference="RH-9")
    assert job.name == "Assistant RH H/F"
    assert "<p>Atelier &lt;Nord&gt;</p><p>à Lyon</p>" in str(job.remote_data)
    page.locator("main .rl-link").click()
    expect(page.locator("#result_list", has_text="Assistant RH H/F")).to_be_visible()
