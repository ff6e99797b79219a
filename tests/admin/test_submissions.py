"""Submissions on the dashboard: who sees them, the list, the page of one, what its buttons do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.base.urls import change_url
from integrations.models import (
    Application,
    Channel,
    FlatchrSettings,
    Integration,
    Job,
    Submission,
    SubmissionState,
)
from tests.admin.conftest import Data
from tests.admin.pages import list_address, record_addresses, tenant_address
from tests.admin.test_lists import queries_of

LogIn = Callable[[User], Client]
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
SOON = timezone.now() + timedelta(minutes=1)
ACTIONS = ("submit", "retry", "cancel")
PAGES = ("edit", "live", "document", *ACTIONS)


def page_of(submission: Submission, page: str) -> str:
    return reverse(f"admin:integrations_submission_{page}", args=[submission.pk])


def make(data: Data, **fields: Any) -> Submission:
    """A submission of Nadia Perrot for the tenant's first job."""
    return Submission.objects.create(
        **{
            "integration": data.tenant,
            "job": data.jobs[0],
            "first_name": "Nadia",
            "last_name": f"Perrot {data.tenant}",
            "email_address": "nadia.perrot@mail.example",
            "person_key": "nadia.perrot@mail.example",
            **fields,
        }
    )


def with_document(submission: Submission) -> Submission:
    submission.document_name, submission.document_type = "cv perrot.pdf", "application/pdf"
    submission.document_size = len(PDF)
    submission.document.save("cv", ContentFile(PDF))
    return submission


@pytest.fixture
def mine(data: Data, alice: User) -> Submission:
    """A submission of alice's tenant that has succeeded, with its CV."""
    return with_document(
        make(
            data,
            state=SubmissionState.SUCCEEDED,
            created_by=alice,
            application=data.applications[0],
            candidate=data.candidates[0],
            ended_at=timezone.now(),
        )
    )


# Who sees what


@pytest.mark.parametrize("who", ["alice", "bob", "admin"])
def test_members_and_superusers_see_submissions(
    who: str, request: pytest.FixtureRequest, logged_in: LogIn, mine: Submission
) -> None:
    client = logged_in(request.getfixturevalue(who))

    assert "Perrot Atelier Nord" in client.get(list_address("submission")).content.decode()
    page = client.get(change_url(mine)).content.decode()
    assert "Flatchr has it" in page
    assert "cv perrot.pdf" in page
    assert client.get(page_of(mine, "live")).status_code == 200
    assert client.get(reverse("admin:integrations_submission_add")).status_code == 200


def test_a_stranger_never_sees_them(
    charlie: User, logged_in: LogIn, mine: Submission, other_data: Data
) -> None:
    client = logged_in(charlie)
    make(other_data)

    listed = client.get(list_address("submission")).content.decode()
    assert "Perrot Maison Sud" in listed
    assert "Atelier Nord" not in listed
    theirs = client.get(change_url(mine))
    nobodys = client.get(change_url(mine).replace(mine.pk, "x" * 24))
    assert theirs.status_code == nobodys.status_code == 302
    assert theirs.headers["Location"] == nobodys.headers["Location"]
    for page in PAGES:
        assert client.get(page_of(mine, page)).status_code in (404, 405), page
        assert client.post(page_of(mine, page)).status_code in (404, 405), page
    for query in ({"job": mine.job_id}, {"application": mine.application_id}, {"q": "Nord"}):
        assert client.get(list_address("submission"), query).context["cl"].result_count == 0
    assert "Atelier Nord" not in client.get(reverse("admin:index")).content.decode()


def test_a_stranger_learns_nothing_from_the_form(
    charlie: User, logged_in: LogIn, mine: Submission, data: Data, other_data: Data
) -> None:
    client = logged_in(charlie)
    new = reverse("admin:integrations_submission_add")
    jobs = reverse("admin:integrations_submission_jobs")
    Application.objects.update(person_key="nadia.0@mail.example")
    foreign = {"tenant": data.tenant.pk, "job": data.jobs[0].pk, "email_address": "a@b.example"}

    assert client.get(new, {"job": data.jobs[0].pk}).status_code == 404
    assert client.get(new, {"candidate": data.candidates[0].pk}).status_code == 404
    shown = client.get(new, {"tenant": data.tenant.pk}).content.decode()
    assert "Atelier Nord" not in shown
    assert client.get(jobs, {"tenant": data.tenant.pk}).json() == {"jobs": []}
    duplicates = reverse("admin:integrations_submission_duplicates")
    email = {**foreign, "email_address": "nadia.0@mail.example"}
    assert client.post(duplicates, email).content.strip() == b""
    answer = client.post(reverse("admin:integrations_submission_validate"), foreign).json()
    assert answer == {"problems": {"tenant": "Choose a tenant."}, "notes": {}}
    before = Submission.objects.count()
    assert "Choose a tenant." in client.post(new, foreign).content.decode()
    assert Submission.objects.count() == before


