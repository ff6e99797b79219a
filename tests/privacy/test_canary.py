"""One invented person comes in every way there is, is erased, and nothing of them is left."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from integrations import jobs, tasks
from integrations.accounts.api_keys import create_key
from integrations.actions import cv_files, sign_ins
from integrations.actions import service as acting
from integrations.actions.inputs import Actor
from integrations.actions.kinds.to_dos import members
from integrations.api.reads.rendering import render
from integrations.connecting import links
from integrations.exports import service as exports
from integrations.exports import working as export_work
from integrations.exports.writing import Wanted
from integrations.messages import Message
from integrations.models import (
    ApiKey,
    Application,
    BulkUpload,
    Candidate,
    ConnectionLink,
    Event,
    ExportSchedule,
    Integration,
    Issue,
    Job,
    LinkKind,
    PreparedCall,
    QuarantinedRecord,
    StoredAnswer,
    Submission,
    SyncRun,
    SyncWarning,
)
from integrations.passthrough.history import Sender
from integrations.passthrough.request import PassthroughRequest, check_request
from integrations.passthrough.sending import send
from integrations.privacy import access, erasure, register
from integrations.privacy.holdings import Held
from integrations.sandbox import Sandbox
from integrations.sandbox.credentials import PASSWORD
from integrations.search import filling
from integrations.submissions import service
from integrations.submissions.bulk import uploads, worker
from integrations.webhooks import delivery, endpoints, telling
from tests.api.creating import cv as api_cv
from tests.privacy import canary
from tests.privacy.canary import EMAIL, FIRST, LAST, PHONE
from tests.submissions.acting import at_flatchr, cv, entry, work
from tests.submissions.bulk_files import csv_sheet, cvs_for, row
from tests.support.receiver import Receiver
from tests.sync.running import sync_with_tags

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver(settings: Any) -> Any:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    running = Receiver()
    yield running
    running.stop()


@pytest.fixture
def driven_in(
    data_dir: Path,
    receiver: Receiver,
    connected_tenant: Integration,
    sandbox: Sandbox,
    alice: User,
) -> Integration:
    """The tenant once the person has come in every way, and all of it has ended."""
    tenant = connected_tenant
    endpoints.create_endpoint(
        url=receiver.url,
        events=["candidate.created", "application.created", "candidate.updated"],
    )
    sandbox.add_applicant(email=EMAIL, firstname=FIRST, lastname=LAST, phone=PHONE)
    sync_with_tags(tenant)
    filling.catch_up(tenant.pk)
    open_jobs = list(Job.objects.filter(integration=tenant, status="OPEN").order_by("pk"))
    _form(tenant, open_jobs[1], open_jobs[2], alice)
    _bulk(tenant, open_jobs[3], alice)
    _api(tenant, open_jobs[2])
    _console(tenant, alice)
    _exports(tenant, alice)
    _links(tenant)
    _findings(tenant)
    sync_with_tags(tenant)
    _cv(tenant)
    _comment(tenant, alice)
    filling.catch_up(tenant.pk)
    telling.tell(tenant.pk, render=render)
    delivery.deliver_due()
    return tenant


def _comment(tenant: Integration, user: User) -> None:
    """Written at Flatchr in the user's own name."""
    member = members(tenant)[0]
    sign_ins.sign_in(tenant, user=user, email=str(member.email), password=PASSWORD)
    application = Application.objects.live().filter(integration=tenant, person_key=EMAIL)[0]
    written = acting.start(
        kind="COMMENT",
        application=application,
        parameters={"text": f"{FIRST} {LAST}"},
        by=Actor(user=user),
    )
    tasks.run_action(written.pk)


def person(job: Job, **fields: Any) -> Any:
    given = {"first_name": FIRST, "last_name": LAST, "email_address": EMAIL, "phone_number": PHONE}
    return entry(job, **{**given, **fields})


def _form(tenant: Integration, job: Job, other: Job, user: User) -> None:
    letter = f"I am {FIRST} {LAST}."
    sent = service.save_draft(
        tenant,
        person(job, cover_letter=letter, attachments=(cv(f"{FIRST} {LAST}.pdf"),)),
        user=user,
        kind="CANDIDATE",
    )
    work(service.submit(sent, by=user))
    service.save_draft(tenant, person(other), user=user, kind="CANDIDATE")
    # One that Flatchr refuses, and keeps what it said.
    failed = service.save_draft(tenant, person(other), user=user, kind="CANDIDATE")
    Submission.objects.filter(pk=failed.pk).update(
        state="FAILED", error_detail=f"No {EMAIL}", ended_at=failed.created_at
    )


