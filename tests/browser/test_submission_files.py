"""The CV of a submission: chosen, dropped, refused and removed."""

from __future__ import annotations

from pathlib import Path

from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.models import (
    Job,
    Submission,
)
from tests.browser.submission_form import LogIn, cv, data_dir, fill_in, job, open_form, press

__all__ = ["cv", "data_dir", "job"]


def test_a_file_of_the_wrong_kind_is_refused_before_it_is_sent(
    page: Page, log_in: LogIn, alice: User, job: Job, tmp_path: Path
) -> None:
    program, empty, large = (tmp_path / name for name in ("cv.exe", "cv.pdf", "large.pdf"))
    program.write_bytes(b"MZ")
    empty.write_bytes(b"")
    large.write_bytes(b"%PDF-1.4\n" + b"0" * 10 * 1024**2)
    log_in(page, alice)
    open_form(page)
    error = page.locator("#id_document_error")

    page.locator("#id_document").set_input_files(program)
    expect(error).to_contain_text("cv.exe is not of an accepted kind")
    page.locator("#id_document").set_input_files(empty)
    expect(error).to_contain_text("cv.pdf is empty")
    page.locator("#id_document").set_input_files(large)
    expect(error).to_contain_text("large.pdf is 10.0 MB; at most 10.0 MB are accepted")
    expect(page.locator("[data-file]")).to_be_hidden()


def test_a_file_that_is_not_what_it_says_is_refused_with_words(
    page: Page, log_in: LogIn, alice: User, job: Job, cv: Path
) -> None:
    cv.write_text("<html><script>alert(1)</script></html>")
    log_in(page, alice)
    open_form(page)
    fill_in(page, cv)

    press(page, "Submit")

    expect(page.locator("#id_document_error")).to_contain_text("The file is a web page")
    expect(page.get_by_label("First name")).to_have_value("Nadia")
    expect(page.get_by_text("Attach a CV")).to_be_hidden()
    assert not Submission.objects.get().document


def test_a_file_is_dropped_shown_and_taken_off(
    page: Page, log_in: LogIn, alice: User, job: Job
) -> None:
    log_in(page, alice)
    open_form(page)
    drop = """target => {
        const data = new DataTransfer();
        data.items.add(new File(["x".repeat(2000)], "Mon CV.pdf", {type: "application/pdf"}));
        for (const type of ["dragover", "drop"]) {
            const options = {dataTransfer: data, bubbles: true, cancelable: true};
            target.dispatchEvent(new DragEvent(type, options));
        }
    }"""

    # Beside the area: the browser would open the file and lose what was typed.
    page.locator("h1").evaluate(drop)

    shown = page.locator("[data-file]")
    for expected in ("Mon CV.pdf", "PDF", "2 KB"):
        expect(shown).to_contain_text(expected)
    shown.get_by_role("button", name="Remove").press("Enter")
    expect(shown).to_be_hidden()
    expect(page.locator("#id_document")).to_be_focused()
    assert page.locator("#id_document").input_value() == ""


def test_an_attached_file_is_taken_off_the_draft(
    page: Page, log_in: LogIn, alice: User, job: Job, cv: Path
) -> None:
    log_in(page, alice)
    open_form(page)
    page.locator("#id_document").set_input_files(cv)
    press(page, "Submit")
    expect(page.get_by_text("Choose a job.")).to_be_visible()

    page.get_by_label("Remove").check()
    press(page, "Submit")

    expect(page.locator("#id_document_error")).to_contain_text("Attach a CV")
    assert not Submission.objects.get().document
