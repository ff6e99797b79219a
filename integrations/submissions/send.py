"""Sending a submission: search first, commit that it goes out, send once, record the result.

QUEUED becomes SENDING in the transaction that is the last before the request, so a worker that
dies before it has sent nothing, and one that dies after it may have sent.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations import jobs
from integrations.flatchr.applicant_lookup import FoundApplicants, applicants_by_email
from integrations.flatchr.client import CREATE, FlatchrClient
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.payloads import ResumeFile, candidate_payload, loggable_payload
from integrations.flatchr.write_result import WriteOutcome, WriteResult
from integrations.jobs import LeaseLost
from integrations.messages import Message
from integrations.models import AttemptOutcome, Submission, SubmissionState
from integrations.submissions import attempts, reconcile
from integrations.submissions.attachments import FETCH_SECONDS, fetch, resume
from integrations.submissions.attempts import SubmissionRecorder
from integrations.submissions.inputs import NotSent, Refused
from integrations.submissions.lease import LEASE, SubmissionLease, claim
from integrations.submissions.validation import Cleaned, clean
from integrations.tenants.clients import open_client

logger = logging.getLogger(__name__)

# Workers that died before anything was sent: the submission itself may be what kills them.
MOST_CLAIMS = 5
# Flatchr's request to wait is heeded for so long.
LONGEST_WAIT = timedelta(hours=24)
# A pause for when Flatchr, or our own limit, does not say how long to wait; and the longest one.
PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=10)
# Nothing was sent, and nobody has to change the submission: it waits.
PASSING = frozenset({ErrorKind.RATE_LIMITED, ErrorKind.KEY_UNREADABLE})


@dataclass(frozen=True, slots=True)
class Ready:
    """All that is sent of a submission but the key."""

    cleaned: Cleaned
    payload: dict[str, Any]
    resume: ResumeFile


def send(submission_id: str) -> bool:
    """Send a queued submission, unless another worker does; whether it was ours to send.

    It ends SUCCEEDED, FAILED or UNCERTAIN, or waits in QUEUED where Flatchr asked for a pause.
    Safe to call for any submission at any time, from any number of workers.
    """
    lease = claim(submission_id, [SubmissionState.QUEUED])
    if lease is None:
        return False
    try:
        _send(lease)
    except LeaseLost:
        logger.info("Submission %s was taken over or cancelled", submission_id)
        return True
    except Exception as error:
        logger.exception("Submission %s failed", submission_id)
        _record_defect(lease, error)
    lease.report()
    return True


def prepare(submission: Submission, cleaned: Cleaned) -> Ready:
    """What is sent for the submission; raises `Refused` and `NotSent`."""
    if cleaned.problems or submission.job is None:
        raise Refused(cleaned.problems)
    payload = candidate_payload(
        slug=submission.job.slug or "",
        first_name=cleaned.first_name,
        last_name=cleaned.last_name,
        email=cleaned.email_address,
        phone=cleaned.phone_number,
        comment=cleaned.cover_letter,
        answers=cleaned.answers,
        urls=cleaned.urls,
        offerer_id=cleaned.offerer_id,
        source_id=cleaned.source_id,
        user_key=cleaned.user_key,
    )
    return Ready(cleaned, payload, resume(submission))


def _send(lease: SubmissionLease) -> None:
    submission = lease.submission
    recorder = SubmissionRecorder(lease)
    try:
        if submission.attempts > MOST_CLAIMS:
            raise NotSent("abandoned", Message("submission_given_up"))
        if submission.document_url and not submission.document:
            lease.renew_for(LEASE + timedelta(seconds=FETCH_SECONDS))
            lease.write(**fetch(submission))
            lease.renew_for(LEASE)
        ready = prepare(submission, clean(submission))
        with open_client(submission.integration, recorder) as client:
            looked = applicants_by_email(client, ready.cleaned.email_address)
            if reconcile.ended_by_found_applicant(lease, looked, ready.cleaned, recorder):
                return
            _deliver(lease, client, ready, looked, recorder)
    except NotSent as reason:
        lease.fail(reason.kind, reason.message, reason.detail, recorder=recorder)
    except Refused as refused:
        # Something has changed since it was submitted: the job was closed, a setting removed.
        told = [problem.message for problem in refused.problems]
        message = Message("problems_nothing_sent", sentences=told)
        lease.fail("invalid", message, recorder=recorder)
    except FlatchrError as error:
        _lookup_failed(lease, error, recorder)


def _deliver(
    lease: SubmissionLease,
    client: FlatchrClient,
    ready: Ready,
    looked: FoundApplicants,
    recorder: SubmissionRecorder,
) -> None:
    attempt_id = 0

    def about_to_send() -> None:
        nonlocal attempt_id
        attempt_id = _begin(lease, client, ready, looked, recorder)

    receipt = client.create_candidate(ready.payload, ready.resume, about_to_send=about_to_send)
    if not attempt_id:
        # Our own limit, or a key that no header can carry: the request was not even begun.
        _lookup_failed(lease, receipt.reason, recorder)
        return
    match receipt.outcome:
        case WriteOutcome.ACCEPTED:
            attempts.end_send(attempt_id, receipt)
            reconcile.conclude(lease, client, ready.cleaned, recorder)
        case WriteOutcome.UNKNOWN:
            with transaction.atomic():
                lease.uncertain(receipt.error)
                attempts.end_send(attempt_id, receipt)
                recorder.flush()
        case _:
            _not_accepted(lease, attempt_id, receipt, recorder)


def _begin(
    lease: SubmissionLease,
    client: FlatchrClient,
    ready: Ready,
    looked: FoundApplicants,
    recorder: SubmissionRecorder,
) -> int:
    """Commit that the request goes out now; the attempt's id. Raises `LeaseLost`."""
    now = jobs.now()
    cleaned = ready.cleaned
    with transaction.atomic():
        lease.write(
            state=SubmissionState.SENDING,
            sent_at=now,
            settle_at=now + reconcile.SETTLE,
            known_applicants=looked.ids,
            source_written=cleaned.has_source,
        )
        lease.renew_for(LEASE)
        attempts.note_lookup(
            lease.submission,
            recorder.last_search,
            outcome=AttemptOutcome.FOUND if looked.ids else AttemptOutcome.NOT_FOUND,
        )
        recorder.flush()
        return attempts.begin_send(
            lease.submission,
            client.careers_host,
            CREATE,
            loggable_payload(ready.payload, ready.resume),
        )


