"""The ways from other pages to submissions and to their form, and back to records."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.urls import reverse

from integrations.admin.base.urls import change_url
from integrations.models import (
    Job,
    Submission,
    SubmissionState,
)
from tests.admin.conftest import Data
from tests.admin.pages import list_address, record_addresses
from tests.admin.submissions.making import LogIn, make


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
