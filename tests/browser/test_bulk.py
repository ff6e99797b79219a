"""A bulk upload as somebody at a screen does it: template, check, mend, send, follow, take away."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import FilePayload, Page, expect

from integrations.models import BulkUpload, FlatchrSettings, Integration, Job, Submission
from integrations.sandbox import Sandbox
from integrations.submissions.bulk import uploads
from integrations.submissions.bulk import worker as working
from tests.browser.width import beyond_the_edge
from tests.submissions.bulk_files import csv_sheet, cvs_for, row, xlsx_sheet
from tests.submissions.bulk_uploads import checked, job, uploaded
from tests.support.worker import Worker
from tests.sync.running import sync

LogIn = Callable[[Page, User], None]
A_WHILE = 30_000


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """Files of a test are that test's alone, and its worker's."""
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=3, applicants=4)


@pytest.fixture
def synced(
    connected_tenant: Integration, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Integration:
    settings.FLATCHR_BURST = 100_000
    monkeypatch.setenv("FLATCHR_BURST", "100000")
    sync(connected_tenant)
    FlatchrSettings.objects.update(offerer_id=75)
    return connected_tenant


def sheet(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_a_sheet_is_checked_mended_sent_and_its_result_taken_away(
    page: Page, log_in: LogIn, alice: User, synced: Integration, worker: Worker, tmp_path: Path
) -> None:
    open_job = Job.objects.filter(integration=synced, status="OPEN")[0]
    rows = [row(number, open_job.pk) for number in range(6)]
    wrong = [*rows[:2], {**rows[2], "email_address": "nobody"}, *rows[3:]]
    log_in(page, alice)

    # From the list of submissions to the form, and what to fill in.
    page.goto("/admin/integrations/submission/")
    page.get_by_role("link", name="Bulk uploads").click()
    page.get_by_role("link", name="Upload a sheet").first.click()
    with page.expect_download() as template:
        page.get_by_role("link", name="Excel template").click()
    assert template.value.suggested_filename == "candidates-atelier-nord.xlsx"
    assert template.value.path().stat().st_size

    # A wrong ending is said at once, and nothing else is lost.
    page.get_by_label("ZIP of CVs").set_input_files(sheet("cvs.zip", cvs_for(rows)))
    page.get_by_label("Sheet", exact=True).set_input_files(sheet("list.pdf", b"%PDF"))
    expect(page.get_by_text("list.pdf is not a CSV or XLSX file.")).to_be_visible()
    page.get_by_label("Sheet", exact=True).set_input_files(
        sheet("list.csv", csv_sheet(wrong, encoding="cp1252"))
    )
    page.get_by_role("button", name="Upload and check").click()

    # The verdicts come without a reload; nothing has been sent.
    expect(page.get_by_text("5 rows can be sent, 1 cannot")).to_be_visible(timeout=A_WHILE)
    expect(page.get_by_text("This is not an e-mail address.")).to_be_visible()
    page.get_by_text("What will be sent").first.click()
    expect(page.locator("details[open]")).to_contain_text("cv-0.txt (TXT, 1 KB)")
    assert not Submission.objects.exists()

    # Mended, with the same ZIP.
    page.get_by_role("link", name="Upload a corrected sheet").click()
    expect(page.get_by_text("uploaded before")).to_be_visible()
    page.get_by_label("Sheet", exact=True).set_input_files(sheet("list.xlsx", xlsx_sheet(rows)))
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("6 rows can be sent")).to_be_visible(timeout=A_WHILE)

    page.get_by_role("button", name="Send 6 candidates").click()
    expect(page.locator("#done")).to_contain_text("6 succeeded", timeout=A_WHILE)
    with page.expect_download() as result:
        page.get_by_role("button", name="Result (CSV)").click()
    saved = tmp_path / "result.csv"
    result.value.save_as(saved)
    with saved.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file, delimiter=";"))
    assert [line["state"] for line in found] == ["Succeeded"] * 6
    assert all(line["application_id"] for line in found)


def test_the_form_keeps_the_files_when_the_tenant_is_not_chosen(
    page: Page, log_in: LogIn, admin: User, tenant: Integration, other_tenant: Integration
) -> None:
    log_in(page, admin)
    page.goto("/admin/integrations/bulkupload/add/")
    page.get_by_label("Sheet", exact=True).set_input_files(sheet("list.csv", b"x"))

    page.get_by_role("button", name="Upload and check").click()

    expect(page.get_by_text("list.csv")).to_be_visible()
    assert page.evaluate("document.querySelector('select[name=tenant]').validity.valueMissing")
    page.get_by_label("Tenant", exact=True).select_option(tenant.pk)
    expect(page.get_by_role("link", name="Excel template")).to_have_attribute(
        "href",
        f"/admin/integrations/bulkupload/template/xlsx/?tenant={tenant.pk.replace(':', '%3A')}",
    )
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("Reading the files")).to_be_visible()
    assert BulkUpload.objects.get().integration == tenant


def test_the_keyboard_alone_is_enough(
    page: Page, log_in: LogIn, alice: User, tenant: Integration
) -> None:
    job(tenant)
    upload = checked(tenant, [row(1), row(2, first_name="")])
    log_in(page, alice)
    page.goto(f"/admin/integrations/bulkupload/{upload.pk}/change/")

    page.get_by_role("link", name="With errors").focus()
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Send 1 candidate").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#bulk-live")).to_contain_text("0 of 1 candidate done")
    page.get_by_role("button", name="Cancel the rest").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("1 cancelled, 1 not sent")


@pytest.mark.every_database
def test_a_double_click_starts_once(
    page: Page, log_in: LogIn, alice: User, tenant: Integration
) -> None:
    job(tenant)
    upload = checked(tenant, [row(1)])
    log_in(page, alice)
    page.goto(f"/admin/integrations/bulkupload/{upload.pk}/change/")

    page.get_by_role("button", name="Send 1 candidate").dblclick()

    expect(page.locator("#bulk-live")).to_be_visible()
    while working.work_on(upload.pk):
        pass
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_every_page_without_scrolling_sideways(
    open_page: Callable[..., Page], scheme: str, log_in: LogIn, alice: User, tenant: Integration
) -> None:
    job(tenant, "Oak joiner " + "x" * 90)
    long = {"first_name": "N" * 120, "cv": "c" * 150 + ".txt"}
    bad = row(2, email_address="e" * 150, job="j" * 200)
    ready = checked(tenant, [row(1, **long), bad], user=alice)
    sent = checked(tenant, [row(3, **long), bad], user=alice)
    uploads.start(sent)
    refused = checked(tenant, sheet=b"n" * 300 + b"\nx\n", archive=b"")
    waiting = uploaded(tenant, [row(4)])
    page = open_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    log_in(page, alice)

    paths = ["", "add/", f"add/?instead_of={ready.pk}"]
    paths += [f"{upload.pk}/change/" for upload in (ready, refused, sent, waiting)]
    for path in paths:
        page.goto(f"/admin/integrations/bulkupload/{path}")
        assert beyond_the_edge(page) <= 0, path