def _not_accepted(
    lease: SubmissionLease, attempt_id: int, receipt: WriteResult, recorder: SubmissionRecorder
) -> None:
    """Flatchr did not take it: failed, or queued again when Flatchr asked for a pause."""
    error = receipt.reason
    with transaction.atomic():
        if not _is_paused(lease, error):
            message = Message("failed_not_taken", reason=receipt.explanation)
            if receipt.outcome is WriteOutcome.NOT_SENT:
                message = Message("failed_safe_to_retry", reason=error.message)
            lease.fail(error.kind.value, message, error.detail, sent_at=None, settle_at=None)
        attempts.end_send(attempt_id, receipt)
        recorder.flush()


def _lookup_failed(
    lease: SubmissionLease, error: FlatchrError, recorder: SubmissionRecorder
) -> None:
    """The search failed, so nothing was sent."""
    with transaction.atomic():
        if not _is_paused(lease, error):
            message = Message("failed_safe_to_retry", reason=error.message)
            lease.fail(error.kind.value, message, error.detail)
        search = recorder.last_search
        if search is not None and search.error:
            attempts.note_lookup(
                lease.submission,
                search,
                outcome=AttemptOutcome.FAILED,
                error=error.message,
            )
        recorder.flush()


def _is_paused(lease: SubmissionLease, error: FlatchrError) -> bool:
    """Whether it waits in the queue again, as `error` will pass and `LONGEST_WAIT` is not over."""
    queued = lease.submission.queued_at
    if error.kind not in PASSING or (queued is not None and timezone.now() - queued > LONGEST_WAIT):
        return False
    pause = PAUSE
    if error.retry_after is not None:
        pause = min(timedelta(seconds=error.retry_after), LONGEST_PAUSE)
    lease.requeue(pause)
    return True


def _record_defect(lease: SubmissionLease, error: Exception) -> None:
    """An error of Relais itself. What may have been sent is searched for; the rest has failed."""
    detail = f"{type(error).__name__}: {error}"[:2000]
    try:
        if lease.submission.state == SubmissionState.SENDING:
            lease.uncertain(None, detail)
        elif lease.submission.state == SubmissionState.QUEUED:
            lease.fail("internal", Message("submission_internal_error"), detail)
    except LeaseLost:
        logger.info("Submission %s was taken over meanwhile", lease.submission.pk)
