"""Submitting a candidate, as somebody in a hurry does it: with the keyboard, twice, wrongly."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect

from integrations.models import (
    Application,
    Candidate,
    Integration,
    Job,
    Submission,
    SubmissionState,
)
from tests.browser.conftest import Complaints
from tests.browser.width import beyond_the_edge
from tests.submissions.cv_files import pdf
from tests.support.worker import Worker
from tests.sync.running import sync

LogIn = Callable[[Page, User], None]
NEW = "/admin/integrations/submission/add/"
A_WORKER = 30_000


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """The site and the worker keep CVs in one place, this test's alone."""
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Any]) -> Any:
    """A Flatchr with few records: every applicant costs a sync a request for its traits."""
    return make_sandbox(vacancies=3, applicants=6)


@pytest.fixture
def flatchr_tenant(connected_tenant: Integration) -> Integration:
    """The connected tenant after its first sync."""
    sync(connected_tenant)
    return connected_tenant


@pytest.fixture
def job(tenant: Integration) -> Job:
    """An open job of the tenant that has no Flatchr behind it, beside a closed one."""
    make_job(tenant, "Comptable H/F", status="CLOSED", city="Lyon")
    make_job(tenant, "Soudeuse H/F")
    return make_job(tenant, "Comptable H/F")


def make_job(tenant: Integration, name: str, *, status: str = "OPEN", city: str = "Lille") -> Job:
    number = Job.objects.count() + 1
    return Job.objects.create(
        id=f"job{number}",
        integration=tenant,
        remote_id=f"remote{number}",
        vacancy_id=number,
        slug=f"job-{number}",
        name=name,
        status=status,
        location={"city": city},
        changed_at=tenant.created_at,
    )


@pytest.fixture
def cv(tmp_path: Path) -> Path:
    path = tmp_path / "CV Perrot.pdf"
    path.write_bytes(pdf())
    return path


def open_form(page: Page, query: str = "") -> None:
    page.goto(NEW + query)


def choose_job(page: Page, words: str) -> None:
    field = page.get_by_role("combobox", name="Job")
    field.fill(words)
    expect(page.locator("#id_job_list [aria-selected=true]")).to_be_visible()
    field.press("Enter")


def type_person(page: Page, *, email: str = "nadia.perrot@mail.example") -> None:
    page.get_by_label("First name").fill("Nadia")
    page.get_by_label("Last name").fill("Perrot")
    page.get_by_label("E-mail", exact=True).fill(email)


def fill_in(page: Page, cv: Path, **person: str) -> None:
    choose_job(page, "comptable lille")
    type_person(page, **person)
    page.locator("#id_document").set_input_files(cv)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


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


def test_a_person_who_is_known_is_told_of_as_soon_as_the_email_is_there(
    page: Page, log_in: LogIn, alice: User, job: Job, cv: Path
) -> None:
    known = apply(job, "zoe.orval@mail.example")
    log_in(page, alice)
    open_form(page)
    hint = page.locator("#duplicates")
    choose_job(page, "soudeuse")

    page.get_by_label("E-mail", exact=True).fill("Zoe.Orval@mail.example")
    expect(hint).to_contain_text("This person is known here already")
    link = hint.get_by_role("link", name="Zoé Orval, Comptable H/F")
    assert link.get_attribute("href") == f"/admin/integrations/application/{known.pk}/change/"

    choose_job(page, "comptable lille")
    expect(hint).to_contain_text("This person has applied for this job already")
    page.get_by_label("E-mail", exact=True).fill("somebody.else@mail.example")
    expect(hint).to_be_empty()


def apply(job: Job, email: str) -> Application:
    common = {"integration": job.integration, "remote_id": "a1", "changed_at": job.changed_at}
    candidate = Candidate.objects.create(
        id="candidate1", first_name="Zoé", last_name="Orval", **common
    )
    return Application.objects.create(
        id="application1", job=job, candidate=candidate, person_key=email, **common
    )


def test_who_has_applied_already_is_submitted_again_only_on_purpose(
    page: Page, log_in: LogIn, alice: User, job: Job, cv: Path
) -> None:
    apply(job, "nadia.perrot@mail.example")
    log_in(page, alice)
    open_form(page)
    fill_in(page, cv)

    press(page, "Submit")
    warning = page.locator("#already-applied")
    expect(warning).to_contain_text("Nothing was sent.")
    expect(warning.get_by_role("link", name="Open the application")).to_be_visible()
    assert Submission.objects.get().state == SubmissionState.DRAFT
    expect(page.get_by_label("Last name")).to_have_value("Perrot")

    press(page, "Submit anyway")
    expect(page.locator("#verdict")).to_contain_text("Waiting to be sent")
    submission = Submission.objects.get()
    assert (submission.state, submission.again) == (SubmissionState.QUEUED, True)


def test_what_appears_above_a_button_that_is_being_pressed_does_not_move_it(
    page: Page, log_in: LogIn, alice: User, job: Job, cv: Path
) -> None:
    apply(job, "nadia.perrot@mail.example")
    asked: list[Route] = []
    page.route("**/submission/duplicates/", lambda route: asked.append(route))
    log_in(page, alice)
    open_form(page)
    with page.expect_request("**/submission/duplicates/"):
        fill_in(page, cv)
    page.get_by_role("button", name="Submit", exact=True).hover()

    page.mouse.down()
    with page.expect_response("**/submission/duplicates/") as answer:
        for route in asked:
            route.continue_()
    answer.value.finished()
    # For the script to do what it does with the answer, and for the page to be drawn.
    for _frame in range(3):
        page.evaluate("new Promise(requestAnimationFrame)")
    page.mouse.up()

    expect(page.locator("#already-applied")).to_contain_text("Nothing was sent.")


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
