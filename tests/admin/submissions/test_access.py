"""Who may see, send and change submissions on the dashboard."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.admin.base.urls import change_url
from integrations.models import (
    AuditEntry,
    Event,
    Membership,
    Role,
    Submission,
    SubmissionState,
)
from tests.admin.conftest import Data
from tests.admin.pages import list_address
from tests.admin.submissions.making import ACTIONS, LogIn, make, page_of, with_document

PAGES = ("edit", "live", "document", *ACTIONS)


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


def test_a_viewer_downloads_no_cv_and_what_leaves_is_noted(
    alice: User, bob: User, logged_in: LogIn, data: Data
) -> None:
    """A member who is only to look, and one who submits."""
    mine = with_document(make(data))
    Membership.objects.filter(user=alice).update(role=Role.VIEWER)

    assert logged_in(alice).get(page_of(mine, "document")).status_code == 403
    page = logged_in(alice).get(change_url(mine)).content.decode()
    assert page_of(mine, "document") not in page
    assert not AuditEntry.objects.filter(what=Event.CV_DOWNLOADED).exists()

    answer = logged_in(bob).get(page_of(mine, "document"))
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    entry = AuditEntry.objects.get(what=Event.CV_DOWNLOADED)
    assert (entry.who, entry.object_id, entry.integration_id) == ("bob", mine.pk, data.tenant.pk)
    assert "Perrot" not in entry.object_name + str(entry.details)
