"""The main job, as somebody at a screen does it: connect, watch, browse, take away, cancel."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.models import (
    Application,
    Candidate,
    FlatchrCredentials,
    Integration,
    RunState,
    SyncRun,
)
from tests.browser.conftest import Complaints
from tests.browser.width import beyond_the_edge
from tests.support.worker import Worker

LogIn = Callable[[Page, User], None]
A_SYNC = 30_000


def connect(page: Page, sandbox: Any, *, api_key: str) -> None:
    page.get_by_role("link", name="Connect a tenant").first.click()
    page.get_by_label("Company name").fill("Clinique Ouest")
    page.get_by_label("Flatchr environment").select_option("sandbox")
    page.get_by_label("Company key", exact=True).fill(sandbox.company_key)
    page.get_by_label("Career site slug").fill(sandbox.slug)
    page.get_by_label("API key", exact=True).fill(api_key)
    # `connected_tenant` has the account.
    page.get_by_label("Connect the account a second time").check()
    page.get_by_role("button", name="Check and connect").click()


def test_a_tenant_is_connected_and_its_first_sync_watched_to_the_end(
    page: Page,
    log_in: LogIn,
    alice: User,
    connected_tenant: Integration,
    sandbox: Any,
    worker: Worker,
) -> None:
    log_in(page, alice)

    connect(page, sandbox, api_key="not-the-key")
    expect(page.get_by_text("Nothing was saved")).to_be_visible()
    expect(page.get_by_label("Company name")).to_have_value("Clinique Ouest")

    page.get_by_label("API key", exact=True).fill(sandbox.api_key)
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_role("heading", name="Clinique Ouest is connected")).to_be_visible()
    expect(page.locator("#run-live")).to_contain_text("Your data has been read", timeout=A_SYNC)
    page.get_by_role("link", name="See the sync in detail").click()
    expect(page.locator("#run-live")).to_contain_text("Succeeded")
    expect(page.get_by_role("button", name="Sync again")).to_be_visible()
    made = Integration.objects.get(organization="Clinique Ouest")
    assert Candidate.objects.filter(integration=made).exists()


def test_sync_now_then_from_a_candidate_to_the_job(
    page: Page, log_in: LogIn, alice: User, connected_tenant: Integration, worker: Worker
) -> None:
    log_in(page, alice)

    page.get_by_role("button", name="Sync now").click()
    expect(page.locator("#run-live")).to_contain_text("Succeeded", timeout=A_SYNC)

    page.locator("#nav-sidebar").get_by_text("Candidates").click()
    application = Application.objects.exclude(job=None).select_related("candidate", "job")[0]
    page.goto(f"/admin/integrations/candidate/{application.candidate_id}/change/")
    page.get_by_role("link", name="Open it", exact=True).first.click()
    expect(page).to_have_url(re.compile("/application/"))
    job = page.locator("dd a[href*='/job/']:not([data-go])")
    name = job.inner_text()
    job.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def test_candidates_are_downloaded_as_the_list_shows_them(
    page: Page, log_in: LogIn, alice: User, tenant: Integration, tmp_path: Path
) -> None:
    Candidate.objects.bulk_create(
        Candidate(
            id=f"c{number}",
            integration=tenant,
            remote_id=f"r{number}",
            first_name=name,
            last_name="Martin",
            changed_at=tenant.created_at,
        )
        for number, name in enumerate(["Zoé", "Louis"])
    )
    log_in(page, alice)
    page.locator("#nav-sidebar").get_by_text("Candidates").click()
    page.get_by_placeholder("Name or e-mail").fill("Louis")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)

    page.get_by_role("link", name="Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()

    saved = tmp_path / "candidates.csv"
    download.value.save_as(saved)
    text = saved.read_text(encoding="utf-8-sig")
    assert "Louis" in text
    assert "Zoé" not in text


def test_a_waiting_sync_is_cancelled(
    page: Page, log_in: LogIn, alice: User, tenant: Integration
) -> None:
    log_in(page, alice)
    page.get_by_role("button", name="Sync now").click()
    expect(page.locator("#run-live")).to_contain_text("Queued")

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("Stopped by hand")).to_be_visible()
    assert SyncRun.objects.get().state == RunState.CANCELLED


@pytest.mark.every_database
def test_a_double_click_starts_one_sync(
    page: Page, log_in: LogIn, alice: User, tenant: Integration
) -> None:
    log_in(page, alice)

    page.get_by_role("button", name="Sync now").dblclick()

    expect(page.locator("#run-live")).to_be_visible()
    assert SyncRun.objects.count() == 1


def test_the_live_page_follows_a_run_without_being_reloaded(
    page: Page, log_in: LogIn, alice: User, tenant: Integration
) -> None:
    run = SyncRun.objects.create(integration=tenant)
    log_in(page, alice)
    page.goto(f"/admin/integrations/syncrun/{run.pk}/change/")
    expect(page.locator("#run-live")).to_contain_text("Queued")

    SyncRun.objects.filter(pk=run.pk).update(
        state=RunState.RUNNING, phase="jobs", requests=41, started_at=tenant.created_at
    )

    expect(page.locator("#run-live")).to_contain_text("Running")
    expect(page.locator("#run-live")).to_contain_text("41")


def test_a_broken_connection_is_said_and_survived(
    page: Page, log_in: LogIn, alice: User, tenant: Integration, complaints: Complaints
) -> None:
    run = SyncRun.objects.create(integration=tenant)
    log_in(page, alice)
    page.goto(f"/admin/integrations/syncrun/{run.pk}/change/")

    page.context.set_offline(True)
    expect(page.locator("#run-lost")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#run-lost")).to_be_hidden()

    # What the browser itself says of being offline.
    complaints[:] = [text for text in complaints if "ERR_INTERNET_DISCONNECTED" not in text]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_every_page_without_scrolling_sideways(
    open_page: Callable[..., Page], scheme: str, log_in: LogIn, admin: User, tenant: Integration
) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    log_in(page, admin)
    run = SyncRun.objects.create(integration=tenant, state=RunState.SUCCEEDED)
    FlatchrCredentials.objects.filter(pk=tenant.pk).update(slug="s" * 100)

    for path in (
        "",
        "integrations/integration/",
        f"integrations/integration/{tenant.pk.replace(':', '_3A')}/change/",
        "integrations/integration/add/",
        f"integrations/syncrun/{run.pk}/change/",
        "integrations/candidate/",
        "auth/user/",
    ):
        page.goto(f"/admin/{path}")
        page.wait_for_load_state("networkidle")
        assert beyond_the_edge(page) <= 0, path
