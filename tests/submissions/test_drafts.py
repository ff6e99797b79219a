"""Drafts and checks, as whoever makes them sees them."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections

from integrations.models import Integration, Job, Submission
from integrations.sandbox import Sandbox
from integrations.submissions import service
from integrations.submissions.inputs import (
    Attachment,
    AttachmentType,
    IllegalTransition,
    Refused,
    TooManyDrafts,
)
from tests.flatchr.scripted_server import ScriptedServer, reply
from tests.submissions.acting import (
    PDF,
    at_flatchr,
    cv,
    draft,
    entry,
    now,
    queue,
    stored,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

TEST = "/vacancy/candidate/test$"


# Drafts


def test_a_draft_keeps_what_was_typed_and_attached_whatever_is_wrong(
    flatchr_tenant: Integration, alice: User, data_dir: Path
) -> None:
    given = entry("", first_name="", email_address="nadia@", phone_number=" 06 ", urls={"x": "y"})

    saved = service.save_draft(flatchr_tenant, given, user=alice, kind="CANDIDATE")

    found = now(saved)
    assert (found.state, found.created_by, found.channel) == ("DRAFT", alice, "FORM")
    assert (found.first_name, found.last_name) == ("", "Perrot")
    assert (found.email_address, found.phone_number) == ("nadia@", " 06 ")
    assert (found.document_name, found.document_size) == ("cv.pdf", len(PDF))
    assert stored(data_dir) == [PDF]
    fields = [problem.field for problem in service.problems(found)]
    assert fields == ["job", "first_name", "email_address"]


def test_a_tenant_has_so_many_drafts_and_no_more(
    flatchr_tenant: Integration, alice: User, settings: Any, data_dir: Path
) -> None:
    settings.SUBMISSION_MAX_DRAFTS = 1
    kept = service.save_draft(flatchr_tenant, entry(""), user=alice, kind="CANDIDATE")

    with pytest.raises(TooManyDrafts, match="This tenant has 1 drafts"):
        service.save_draft(flatchr_tenant, entry(""), user=alice, kind="CANDIDATE")

    assert stored(data_dir) == [PDF]
    # One that is there can be edited, and room is made by deleting one.
    service.save_draft(flatchr_tenant, entry(""), user=alice, kind="CANDIDATE", draft=now(kept))
    Submission.objects.all().delete()
    service.save_draft(flatchr_tenant, entry(""), user=alice, kind="CANDIDATE")


def test_a_strict_draft_is_refused_whole_and_changes_nothing(
    flatchr_tenant: Integration, job: Job, data_dir: Path
) -> None:
    with pytest.raises(Refused) as refused:
        service.save_draft(
            flatchr_tenant,
            entry("1" * 24, last_name="", attachments=(), offerer_id=-1),
            user=None,
            kind="CANDIDATE",
            strict=True,
        )

    found = [(problem.field, problem.code) for problem in refused.value.problems]
    assert found == [
        ("job", "unknown"),
        ("offerer_id", "invalid"),
        ("last_name", "required"),
        ("attachments", "required"),
    ]
    assert Submission.objects.count() == 0
    assert stored(data_dir) == []


def test_a_file_stays_with_its_draft_until_it_is_replaced_or_removed(
    flatchr_tenant: Integration, job: Job, data_dir: Path
) -> None:
    first = draft(flatchr_tenant, job)
    again = entry(job, last_name="Perrot-Lenoir", attachments=())
    service.save_draft(flatchr_tenant, again, user=None, kind="CANDIDATE", draft=now(first))
    assert (now(first).last_name, now(first).document_name) == ("Perrot-Lenoir", "cv.pdf")

    other = PDF.replace(b"CV nadia", b"CV nadja")
    given = entry(job, attachments=(cv("autre.pdf", other),))
    service.save_draft(flatchr_tenant, given, user=None, kind="CANDIDATE", draft=now(first))
    assert now(first).document_name == "autre.pdf"
    assert stored(data_dir) == [other]

    service.remove_document(now(first))
    found = now(first)
    assert (bool(found.document), found.document_name, found.document_size) == (False, "", None)
    assert stored(data_dir) == []
    assert [problem.field for problem in service.problems(found)] == ["attachments"]


def test_a_file_that_is_refused_leaves_the_draft_and_its_file_as_they_were(
    flatchr_tenant: Integration, job: Job, data_dir: Path
) -> None:
    first = draft(flatchr_tenant, job)

    given = entry(job, attachments=(cv("cv.pdf", b"<html></html>"),))
    with pytest.raises(Refused) as refused:
        service.save_draft(flatchr_tenant, given, user=None, kind="CANDIDATE", draft=first)

    assert [problem.field for problem in refused.value.problems] == ["attachments"]
    assert stored(data_dir) == [PDF]
    assert now(first).document_name == "cv.pdf"


def test_the_first_cv_is_taken_and_every_other_file_is_named(
    flatchr_tenant: Integration, job: Job
) -> None:
    letter = Attachment("lettre.pdf", AttachmentType.COVER_LETTER, PDF)
    other = Attachment("diplôme.pdf", AttachmentType.OTHER, PDF)

    saved = draft(flatchr_tenant, job, attachments=(letter, cv(), other, cv("cv2\u202efdp.exe")))

    assert saved.document_name == "cv.pdf"
    notes = [n["message"] for n in saved.warnings if n["code"] == "attachment_not_sent"]
    assert len(notes) == 3
    assert "lettre.pdf" in notes[0]
    assert "diplôme.pdf" in notes[1]
    assert "cv2fdp.exe" in notes[2]
    assert now(service.submit(saved, by=None)).warnings == saved.warnings


def test_a_submission_that_was_submitted_cannot_be_edited(
    flatchr_tenant: Integration, job: Job
) -> None:
    submission = queue(flatchr_tenant, job)

    with pytest.raises(IllegalTransition):
        service.save_draft(
            flatchr_tenant, entry(job), user=None, kind="CANDIDATE", draft=submission
        )
    with pytest.raises(IllegalTransition):
        service.remove_document(submission)
    stale = draft(flatchr_tenant, job, email_address="autre@courrier.example")
    service.submit(now(stale), by=None)
    with pytest.raises(IllegalTransition):
        service.save_draft(flatchr_tenant, entry(job), user=None, kind="CANDIDATE", draft=stale)
    assert now(stale).email_address == "autre@courrier.example"


# Checks


def test_a_check_shows_flatchrs_answer_and_stores_nothing_there(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    checked = service.check(draft(flatchr_tenant, job), by=None)

    assert (checked.state, checked.error_message) == ("CHECKED", "")
    assert checked.source_written is False
    assert [note["code"] for note in checked.warnings] == ["source_not_written"]
    (attempt,) = checked.log.all()
    assert (attempt.kind, attempt.outcome, attempt.status) == ("CHECK", "accepted", 200)
    assert "applicant created" in attempt.response
    assert attempt.request["body"]["token"] == "***"
    assert at_flatchr(sandbox) == []
    assert len(sandbox.requests.matching("POST", TEST)) == 1


@pytest.mark.parametrize("fault", [{"status": 422}, {"status": 500}, {"html": True}, {"cut": 0}])
def test_a_check_that_fails_leaves_a_draft_that_says_why(
    fault: dict[str, Any], flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=TEST, times=1, **fault)

    checked = service.check(draft(flatchr_tenant, job), by=None)

    assert checked.state == "DRAFT"
    assert "This was a check: nothing was stored." in checked.error_message
    assert service.check(checked, by=None).state == "CHECKED"
    assert service.problems(checked) == []


def test_a_check_with_problems_asks_flatchr_nothing(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    with pytest.raises(Refused):
        service.check(draft(flatchr_tenant, job, last_name=""), by=None)

    assert len(sandbox.requests.matching("POST", TEST)) == 0


def test_a_draft_that_is_edited_while_its_file_is_fetched_is_checked_as_it_is_then(
    flatchr_tenant: Integration, job: Job, settings: Any
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]

    def edit_and_reply(connection: socket.socket, server: ScriptedServer) -> None:
        Submission.objects.update(last_name="Perrot-Lenoir")
        connections.close_all()
        reply(PDF)(connection, server)

    with ScriptedServer(edit_and_reply) as store:
        attachment = cv("nadia.pdf", None, data_url=f"{store.url}/nadia.pdf")
        checked = service.check(draft(flatchr_tenant, job, attachments=(attachment,)), by=None)

    assert (checked.state, checked.last_name) == ("CHECKED", "Perrot-Lenoir")
    assert checked.log.get().request["body"]["lastname"] == "Perrot-Lenoir"


def test_a_draft_that_is_submitted_while_it_is_checked_stays_in_the_queue(
    flatchr_tenant: Integration, job: Job, settings: Any
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]

    def submit_and_reply(connection: socket.socket, server: ScriptedServer) -> None:
        service.submit(Submission.objects.get(), by=None)
        connections.close_all()
        reply(PDF)(connection, server)

    with ScriptedServer(submit_and_reply) as store:
        attachment = cv("nadia.pdf", None, data_url=f"{store.url}/nadia.pdf")
        saved = draft(flatchr_tenant, job, attachments=(attachment,))
        with pytest.raises(IllegalTransition):
            service.check(saved, by=None)

    assert now(saved).state == "QUEUED"
    assert not now(saved).log.exists()


def test_what_was_checked_and_then_changed_is_a_draft_again(
    flatchr_tenant: Integration, job: Job
) -> None:
    checked = service.check(draft(flatchr_tenant, job), by=None)

    service.save_draft(flatchr_tenant, entry(job), user=None, kind="CANDIDATE", draft=checked)

    assert now(checked).state == "DRAFT"