def test_a_job_of_another_tenant_is_not_taken_along(
    admin: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    answer = logged_in(admin).post(
        reverse("admin:integrations_submission_add"),
        {"tenant": data.tenant.pk, "job": other_data.jobs[0].pk, "action": "submit"},
    )

    assert answer.status_code == 200
    assert Submission.objects.get().job is None


def test_anonymous_is_sent_to_the_login(client: Client, mine: Submission) -> None:
    addresses = [list_address("submission"), change_url(mine)]
    addresses += [reverse("admin:integrations_submission_add")]
    addresses += [reverse("admin:integrations_submission_jobs")]
    addresses += [page_of(mine, page) for page in ("edit", "live", "document")]
    for address in addresses:
        assert "/admin/login/" in client.get(address).headers["Location"], address
    for page in ACTIONS:
        assert "/admin/login/" in client.post(page_of(mine, page)).headers["Location"], page


def test_actions_answer_to_post_only(alice: User, logged_in: LogIn, data: Data) -> None:
    client = logged_in(alice)
    queued = make(data, state=SubmissionState.QUEUED)

    for page in ACTIONS:
        assert client.get(page_of(queued, page)).status_code == 405, page
    for name in ("validate", "duplicates"):
        assert client.get(reverse(f"admin:integrations_submission_{name}")).status_code == 405
    queued.refresh_from_db()
    assert queued.state == SubmissionState.QUEUED


def test_actions_without_the_sites_token_are_refused(alice: User, mine: Submission) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    for page in ACTIONS:
        assert client.post(page_of(mine, page)).status_code == 403, page
    assert client.post(reverse("admin:integrations_submission_add")).status_code == 403


def test_rows_are_neither_changed_nor_deleted_by_hand(
    admin: User, logged_in: LogIn, mine: Submission
) -> None:
    client = logged_in(admin)

    assert client.post(change_url(mine), {"state": "DRAFT"}).status_code == 403
    delete = change_url(mine).replace("/change/", "/delete/")
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert Submission.objects.get().state == SubmissionState.SUCCEEDED


# The list


def test_the_list_takes_as_many_queries_at_100_rows_as_at_10(
    alice: User, logged_in: LogIn, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.admin.base.admin.DashboardAdmin.list_per_page", 200)
    client = logged_in(alice)
    for number in range(10):
        make(data, email_address=f"p{number}@mail.example", created_by=alice)
    few = queries_of(client, list_address("submission"))
    for number in range(10, 100):
        make(data, email_address=f"p{number}@mail.example", created_by=alice)

    many = queries_of(client, list_address("submission"))

    assert len(many) == len(few), "\n".join(many)
    assert not [sql for sql in many if re.search(r"count\(", sql, re.IGNORECASE)]
    assert not [sql for sql in many if "cover_letter" in sql or "remote_data" in sql]


def test_a_page_takes_as_many_queries_at_100_attempts_as_at_10(
    alice: User, logged_in: LogIn, mine: Submission
) -> None:
    client = logged_in(alice)

    def attempt(count: int) -> None:
        for _ in range(count):
            mine.log.create(kind="LOOKUP", started_at=timezone.now(), outcome="not_found")

    attempt(10)
    few = queries_of(client, change_url(mine))
    attempt(90)

    assert len(queries_of(client, change_url(mine))) == len(few)


def test_filters_narrow_to_what_they_say(alice: User, logged_in: LogIn, data: Data) -> None:
    client = logged_in(alice)
    failed = make(data, state=SubmissionState.FAILED, job=data.jobs[1])
    queued = make(data, state=SubmissionState.QUEUED, channel=Channel.API)
    old = make(data, email_address="old@mail.example")
    Submission.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=10))

    def shown(**query: str) -> set[str]:
        changelist = client.get(list_address("submission"), query).context["cl"]
        return {row.pk for row in changelist.result_list}

    assert shown(state="FAILED") == {failed.pk}
    assert shown(state="live") == {queued.pk}
    assert shown(channel="API") == {queued.pk}
    assert shown(job=data.jobs[1].pk) == {failed.pk}
    assert shown(when="today") == shown(when="7") == {failed.pk, queued.pk}
    assert shown(when="30") == {failed.pk, queued.pk, old.pk}
    assert shown(q="old@mail") == {old.pk}
    assert shown(tenant=data.tenant.pk, state="DRAFT") == {old.pk}


