"""Creating applications: the input that is taken, and what is refused with which code."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from kombo import Kombo

from integrations.models import Integration, Job, Submission
from integrations.sandbox import Sandbox
from tests.api.conftest import MakeKey
from tests.api.creating import CREATE, PDF, SEARCH, cv, person, refused, told
from tests.submissions.acting import at_flatchr, posts
from tests.submissions.hostile_pdfs import SCRIPT, placed
from tests.submissions.pdf_files import SAVED, encrypted, word
from tests.support.file_host import FileHost, answer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def _packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(
    ("attachment", "words"),
    [
        ({"data": None}, "either data or data_url"),
        ({"data_url": "https://files.example/cv.pdf"}, "either data or data_url"),
        ({"content_type": None}, "content_type"),
        ({"data": "%%%"}, "base64"),
        ({"data": "aGVsbG8="}, "attachments"),
        ({"data": _packed(placed(SCRIPT))}, "The PDF holds JavaScript"),
        ({"data": _packed(encrypted(word(), 6, user="secret"))}, "protected by a password"),
    ],
)
def test_an_attachment_that_is_not_as_the_contract_has_it_is_refused(
    attachment: dict[str, Any], words: str, kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    error = refused(
        kombo.ats.create_application,
        job_id=job.pk,
        candidate=person(),
        attachments=[cv(**attachment)],
    )
    assert told(error) == ("PLATFORM.INPUT_INVALID", 400)
    assert words in error.data.error.message
    assert posts(sandbox) == 0


@pytest.mark.parametrize("content_type", ["application/pdf; charset=binary", "Application/PDF"])
def test_content_types_are_taken_as_they_are_written_elsewhere(
    content_type: str, kombo: Kombo, job: Job
) -> None:
    attachments = [cv(content_type=content_type)]
    assert kombo.ats.create_application(
        job_id=job.pk, candidate=person(), attachments=attachments
    ).data.id


def test_a_cv_whose_end_is_missing_is_sent_as_it_is(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    cut = SAVED["no end mark"](word())
    kombo.ats.create_application(
        job_id=job.pk, candidate=person(), attachments=[cv(data=_packed(cut))]
    )
    assert sandbox.world.company.applicants.added()[0].resume.data == cut


def test_a_cv_of_many_megabytes_is_taken(kombo: Kombo, job: Job, sandbox: Sandbox) -> None:
    """Django's own limit for the body of a request is 2.5 MB."""
    large = PDF.replace(b"%PDF-1.4\n", b"%PDF-1.4\n%" + b"x" * 8 * 1024**2 + b"\n", 1)
    attachments = [cv(data=base64.b64encode(large).decode())]
    kombo.ats.create_application(job_id=job.pk, candidate=person(), attachments=attachments)
    assert sandbox.world.company.applicants.added()[0].resume.data == large


def test_a_cv_is_fetched_from_its_address(
    kombo: Kombo, job: Job, sandbox: Sandbox, settings: Any
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with FileHost({"/cv.pdf": answer(PDF, "Content-Type: application/pdf")}) as host:
        attachment = cv(data=None, content_type=None, data_url=host.url("/cv.pdf"))
        kombo.ats.create_application(job_id=job.pk, candidate=person(), attachments=[attachment])
    assert sandbox.world.company.applicants.added()[0].resume.data == PDF


def test_a_cv_that_cannot_be_fetched_is_an_invalid_input(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    attachment = cv(data=None, content_type=None, data_url="http://127.0.0.1:9/cv.pdf")
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[attachment]
    )
    assert told(error) == ("PLATFORM.INPUT_INVALID", 400)
    assert error.data.error.message.startswith("attachments:")
    assert posts(sandbox) == 0


def test_every_field_that_is_wrong_is_named_at_once(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    error = refused(
        kombo.ats.create_candidate,
        candidate=person(first_name="  ", email_address="nobody", phone_number="call me"),
        application={"job_id": "3phFBNXRweGnDmsU9o2vdPuQ"},
        attachments=[],
    )
    assert told(error) == ("PLATFORM.INPUT_INVALID", 400)
    for name in (
        "candidate.first_name",
        "candidate.email_address",
        "application.job_id",
        "attachments",
    ):
        assert f"{name}:" in error.data.error.message
    # Optional, so that it is left out with a warning.
    assert "phone_number" not in error.data.error.message
    assert (posts(sandbox), Submission.objects.count()) == (0, 0)


def test_another_tenants_job_is_as_unknown_as_one_that_never_was(
    kombo: Kombo, other_tenant: Integration
) -> None:
    theirs = Job.objects.create(
        pk="J1o7cYVaaK5rG3nVqPWzS2Tb",
        integration=other_tenant,
        remote_id="theirs",
        changed_at="2026-01-01T00:00:00Z",
        status="OPEN",
    )
    errors = [
        refused(
            kombo.ats.create_application, job_id=job_id, candidate=person(), attachments=[cv()]
        ).data.error.message
        for job_id in (theirs.pk, "3phFBNXRweGnDmsU9o2vdPuQ", "remote:theirs")
    ]
    assert len(set(errors)) == 1
    assert errors[0].startswith("job_id:")


def test_a_closed_job_takes_no_application(kombo: Kombo, job: Job, sandbox: Sandbox) -> None:
    Job.objects.filter(pk=job.pk).update(status="CLOSED")
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[cv()]
    )
    assert told(error) == ("ATS.JOB_CLOSED", 400)
    assert posts(sandbox) == 0


@pytest.mark.parametrize(
    ("path", "status", "code", "http"),
    [
        (CREATE, 400, "REMOTE.INPUT_INVALID", 400),
        (CREATE, 413, "REMOTE.INPUT_INVALID", 400),
        (CREATE, 404, "ATS.JOB_CLOSED", 400),
        (CREATE, 403, "INTEGRATION.PERMISSION_MISSING", 403),
        (CREATE, 401, "INTEGRATION.AUTHENTICATION_INVALID", 424),
        (SEARCH, 401, "INTEGRATION.AUTHENTICATION_INVALID", 424),
        (SEARCH, 503, "REMOTE.SERVICE_UNAVAILABLE", 503),
    ],
)
def test_what_flatchr_refuses_has_the_code_of_its_kind(
    path: str, status: int, code: str, http: int, kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=path, status=status)
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[cv()]
    )
    assert told(error) == (code, http)
    assert at_flatchr(sandbox) == []


def test_a_disabled_tenant_takes_no_application(
    kombo: Kombo, job: Job, synced_tenant: Integration
) -> None:
    Integration.objects.filter(pk=synced_tenant.pk).update(enabled=False)
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[cv()]
    )
    assert told(error) == ("INTEGRATION.INACTIVE", 409)


def test_a_read_only_key_creates_nothing(
    sdk: Callable[..., Kombo],
    make_key: MakeKey,
    synced_tenant: Integration,
    job: Job,
    sandbox: Sandbox,
) -> None:
    kombo = sdk(make_key(synced_tenant, read_only=True), synced_tenant)
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[cv()]
    )
    assert error.status_code == 403
    assert posts(sandbox) == 0
