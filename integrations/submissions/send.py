"""Sending a submission: look first, write down that it goes out, send once, write down its fate.

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

from integrations.flatchr.client import CREATE, FlatchrClient
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.payloads import Resume, candidate_payload, shown
from integrations.flatchr.write_result import Delivery, Receipt
from integrations.jobs import LeaseLost
from integrations.models import AttemptOutcome, Submission, SubmissionState
from integrations.submissions import attempts, reconcile, states
from integrations.submissions.attachments import fetch_for, resume
from integrations.submissions.attempts import Recorder
from integrations.submissions.inputs import Problem, Refused
from integrations.submissions.lease import LEASE, SubmissionLease, claim
from integrations.submissions.states import NotSent
from integrations.submissions.validation import Cleaned, clean
from integrations.tenants.clients import open_client

logger = logging.getLogger(__name__)

# Workers that died before anything was sent: the submission itself may be what kills them.
MOST_CLAIMS = 5
# Flatchr's request to wait is heeded for so long.
PATIENCE = timedelta(hours=24)
# A pause for when Flatchr, or our own limit, does not say how long to wait; and the longest one.
PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Ready:
    """All that is sent of a submission but the key."""

    cleaned: Cleaned
    payload: dict[str, Any]
    resume: Resume


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
    except Exception as error:
        logger.exception("Submission %s failed", submission_id)
        _give_up(lease, error)
    return True


def prepare(submission: Submission) -> Ready:
    """What is sent for the submission; raises `Refused` and `NotSent`."""
    cleaned = clean(submission)
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
        user_key=cleaned.user_key,
    )
    return Ready(cleaned, payload, resume(submission))


def _send(lease: SubmissionLease) -> None:
    submission = lease.submission
    recorder = Recorder(submission.integration_id, lease)
    try:
        if submission.attempts > MOST_CLAIMS:
            raise NotSent("abandoned", states.ABANDONED)
        if submission.document_url and not submission.document:
            fetch_for(lease)
        ready = prepare(submission)
        with open_client(submission.integration, recorder) as client:
            looked = reconcile.look(client, ready.cleaned.email_address)
            if reconcile.ends_before_sending(lease, looked, recorder):
                return
            _deliver(lease, client, ready, looked, recorder)
    except NotSent as reason:
        states.fail(lease, reason.kind, reason.message, reason.detail, recorder=recorder)
    except Refused as refused:
        _refuse(lease, refused.problems, recorder)
    except FlatchrError as error:
        _not_looked_up(lease, error, recorder)


def _deliver(
    lease: SubmissionLease,
    client: FlatchrClient,
    ready: Ready,
    looked: reconcile.Looked,
    recorder: Recorder,
) -> None:
    attempt_id = 0

    def about_to_send() -> None:
        nonlocal attempt_id
        attempt_id = _begin(lease, client, ready, looked, recorder)

    receipt = client.create_candidate(ready.payload, ready.resume, about_to_send=about_to_send)
    if not attempt_id:
        # Our own limit, or a key that no header can carry: the request was not even begun.
        _not_looked_up(lease, receipt.reason, recorder)
        return
    match receipt.delivery:
        case Delivery.ACCEPTED:
            attempts.end_send(attempt_id, receipt)
            reconcile.conclude(lease, client, recorder, ready.cleaned.email_address)
        case Delivery.UNKNOWN:
            with transaction.atomic():
                states.uncertain(lease, receipt.error)
                attempts.end_send(attempt_id, receipt)
                recorder.flush()
        case _:
            _not_accepted(lease, attempt_id, receipt, recorder)


def _begin(
    lease: SubmissionLease,
    client: FlatchrClient,
    ready: Ready,
    looked: reconcile.Looked,
    recorder: Recorder,
) -> int:
    """Commit that the request goes out now; the attempt's id. Raises `LeaseLost`."""
    now = timezone.now()
    cleaned = ready.cleaned
    with transaction.atomic():
        lease.write(
            state=SubmissionState.SENDING,
            sent_at=now,
            settle_at=now + reconcile.SETTLE,
            known_applicants=looked.ids,
            source_written=cleaned.offerer_id is not None,
        )
        lease.renew_for(LEASE)
        attempts.note_lookup(
            lease.submission,
            recorder.search,
            outcome=AttemptOutcome.FOUND if looked.ids else AttemptOutcome.NOT_FOUND,
        )
        recorder.flush()
        return attempts.begin_send(
            lease.submission, client.careers_host, CREATE, shown(ready.payload, ready.resume)
        )


def _not_accepted(
    lease: SubmissionLease, attempt_id: int, receipt: Receipt, recorder: Recorder
) -> None:
    """Flatchr has nothing of it: failed, or once more when Flatchr asked for a pause."""
    error = receipt.reason
    with transaction.atomic():
        if error.kind is ErrorKind.RATE_LIMITED and not _out_of_patience(lease):
            _pause(lease, error)
        else:
            states.fail_for(lease, receipt)
        attempts.end_send(attempt_id, receipt)
        recorder.flush()


def _not_looked_up(lease: SubmissionLease, error: FlatchrError, recorder: Recorder) -> None:
    """Flatchr could not be asked, so nothing was sent."""
    with transaction.atomic():
        if error.kind is ErrorKind.RATE_LIMITED and not _out_of_patience(lease):
            _pause(lease, error)
        else:
            states.fail(lease, error.kind.value, states.not_sent(error), error.detail)
        if recorder.search is not None and recorder.search.error:
            attempts.note_lookup(
                lease.submission,
                recorder.search,
                outcome=AttemptOutcome.FAILED,
                error=error.message,
            )
        recorder.flush()


def _pause(lease: SubmissionLease, error: FlatchrError) -> None:
    pause = PAUSE
    if error.retry_after is not None:
        pause = min(timedelta(seconds=error.retry_after), LONGEST_PAUSE)
    states.requeue(lease, pause)


def _out_of_patience(lease: SubmissionLease) -> bool:
    queued = lease.submission.queued_at
    return queued is not None and timezone.now() - queued > PATIENCE


def _refuse(lease: SubmissionLease, problems: list[Problem], recorder: Recorder) -> None:
    """Something has changed since it was submitted: the job was closed, a setting removed."""
    words = " ".join(problem.message for problem in problems)
    states.fail(lease, "invalid", f"{words} Nothing was sent.", recorder=recorder)


def _give_up(lease: SubmissionLease, error: Exception) -> None:
    """A defect of ours. What may have gone out is looked for; the rest has failed for certain."""
    detail = f"{type(error).__name__}: {error}"[:2000]
    try:
        if lease.submission.state == SubmissionState.SENDING:
            states.uncertain(lease, None, detail)
        elif lease.submission.state == SubmissionState.QUEUED:
            states.fail(lease, "internal", states.INTERNAL, detail)
    except LeaseLost:
        logger.info("Submission %s was taken over meanwhile", lease.submission.pk)