def test_the_list_offers_the_jobs_that_were_submitted_for(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    make(data)

    page = logged_in(alice).get(list_address("submission")).content.decode()

    assert f'value="{data.jobs[0].pk}"' in page
    assert f'value="{data.jobs[1].pk}"' not in page


# One submission


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


# Buttons


def test_what_waits_is_cancelled_and_retried(
    alice: User, logged_in: LogIn, mine: Submission
) -> None:
    client = logged_in(alice)
    Submission.objects.filter(pk=mine.pk).update(state=SubmissionState.QUEUED)

    client.post(page_of(mine, "cancel"))
    mine.refresh_from_db()
    assert (mine.state, mine.error_kind) == (SubmissionState.FAILED, "cancelled")
    assert "Cancelled" in client.get(change_url(mine)).content.decode()


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


# From and to the other pages


def test_the_overview_counts_submissions_and_leads_to_them(
    alice: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    client = logged_in(alice)
    assert client.get(reverse("admin:index")).context["submissions"] == []
    make(data, state=SubmissionState.QUEUED)
    make(data, state=SubmissionState.UNCERTAIN, email_address="b@mail.example", person_key="b")
    make(data, state=SubmissionState.FAILED)
    make(other_data, state=SubmissionState.FAILED)

    page = client.get(reverse("admin:index"))

    counts = {figure.label: figure.count for figure in page.context["submissions"]}
    assert counts == {
        "In progress": 2,
        "Not known yet": 1,
        "Drafts of the last 7 days": 0,
        "Failed in the last 7 days": 1,
        "Succeeded in the last 7 days": 0,
    }
    for figure in page.context["submissions"]:
        assert client.get(figure.url).context["cl"].result_count == figure.count, figure.label
    assert "Submit a candidate" in page.content.decode()


def test_a_way_to_submit_is_where_one_looks_for_it(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    Job.objects.filter(pk=data.jobs[0].pk).update(slug="a-slug", vacancy_id=1)
    client = logged_in(alice)
    new = reverse("admin:integrations_submission_add")
    addresses = [reverse("admin:index"), *map(list_address, ("candidate", "application"))]
    addresses += [list_address("submission")]
    addresses += [record_addresses(data)[name] for name in ("integration", "job", "candidate")]

    for address in addresses:
        page = client.get(address).content.decode()
        links = set(re.findall(rf'href="({re.escape(new)}[^"]*)"', page))
        assert links, address
        for link in links:
            assert client.get(link.replace("&amp;", "&")).status_code == 200, address


def test_a_jobs_page_leads_to_the_form_with_that_job_chosen(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    job = data.jobs[0]
    client = logged_in(alice)
    Job.objects.filter(pk=job.pk).update(slug="a-slug", vacancy_id=1)
    new = reverse("admin:integrations_submission_add")

    assert (
        f"{new}?kind=APPLICATION&amp;job={job.pk}" in client.get(change_url(job)).content.decode()
    )
    form = client.get(new, {"kind": "APPLICATION", "job": job.pk}).content.decode()
    assert f'<option value="{job.pk}" selected>' in form
    assert "Submit an application" in form
    Job.objects.filter(pk=job.pk).update(status="CLOSED")
    assert new not in client.get(change_url(job)).content.decode()


def test_records_lead_back_to_the_submission_that_made_them(
    alice: User, logged_in: LogIn, mine: Submission, data: Data
) -> None:
    client = logged_in(alice)

    for record in (data.applications[0], data.candidates[0]):
        page = client.get(change_url(record)).content.decode()
        assert "Submitted from here" in page
        assert change_url(mine) in page
    assert (
        "Submitted from here" not in client.get(change_url(data.applications[1])).content.decode()
    )


def test_the_settings_explain_what_an_offerer_is(alice: User, logged_in: LogIn, data: Data) -> None:
    page = logged_in(alice).get(tenant_address(data, "settings")).content.decode()

    for expected in (
        "What is an offerer",
        "Partners and job boards, on request",
        "number is 75",
        "user key",
        "The source is not written",
    ):
        assert expected in page, expected


def test_the_form_says_whether_a_source_is_written(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(alice)
    new = reverse("admin:integrations_submission_add")
    assert "No source is written" in client.get(new).content.decode()

    FlatchrSettings.objects.filter(pk=data.tenant.pk).update(offerer_id=4711)

    assert "offerer ID 4711" in client.get(new).content.decode()


def test_a_candidate_is_submitted_for_another_job_without_being_typed_again(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    form = logged_in(alice).get(
        reverse("admin:integrations_submission_add"), {"candidate": data.candidates[0].pk}
    )

    for expected in ('value="Nadia"', 'value="nadia.0@mail.example"', 'value="+33612345678"'):
        assert expected in form.content.decode()


def test_an_application_without_a_job_names_its_candidate_all_the_same(
    alice: User, logged_in: LogIn, tenant: Integration, data: Data
) -> None:
    Application.objects.update(job=None, person_key="nadia.0@mail.example")

    answer = logged_in(alice).post(
        reverse("admin:integrations_submission_duplicates"),
        {"tenant": tenant.pk, "email_address": " Nadia.0@mail.example "},
    )

    assert "This person is known here already" in answer.content.decode()
