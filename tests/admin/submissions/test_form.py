"""The form of a submission: what it is filled in with, and what it tells."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.urls import reverse

from integrations.admin.base.urls import change_url
from integrations.models import (
    Application,
    FlatchrSettings,
    Integration,
    Job,
    Submission,
)
from tests.admin.conftest import Data
from tests.admin.pages import tenant_address
from tests.admin.submissions.making import LogIn


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
