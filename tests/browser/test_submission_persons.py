"""A person who is known or has applied already, on the submission form."""

from __future__ import annotations

from pathlib import Path

from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect

from integrations.models import (
    Application,
    Candidate,
    Job,
    Submission,
    SubmissionState,
)
from tests.browser.submission_form import (
    LogIn,
    choose_job,
    cv,
    data_dir,
    fill_in,
    job,
    open_form,
    press,
)

__all__ = ["cv", "data_dir", "job"]


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
