"""From a list to a file, in a real browser: columns chosen, and a large file watched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.exports import working
from integrations.models import Candidate, Export, ExportState, Integration

pytestmark = pytest.mark.django_db(transaction=True)


def test_columns_are_chosen_and_a_large_file_is_watched_until_it_is_there(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, User], None],
    alice: User,
    tenant: Integration,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.DATA_DIR = tmp_path
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
    page = open_page(viewport={"width": 390, "height": 844})
    log_in(page, alice)
    page.goto("/admin/integrations/candidate/")
    page.get_by_role("link", name="Export", exact=True).click()
    page.get_by_label("Semicolon").check()
    page.get_by_label("31/03/2026").check()
    page.get_by_role("button", name="None", exact=True).click()
    for column in ("First name", "Changed"):
        page.get_by_label(column, exact=True).check()
    page.get_by_label("Save these columns as").fill("Short")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The columns were saved as “Short”.")).to_be_visible()
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_role("button", name="Short", exact=True).click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(3)

    # Excel has no use for a separator.
    page.get_by_label("Excel, with").check()
    expect(page.get_by_text("Separator")).to_be_hidden()
    page.get_by_label("CSV, for").check()
    with page.expect_download() as small:
        page.get_by_role("button", name="Download").click()
    small.value.save_as(tmp_path / "small.csv")
    assert "First name;Changed" in (tmp_path / "small.csv").read_text("utf-8-sig")

    settings.EXPORT_ROWS_AT_ONCE = 1
    page.reload()
    page.get_by_role("button", name="Prepare the file").click()
    expect(page.locator("#export-live")).to_contain_text("Waiting")
    export = Export.objects.get(state=ExportState.QUEUED)
    working.work_on(export.pk)
    expect(page.get_by_text("The file is ready")).to_be_visible()
    with page.expect_download() as large:
        page.get_by_role("button", name="Download").click()
    large.value.save_as(tmp_path / "large.csv")
    text = (tmp_path / "large.csv").read_text("utf-8-sig")
    assert "Zoé" in text
    assert "Louis" in text
