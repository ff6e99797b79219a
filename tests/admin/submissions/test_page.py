"""The page of one submission, and what its buttons do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from integrations.admin.base.urls import change_url
from integrations.models import (
    Job,
    Submission,
    SubmissionState,
)
from tests.admin.conftest import Data
from tests.admin.pages import list_address
from tests.admin.submissions.making import PDF, LogIn, make, page_of

SOON = timezone.now() + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("state", "fields", "words"),
    [
        ("DRAFT", {}, "Flatchr does not have it."),
        ("CHECKED", {}, "Flatchr would accept it"),
        ("QUEUED", {}, "Waiting to be sent"),
        ("SENDING", {}, "Being sent to Flatchr"),
        ("SUCCEEDED", {}, "Flatchr has it"),
        ("FAILED", {"error_message": "No."}, "Flatchr does not have it: safe to retry"),
        ("FAILED", {"error_kind": "cancelled"}, "Nothing was sent: Flatchr does not have it."),
        ("FAILED", {"error_kind": "already_applied"}, "has applied for this job already"),
        ("UNCERTAIN", {"next_attempt_at": SOON}, "Not known yet: Relais is looking"),
        ("UNCERTAIN", {}, "Not known, and Relais has stopped looking"),
    ],
)
def test_the_page_says_in_plain_words_whether_flatchr_has_it(
    state: str, fields: dict[str, Any], words: str, alice: User, logged_in: LogIn, data: Data
) -> None:
    submission = make(data, state=state, **fields)

    page = logged_in(alice).get(change_url(submission)).content.decode()

    assert words in page
    assert ("data-live-url" in page) is (submission.is_live and "stopped looking" not in words)


@pytest.mark.parametrize(
    ("fields", "heading"),
    [
        ({"first_name": "", "last_name": ""}, "nadia.perrot@mail.example"),
        ({"first_name": "", "last_name": "", "email_address": ""}, "(no name yet)"),
    ],
)
def test_a_draft_without_a_name_is_not_called_by_its_id(
    fields: dict[str, str], heading: str, alice: User, logged_in: LogIn, data: Data
) -> None:
    draft = make(data, state=SubmissionState.DRAFT, **fields)
    client = logged_in(alice)

    for page in (change_url(draft), page_of(draft, "edit")):
        assert client.get(page).context["title"] == heading, page


def test_the_live_part_says_when_to_stop_asking(alice: User, logged_in: LogIn, data: Data) -> None:
    client = logged_in(alice)
    submission = make(data, state=SubmissionState.SENDING)

    going = client.get(page_of(submission, "live"))
    Submission.objects.filter(pk=submission.pk).update(state=SubmissionState.SUCCEEDED)
    ended = client.get(page_of(submission, "live"))

    assert (going.headers["X-Run-Live"], ended.headers["X-Run-Live"]) == ("yes", "no")
    assert "no-store" in going.headers["Cache-Control"]
    assert "<html" not in going.content.decode()


def test_a_submission_that_nobody_takes_up_says_so(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    waits = timezone.now() - timedelta(minutes=2)
    submission = make(data, state=SubmissionState.QUEUED, queued_at=waits, next_attempt_at=waits)

    page = logged_in(alice).get(page_of(submission, "live")).content.decode()

    assert "Check that the worker process is running" in page


def test_the_timeline_shows_every_attempt_with_request_and_answer(
    alice: User, logged_in: LogIn, mine: Submission
) -> None:
    mine.log.create(
        kind="SEND",
        started_at=timezone.now(),
        duration=0.25,
        status=201,
        request={
            "method": "POST",
            "host": "careers.flatchr.example",
            "path": "/vacancy/candidate/json",
            "body": {"token": "•••", "firstname": "<b>Nadia</b>"},
        },
        response='{"response": "applicant created"}',
        outcome="accepted",
    )

    page = logged_in(alice).get(change_url(mine)).content.decode()

    for expected in (
        "Sent to Flatchr",
        "Accepted",
        "0.25 s",
        "201",
        "/vacancy/candidate/json",
        "careers.flatchr.example",
        "&lt;b&gt;Nadia",
        "applicant created",
        "alice",
        change_url(mine.application),
        change_url(mine.candidate),
    ):
        assert expected in page, expected


def test_what_users_typed_is_never_markup(alice: User, logged_in: LogIn, data: Data) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    submission = make(
        data,
        first_name=hostile,
        cover_letter=hostile,
        document_name=hostile,
        warnings=[{"code": "x", "field": "y", "message": hostile}],
        replacements=[{"field": "first_name", "from": hostile, "to": "-"}],
    )
    client = logged_in(alice)

    for address in (
        change_url(submission),
        page_of(submission, "edit"),
        list_address("submission"),
    ):
        assert "<img src=x" not in client.get(address).content.decode(), address


def test_the_cv_is_handed_out_as_a_download(bob: User, logged_in: LogIn, mine: Submission) -> None:
    answer = logged_in(bob).get(page_of(mine, "document"))

    assert b"".join(answer.streaming_content) == PDF
    assert answer.headers["Content-Disposition"] == 'attachment; filename="cv perrot.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_cv_that_is_gone_is_not_found(alice: User, logged_in: LogIn, data: Data) -> None:
    assert logged_in(alice).get(page_of(make(data), "document")).status_code == 404


def test_what_waits_is_cancelled_and_retried(
    alice: User, logged_in: LogIn, mine: Submission
) -> None:
    Job.objects.filter(pk=mine.job_id).update(slug="a-slug", vacancy_id=1)
    client = logged_in(alice)
    Submission.objects.filter(pk=mine.pk).update(state=SubmissionState.QUEUED, application=None)

    client.post(page_of(mine, "cancel"))
    mine.refresh_from_db()
    assert (mine.state, mine.error_kind) == (SubmissionState.FAILED, "cancelled")
    assert "Cancelled" in client.get(change_url(mine)).content.decode()

    client.post(page_of(mine, "retry"))
    mine.refresh_from_db()
    assert (mine.state, mine.error_kind) == (SubmissionState.QUEUED, "")
    assert mine.queued_by == alice


def test_a_retry_says_on_the_form_what_is_in_its_way(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    failed = make(data, state=SubmissionState.FAILED)

    page = logged_in(alice).post(page_of(failed, "retry")).content.decode()

    assert "Attach a CV" in page
    failed.refresh_from_db()
    assert failed.state == SubmissionState.FAILED


def test_what_is_being_sent_cannot_be_cancelled(alice: User, logged_in: LogIn, data: Data) -> None:
    submission = make(data, state=SubmissionState.SENDING)
    client = logged_in(alice)

    answer = client.post(page_of(submission, "cancel"), follow=True)

    submission.refresh_from_db()
    assert submission.state == SubmissionState.SENDING
    assert page_of(submission, "cancel") not in answer.content.decode()


def test_what_was_submitted_is_no_longer_edited(
    alice: User, logged_in: LogIn, mine: Submission
) -> None:
    answer = logged_in(alice).post(page_of(mine, "edit"), {"first_name": "Zoé", "action": "submit"})

    assert answer.headers["Location"] == change_url(mine)
    assert Submission.objects.get().first_name == "Nadia"