def _bulk(tenant: Integration, job: Job, user: User) -> None:
    lines = [
        row(1, job.pk, first_name=FIRST, last_name=LAST, email_address=EMAIL, phone_number=PHONE),
        row(2, job.pk),
    ]
    names = (f"{FIRST}_{LAST}.csv", f"cv {LAST}, {FIRST}.zip")
    for start in (True, False):
        upload = uploads.upload(
            tenant,
            sheet=SimpleUploadedFile(names[0], csv_sheet(lines) if start else b"\x00 no sheet"),
            archive=SimpleUploadedFile(names[1], cvs_for(lines)),
            user=user,
        )
        worker.work_on(upload.pk)
        upload.refresh_from_db()
        if not start:
            assert upload.state == "REFUSED"
            return
        uploads.start(upload)
        while worker.work_on(upload.pk):
            pass
        for submission in Submission.objects.filter(bulk_rows__upload=upload):
            work(submission)
        uploads.settle_all()
        upload.refresh_from_db()
        assert upload.state == "DONE", upload.state


def _api(tenant: Integration, job: Job) -> None:
    _, key = create_key(name="An application", integrations=[tenant])
    headers = {
        "authorization": f"Bearer {key}",
        "x-integration-id": tenant.pk,
        "idempotency-key": f"for {EMAIL}",
    }
    body = {
        "candidate": {
            "first_name": FIRST,
            "last_name": LAST,
            "email_address": EMAIL,
            "phone_number": PHONE,
        },
        "attachments": [api_cv(name=f"{LAST}.pdf")],
    }
    address = f"/v1/ats/jobs/{job.pk}/applications"
    answer = Client().post(address, body, content_type="application/json", headers=headers)
    assert answer.status_code == 200, answer.content
    # As a route would have it whose answers are kept.

    StoredAnswer.objects.create(
        key=ApiKey.objects.get(),
        route="x",
        idempotency_key=EMAIL,
        request_hash="x",
        status=200,
        body=f'{{"name": "{FIRST} {LAST}"}}'.encode(),
    )


def _cv(tenant: Integration) -> None:
    """The CV of what was sent, fetched for a link."""
    sent = Application.objects.filter(integration=tenant, person_key=EMAIL)
    application = sent.filter(submissions__document_name__endswith=".pdf").first()
    assert application is not None
    cv_files.fetch(application, linked_at=time.time())


def _console(tenant: Integration, user: User) -> None:
    search = {"email": EMAIL, "firstname": FIRST}
    path = f"/company/{tenant.credentials.company_key}/search/applicants"
    send(
        tenant,
        check_request(PassthroughRequest("api", "POST", path, data=search)),
        Sender(user=user),
    )
    PreparedCall.objects.create(
        user=user, integration=tenant, asked={"body": f"Hello {FIRST} {LAST}"}
    )


def _exports(tenant: Integration, user: User) -> None:
    everybody = Candidate.objects.filter(integration=tenant)
    made = exports.download(
        everybody, Wanted(), user=user, filters=f"q={LAST}&tenant={tenant.pk}", integration=tenant
    )
    assert canary.traces_in(b"".join(made.stream).decode())
    for format_ in ("csv", "xlsx"):
        queued = exports.queue(Wanted(format=format_), user=user, filters="", integration=tenant)
        assert export_work.work_on(queued.pk)
    ExportSchedule.objects.create(
        user=user, integration=tenant, filters=f"q={FIRST} {LAST}", next_at=jobs.now()
    )
    ExportSchedule.objects.create(
        user=user, integration=tenant, filters="q=Nobody", next_at=jobs.now()
    )


def _links(tenant: Integration) -> None:
    links.link_for(tenant, LinkKind.RELINK, lasts=timedelta(days=1))
    ConnectionLink.objects.update(contact_email=EMAIL.upper())
    Integration.objects.filter(pk=tenant.pk).update(contact_email=EMAIL)


def _findings(tenant: Integration) -> None:
    """What a sync has to say of rows that it could not read, in every column that quotes them."""
    run = SyncRun.objects.filter(integration=tenant).latest("pk")
    QuarantinedRecord.objects.create(
        run=run, model="applications", reason=f"{FIRST} {LAST}?", raw=f'{{"email": "{EMAIL}"}}'
    )
    SyncWarning.objects.create(
        run=run,
        model="candidates",
        code="canary",
        count=1,
        examples=[{"value": PHONE, "field": "phone", "remote_id": "1"}],
    )
    SyncRun.objects.filter(pk=run.pk).update(error_detail=f"row of {EMAIL}: no date")
    Issue.objects.create(
        integration=tenant,
        kind="values_not_understood",
        severity="notice",
        text=Message("person_address_invalid", typed=f"{FIRST} {LAST}"),
        first_seen_at=jobs.now(),
        last_seen_at=jobs.now(),
    )


