"""Submitting as a user does, working as a worker does, and looking at Flatchr as anybody does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db.models import F
from django.utils import timezone

from integrations import tasks
from integrations.models import Integration, Job, Submission
from integrations.sandbox import Sandbox
from integrations.sandbox.resumes import seeded_pdf
from integrations.submissions import service
from integrations.submissions.inputs import Attachment, AttachmentType, SubmissionEntry

EMAIL = "nadia.perrot@courrier.example"
PDF = seeded_pdf("Nadia Perrot")


def cv(name: str = "cv.pdf", content: bytes | None = PDF, **fields: Any) -> Attachment:
    return Attachment(**{"name": name, "type": AttachmentType.CV, "content": content, **fields})


def entry(job: Job | str, **fields: Any) -> SubmissionEntry:
    """A complete entry of one invented person, with `fields` in place of its own."""
    given: dict[str, Any] = {
        "job": job if isinstance(job, str) else job.pk,
        "first_name": "Nadia",
        "last_name": "Perrot",
        "email_address": EMAIL,
        "phone_number": "+33 6 39 98 00 01",
        "attachments": (cv(),),
    }
    return SubmissionEntry(**{**given, **fields})


def draft(tenant: Integration, job: Job | str, **fields: Any) -> Submission:
    return service.save_draft(tenant, entry(job, **fields), user=None, kind="CANDIDATE")


def stored(data_dir: Path) -> list[bytes]:
    """The contents of the files that are kept."""
    files = (data_dir / "submissions").rglob("*")
    return sorted(path.read_bytes() for path in files if path.is_file())


def queue(
    tenant: Integration, job: Job, *, key: str = "", again: bool = False, **fields: Any
) -> Submission:
    """A queued submission through the API's entry point."""
    return service.submit_entry(
        tenant,
        entry(job, **fields),
        user=None,
        kind="APPLICATION",
        channel="API",
        idempotency_key=key,
        again=again,
    )


def work(submission: Submission) -> Submission:
    """Do for the submission what a worker that is woken does; the row afterwards."""
    tasks.run_submission(submission.pk)
    return now(submission)


def now(submission: Submission) -> Submission:
    """The row as it is in the database."""
    return Submission.objects.get(pk=submission.pk)


def later(submission: Submission, seconds: float) -> Submission:
    """As if the submission had been made so much earlier, and its worker were long gone."""
    shift = timedelta(seconds=seconds)
    times = ("queued_at", "sent_at", "settle_at", "next_attempt_at", "ended_at", "lease_expires_at")
    Submission.objects.filter(pk=submission.pk).update(**{name: F(name) - shift for name in times})
    return now(submission)


def due(submission: Submission) -> Submission:
    """As if its next attempt had come, and its worker were not heard of any more."""
    past = timezone.now() - timedelta(seconds=1)
    rows = Submission.objects.filter(pk=submission.pk)
    rows.filter(next_attempt_at__isnull=False).update(next_attempt_at=past)
    rows.filter(lease_expires_at__isnull=False).update(lease_expires_at=past)
    return now(submission)


def at_flatchr(sandbox: Sandbox, email: str = EMAIL) -> list[dict[str, Any]]:
    """The applicants with this e-mail that were created, whether or not a search shows them."""
    rows = sandbox.added_applicants()
    return [row for row in rows if (row["email"] or "").lower() == email.lower()]


def posts(sandbox: Sandbox) -> int:
    """How often a candidate was sent to be created."""
    return len(sandbox.requests.matching("POST", "/vacancy/candidate/json$"))


def searches(sandbox: Sandbox) -> int:
    return len(sandbox.requests.matching("POST", "/search/applicants$"))


def outcomes(submission: Submission) -> list[tuple[str, str]]:
    """Kind and outcome of each attempt, oldest first."""
    return list(submission.log.values_list("kind", "outcome"))
