"""Submitting a candidate as a hurried user does: by keyboard, twice, with mistakes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from integrations.models import (
    Integration,
    Job,
    Submission,
    SubmissionState,
)
from tests.browser.conftest import Complaints
from tests.browser.submission_form import (
    LogIn,
    choose_job,
    cv,
    data_dir,
    fill_in,
    job,
    open_form,
    press,
    type_person,
)
from tests.browser.width import beyond_the_edge
from tests.support.worker import Worker
from tests.sync.running import sync

__all__ = ["cv", "data_dir", "job"]

A_WORKER = 30_000


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Any]) -> Any:
    """A Flatchr with few records: every applicant costs a sync a request for its traits."""
    return make_sandbox(vacancies=3, applicants=6)


@pytest.fixture
def flatchr_tenant(connected_tenant: Integration) -> Integration:
    """The connected tenant after its first sync."""
    sync(connected_tenant)
    return connected_tenant


def test_a_candidate_is_submitted_with_the_keyboard_alone_and_arrives_at_flatchr(
    page: Page,
    log_in: LogIn,
    alice: User,
    flatchr_tenant: Integration,
    sandbox: Any,
    worker: Worker,
    cv: Path,
) -> None:
    job = Job.objects.filter(integration=flatchr_tenant, status="OPEN").order_by("pk")[0]
    log_in(page, alice)
    open_form(page)
    keys = page.keyboard

    page.get_by_role("combobox", name="Job").focus()
    keys.type(job.name)
    expect(page.get_by_role("option", selected=True)).to_be_visible()
    keys.press("Enter")
    for value in ("Nadia", "Perrot", "nadia.perrot@mail.example", "06 39 98 00 01"):
        keys.press("Tab")
        keys.type(value)
    keys.press("Tab")
    expect(page.locator("#id_document")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        keys.press("Enter")
    chooser.value.set_files(cv)
    expect(page.get_by_text("CV Perrot.pdf")).to_be_visible()
    submit = page.get_by_role("button", name="Submit", exact=True)
    for _ in range(6):
        if submit.evaluate("button => button === document.activeElement"):
            break
        keys.press("Tab")
    keys.press("Enter")

    expect(page.locator("#verdict")).to_contain_text("Flatchr has it", timeout=A_WORKER)
    assert len(sandbox.world.company.applicants.added()) == 1
    sent = Submission.objects.get()
    assert (sent.state, sent.created_by, sent.phone_number) == (
        SubmissionState.SUCCEEDED,
        alice,
        "06 39 98 00 01",
    )
    page.get_by_role("link", name="Open the application").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nadia Perrot")
    expect(page.get_by_text("Submitted from here")).to_be_visible()


def test_a_check_shows_what_would_be_sent_and_stores_nothing(
    page: Page,
    log_in: LogIn,
    alice: User,
    flatchr_tenant: Integration,
    sandbox: Any,
    cv: Path,
) -> None:
    job = Job.objects.filter(integration=flatchr_tenant, status="OPEN").order_by("pk")[0]
    log_in(page, alice)
    open_form(page, f"?job={job.pk}")
    type_person(page)
    page.get_by_label("Last name").fill("D’Almeida")
    page.locator("#id_document").set_input_files(cv)

    press(page, "Check")

    expect(page.locator("#checked")).to_contain_text("Flatchr would accept this")
    shown = page.locator("#would-be-sent")
    for expected in ("D'Almeida", "nadia.perrot@mail.example", "CV Perrot.pdf", str(job)):
        expect(shown).to_contain_text(expected)
    expect(shown).to_contain_text("The source is not written in Flatchr")
    expect(page.get_by_label("Last name")).to_have_value("D’Almeida")
    assert sandbox.world.company.applicants.added() == []
    assert Submission.objects.get().state == SubmissionState.CHECKED


def test_an_error_keeps_all_that_was_typed_and_attached(
    page: Page, log_in: LogIn, alice: User, job: Job, cv: Path
) -> None:
    log_in(page, alice)
    open_form(page)
    fill_in(page, cv, email="nadia.perrot")
    page.get_by_label("Cover letter").fill("Bonjour,\n\nJ’ai lu votre annonce.")
    page.locator("summary", has_text="More").click()
    page.get_by_label("Offerer ID").fill("seventy-five")

    press(page, "Submit")

    expect(page.get_by_text("What you typed and attached is kept.")).to_be_visible()
    expect(page.get_by_text("This is not an e-mail address.")).to_be_visible()
    expect(page.get_by_text("The offerer ID is a whole number above zero.")).to_be_visible()
    for label, value in (
        ("First name", "Nadia"),
        ("Last name", "Perrot"),
        ("E-mail", "nadia.perrot"),
        ("Cover letter", "Bonjour,\n\nJ’ai lu votre annonce."),
        ("Offerer ID", "seventy-five"),
    ):
        expect(page.get_by_label(label, exact=label == "E-mail")).to_have_value(value)
    expect(page.get_by_role("combobox", name="Job")).to_have_value("Comptable H/F (Lille)")
    expect(page.get_by_text("CV Perrot.pdf")).to_be_visible()
    expect(page.get_by_label("E-mail", exact=True)).to_be_focused()

    page.reload()
    expect(page.get_by_label("First name")).to_have_value("Nadia")
    expect(page.get_by_text("CV Perrot.pdf")).to_be_visible()

    page.get_by_label("E-mail", exact=True).fill("nadia.perrot@mail.example")
    press(page, "Submit")
    expect(page.locator("#verdict")).to_contain_text("Waiting to be sent")
    submission = Submission.objects.get()
    assert submission.state == SubmissionState.QUEUED
    with submission.document.open() as kept:
        assert kept.read() == cv.read_bytes()


@pytest.mark.every_database
def test_a_double_click_on_submit_makes_one_submission(
    page: Page, log_in: LogIn, alice: User, job: Job, cv: Path
) -> None:
    log_in(page, alice)
    open_form(page)
    fill_in(page, cv)

    page.get_by_role("button", name="Submit", exact=True).dblclick()

    expect(page.locator("#verdict")).to_be_visible()
    assert Submission.objects.get().state == SubmissionState.QUEUED


@pytest.mark.every_database
def test_two_tabs_make_one_submission(
    page: Page, log_in: LogIn, alice: User, job: Job, cv: Path
) -> None:
    log_in(page, alice)
    other = page.context.new_page()
    for tab in (page, other):
        open_form(tab)
        fill_in(tab, cv)

    press(page, "Submit")
    expect(page.locator("#verdict")).to_contain_text("Waiting to be sent")
    press(other, "Submit")

    expect(other.get_by_text("This was submitted a moment ago: this is it.")).to_be_visible()
    assert other.url == page.url
    assert Submission.objects.filter(state=SubmissionState.QUEUED).count() == 1


def test_a_field_is_judged_when_it_is_left_and_again_when_it_is_mended(
    page: Page, log_in: LogIn, alice: User, job: Job
) -> None:
    log_in(page, alice)
    open_form(page)
    email, error = page.get_by_label("E-mail", exact=True), page.locator("#id_email_address_error")

    email.fill("nadia")
    email.press("Tab")
    expect(error).to_contain_text("This is not an e-mail address.")
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#id_first_name_error")).to_be_hidden()
    email.fill("nadia@mail.example")
    email.press("Tab")
    expect(error).to_be_hidden()

    page.get_by_label("Last name").fill("D’Almeida")
    page.get_by_label("Last name").press("Tab")
    expect(page.get_by_text("Flatchr does not take ’: it is sent as '.")).to_be_visible()


def test_open_jobs_come_first_and_closed_ones_are_refused_with_a_reason(
    page: Page, log_in: LogIn, alice: User, job: Job
) -> None:
    log_in(page, alice)
    open_form(page)
    field = page.get_by_role("combobox", name="Job")

    field.press("ArrowDown")
    options = page.get_by_role("option")
    expect(options).to_have_count(3)
    expect(options.nth(2)).to_contain_text("Closed in Flatchr: it takes no applications.")
    expect(options.nth(2)).to_have_attribute("aria-disabled", "true")
    field.press("ArrowUp")
    field.press("Enter")
    expect(page.locator("#id_job_error")).to_contain_text("Closed in Flatchr")
    field.press("Escape")
    expect(options.first).to_be_hidden()

    field.fill("soud")
    expect(options).to_have_count(1)
    field.press("Enter")
    expect(field).to_have_value("Soudeuse H/F (Lille)")
    expect(page.locator("#id_job_error")).to_be_hidden()

    field.fill("nothing of that name")
    expect(page.get_by_text("No job matches.").first).to_be_visible()
    field.press("Escape")
    expect(field).to_have_value("Soudeuse H/F (Lille)")


def test_without_its_script_the_form_works_all_the_same(
    page: Page, log_in: LogIn, alice: User, job: Job, cv: Path
) -> None:
    page.route("**/submissions.js", lambda route: route.fulfill(body=""))
    log_in(page, alice)
    open_form(page)
    page.get_by_label("Job", exact=True).select_option(label="Comptable H/F (Lille)")
    page.get_by_label("First name").fill("Nadia")
    page.locator("#id_document").set_input_files(cv)

    press(page, "Submit")
    expect(page.get_by_text("Enter the last name.")).to_be_visible()
    expect(page.get_by_text("CV Perrot.pdf")).to_be_visible()
    page.get_by_label("Last name").fill("Perrot")
    page.get_by_label("E-mail", exact=True).fill("nadia.perrot@mail.example")
    press(page, "Submit")

    expect(page.locator("#verdict")).to_contain_text("Waiting to be sent")
    assert Submission.objects.get().state == SubmissionState.QUEUED


def test_the_tenant_is_asked_for_before_anything_is_lost(
    page: Page,
    log_in: LogIn,
    admin: User,
    job: Job,
    other_tenant: Integration,
    cv: Path,
) -> None:
    log_in(page, admin)
    open_form(page)
    type_person(page)
    page.locator("#id_document").set_input_files(cv)

    press(page, "Submit")
    expect(page.get_by_text("Choose a tenant.")).to_be_visible()
    expect(page.get_by_label("Tenant", exact=True)).to_be_focused()
    page.get_by_label("Tenant", exact=True).select_option(label="Atelier Nord")
    choose_job(page, "comptable lille")
    press(page, "Submit")

    expect(page.locator("#verdict")).to_contain_text("Waiting to be sent")
    assert Submission.objects.get().integration == job.integration


def test_the_page_follows_a_submission_and_keeps_open_what_was_opened(
    page: Page, log_in: LogIn, alice: User, job: Job
) -> None:
    submission = Submission.objects.create(
        integration=job.integration, job=job, state="SENDING", first_name="Nadia"
    )
    submission.log.create(kind="LOOKUP", started_at=job.changed_at, outcome="not_found")
    log_in(page, alice)
    page.goto(f"/admin/integrations/submission/{submission.pk}/change/")
    page.get_by_text("Request and answer").click()

    submission.log.create(kind="SEND", started_at=submission.created_at)
    expect(page.get_by_text("Sent to Flatchr", exact=True)).to_be_visible()
    expect(page.get_by_text("No answer.").first).to_be_visible()

    Submission.objects.filter(pk=submission.pk).update(state="SUCCEEDED")
    expect(page.locator("#verdict")).to_contain_text("Flatchr has it")
    expect(page.locator("[data-live-url]")).to_have_count(0)


def test_a_broken_connection_while_typing_disturbs_nobody(
    page: Page, log_in: LogIn, alice: User, job: Job, complaints: Complaints
) -> None:
    log_in(page, alice)
    open_form(page)

    page.context.set_offline(True)
    type_person(page)
    page.get_by_label("E-mail", exact=True).press("Tab")
    expect(page.get_by_label("Last name")).to_have_value("Perrot")
    page.context.set_offline(False)

    # What the browser itself says of being offline.
    complaints[:] = [text for text in complaints if "ERR_INTERNET_DISCONNECTED" not in text]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_every_page_without_scrolling_sideways(
    open_page: Callable[..., Page],
    scheme: str,
    log_in: LogIn,
    admin: User,
    job: Job,
    other_tenant: Integration,
) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    log_in(page, admin)
    submission = Submission.objects.create(
        integration=job.integration,
        job=job,
        state=SubmissionState.FAILED,
        first_name="N" * 200,
        email_address=f"{'p' * 200}@mail.example",
        error_message="e" * 300,
        replacements=[{"field": "first_name", "from": "’", "to": "'"}],
        document_name=f"{'c' * 90}.pdf",
    )
    submission.log.create(
        kind="SEND",
        started_at=submission.created_at,
        outcome="refused",
        request={"method": "POST", "path": "/" + "x" * 300, "body": {"firstname": "y" * 300}},
        response="z" * 500,
    )
    for path in (
        "",
        "integrations/submission/",
        "integrations/submission/add/",
        f"integrations/submission/{submission.pk}/change/",
        f"integrations/submission/{submission.pk}/edit/",
        f"integrations/integration/{job.integration_id.replace(':', '_3A')}/settings/",
    ):
        page.goto(f"/admin/{path}")
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert beyond_the_edge(page) <= 0, path


def test_a_phone_reaches_the_submit_button(
    open_page: Callable[..., Page], log_in: LogIn, alice: User, job: Job, cv: Path
) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True)
    log_in(page, alice)
    open_form(page)
    field = page.get_by_role("combobox", name="Job")

    field.tap()
    page.get_by_role("option", name=re.compile(r"Comptable.*Lille")).tap()
    type_person(page)
    page.locator("#id_document").set_input_files(cv)
    page.get_by_role("button", name="Submit", exact=True).tap()

    expect(page.locator("#verdict")).to_contain_text("Waiting to be sent")