def test_of_somebody_who_came_in_every_way_nothing_is_left(
    driven_in: Integration,
    other_tenant: Integration,
    data_dir: Path,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
    alice: User,
) -> None:
    tenant = driven_in
    # Everything is where it is looked for, so that finding nothing afterwards means something.
    there = canary.places_of(canary.found_in_database())
    expected = {f"{one.table}.{column}" for one in register.HOLDINGS for column in one.columns}
    assert there <= expected, there - expected
    assert {
        "integrations_candidate.last_name",
        "integrations_application.remote_data",
        "integrations_searchentry.words",
        "integrations_submission.cover_letter",
        "integrations_submissionattempt.response",
        "integrations_action.content",
        "integrations_bulkrow.values",
        "integrations_bulkupload.sheet_name",
        "integrations_httpexchange.response_body",
        "integrations_passthroughcall.body",
        "integrations_preparedcall.asked",
        "integrations_storedanswer.body",
        "integrations_quarantinedrecord.raw",
        "integrations_syncwarning.examples",
        "integrations_issue.text",
        "integrations_export.filters",
        "integrations_exportschedule.filters",
        "integrations_webhookevent.body",
        "integrations_connectionlink.contact_email",
    } <= there, sorted(there)
    assert canary.found_in_files(data_dir)
    others = Candidate.objects.exclude(last_name=LAST).count()

    shown = erasure.preview(tenant, EMAIL)
    assert shown.reasons == []
    assert shown.at_flatchr == len(at_flatchr(sandbox, EMAIL))
    handed = access.hand_over([tenant], EMAIL, user=alice)
    for row_ in list(sandbox.added_applicants()):
        if (row_["email"] or "").lower() == EMAIL:
            sandbox.remove_applicant(row_["applicant"])
    caplog.set_level(logging.DEBUG)
    done = erasure.erase(tenant, EMAIL, user=alice)

    assert done is not None
    assert done.counts == shown.counts
    assert set(done.counts) == set(Held) - {Held.TAGS}
    assert canary.found_in_database() == []
    assert canary.found_in_files(data_dir) == []
    assert canary.found_in_sqlite_file() == []
    assert canary.traces_in(caplog.text) == set()
    # Others are as they were, and so is the schedule that looks for somebody else.
    assert Candidate.objects.exclude(content_hash=None).count() == others
    assert ExportSchedule.objects.get(filters="q=Nobody").next_at is not None
    stopped = ExportSchedule.objects.get(filters="")
    assert (stopped.next_at, bool(stopped.stopped)) == (None, True)
    assert str(Issue.objects.get(kind="values_not_understood").text).endswith("address: ….")
    assert BulkUpload.objects.get().rows.filter(values__last_name="Perrot C").exists()

    proof = [details for what, details in canary.audit_says() if what == Event.PERSON_ERASED]
    assert [one["reference"] for one in proof] == [done.reference]
    assert proof[0]["candidates"] == 1
    assert canary.traces_in(str(proof)) == set()
    assert erasure.erase(tenant, EMAIL) is None

    telling.tell(tenant.pk, render=render)
    delivery.deliver_due()
    # A complete read finds nothing to change, and what is left of the person is no live record.
    sync_with_tags(tenant)
    assert canary.found_in_database() == []
    assert handed.document["tenants"][0]["candidates"][0]["last_name"] == LAST
    assert any(name.endswith(".pdf") for name in handed.files)


def test_who_is_at_flatchr_still_is_read_again_by_the_next_full_sync(
    data_dir: Path, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.add_applicant(email=EMAIL, firstname=FIRST, lastname=LAST, phone=PHONE)
    sync_with_tags(connected_tenant)
    assert erasure.preview(connected_tenant, EMAIL).at_flatchr == 1

    assert erasure.erase(connected_tenant, EMAIL)
    assert not Candidate.objects.filter(last_name=LAST).exists()
    sync_with_tags(connected_tenant)

    back = Candidate.objects.live().get(last_name=LAST)
    assert Application.objects.live().get(candidate=back).remote_data["email"] == EMAIL
