"""Creating candidates and applications: through the submission service, and in one answer.

A request puts the submission into the queue as every other entry point does, and then sends it
itself instead of waiting for a worker to be free: whoever claims the row sends it, and nobody
else can. If it has not ended in time, it goes on without the request.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import Any

import orjson
from django.db import connections
from django.http import HttpResponse
from django.utils import timezone

from integrations.api.actions import answers, duplicates
from integrations.api.actions.inputs import ApplicationInput, CandidateWithApplication
from integrations.api.actions.records import application_row, candidate_row
from integrations.api.actions.submission_input import entry_of, refusal
from integrations.api.answers import success
from integrations.api.bodies import body_of, raw_body
from integrations.api.caller import tenant
from integrations.api.errors import ApiError
from integrations.models import Channel, Integration, Submission, SubmissionKind, SubmissionState
from integrations.submissions import send, service
from integrations.submissions.inputs import (
    AlreadyApplied,
    IllegalTransition,
    Refused,
    SubmissionEntry,
)

logger = logging.getLogger(__name__)

# How long a request waits for its submission to end: the official clients wait for 300 seconds,
# proxies in front of them often for 60 or 100.
WAIT = 55.0
# The pauses between two looks at a row that another process works on.
SHORTEST_LOOK, LONGEST_LOOK = 0.05, 0.5
# Submissions that this process sends at a time; the rest is left to the workers.
_SENDERS = threading.BoundedSemaphore(16)


def create_application(request: Any, job_id: str) -> HttpResponse:
    """POST /ats/jobs/{job_id}/applications (`docs/unified-api.md §8.1`)."""
    body = body_of(request, ApplicationInput)
    integration = tenant(request, for_action=True)
    submission = _create(request, integration, body, job_id, SubmissionKind.APPLICATION)
    return _answer(submission, application_row(integration, submission))


def create_candidate(request: Any) -> HttpResponse:
    """POST /ats/candidates (`docs/unified-api.md §8.2`)."""
    body = body_of(request, CandidateWithApplication)
    integration = tenant(request, for_action=True)
    job_id = body.application.job_id
    submission = _create(request, integration, body, job_id, SubmissionKind.CANDIDATE)
    return _answer(submission, candidate_row(integration, submission))


def _answer(submission: Submission, row: bytes) -> HttpResponse:
    warnings = [note["message"] for note in submission.warnings]
    return success(orjson.Fragment(row), warnings=warnings)


def _create(
    request: Any, integration: Integration, body: ApplicationInput, job_id: str, kind: str
) -> Submission:
    """The submission of the request once it has succeeded. Raises `ApiError`."""
    job_field = "job_id" if kind == SubmissionKind.APPLICATION else "application.job_id"
    key = duplicates.key_of(request)
    entry = entry_of(body, orjson.loads(raw_body(request)), job_id)
    try:
        submission = _submit(integration, entry, kind=kind, key=key)
    except Refused as refused:
        raise refusal(refused.problems, job_field) from None
    except AlreadyApplied as applied:
        raise answers.applied_already(applied.application) from None
    except IllegalTransition as error:
        raise ApiError("PLATFORM.UNKNOWN_ERROR", str(error), status=409) from None
    return answers.succeeded(_wait_for(submission), job_field)


def _submit(integration: Integration, entry: SubmissionEntry, *, kind: str, key: str) -> Submission:
    """The submission that is under way, or has ended, for the entry."""
    submission = service.submit_entry(
        integration,
        entry,
        user=None,
        kind=kind,
        channel=Channel.API,
        idempotency_key=key,
    )
    if submission.state == SubmissionState.FAILED and answers.may_pass(submission):
        # The key guards against a second applicant; there is not even a first.
        try:
            return service.retry(submission, by=None)
        except IllegalTransition:
            # Somebody else with this key was faster.
            submission.refresh_from_db()
    return submission


def _wait_for(submission: Submission) -> Submission:
    """The submission as it is when it has ended, or when the time is up."""
    end = time.monotonic() + WAIT
    pause = SHORTEST_LOOK
    while True:
        _send(submission, end)
        submission.refresh_from_db()
        left = end - time.monotonic()
        if answers.has_ended(submission) or left <= 0:
            return submission
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_LOOK)


def _send(submission: Submission, end: float) -> None:
    """Send the submission from this process if it is due, and wait for that until `end`."""
    due = submission.next_attempt_at
    unclaimed = submission.state == SubmissionState.QUEUED and not submission.lease_owner
    if not unclaimed or due is None or due > timezone.now() + timedelta(seconds=0.01):
        return
    if not _SENDERS.acquire(blocking=False):
        return
    sender = threading.Thread(
        target=_send_and_close, args=(submission.pk,), name="submission-send", daemon=True
    )
    sender.start()
    sender.join(max(0.0, end - time.monotonic()))


def _send_and_close(submission_id: str) -> None:
    """Runs on a thread of its own, which outlives a request that has waited long enough."""
    try:
        send.send(submission_id)
    except Exception:
        # The row says what is left to do, and the sweep finds it.
        logger.exception("Submission %s could not be sent from here", submission_id)
    finally:
        _SENDERS.release()
        connections.close_all()
