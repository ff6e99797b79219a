"""Changes of a submission's state by its worker, and the messages that go with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations import jobs
from integrations.flatchr.errors import FlatchrError
from integrations.flatchr.write_result import WriteOutcome, WriteResult
from integrations.messages import Message
from integrations.models import Submission, SubmissionState
from integrations.submissions.lease import SUBMISSIONS, SubmissionLease
from integrations.tenants.exchange_recorder import ExchangeRecorder

ALREADY_APPLIED = "already_applied"
CANCELLED = "cancelled"
NOT_FOUND = "not_found"
UNSETTLED = "unsettled"

ABANDONED = Message("submission_given_up")
INTERNAL = Message("submission_internal_error")
LOOKING = Message("submission_looking")
NOBODY_FOUND = Message("submission_not_found")
APPLIED = Message("submission_already_applied")
NO_END = Message("submission_unsettled")


class NotSent(Exception):
    """It cannot be sent, and nothing was; `kind` and `message`, for the user, say why."""

    def __init__(self, kind: str, message: Message, detail: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.detail = detail


def state_name(submission: Submission) -> Message:
    """The state as it stands within a sentence."""
    return Message(f"submission_state_{submission.state.lower()}")


def not_sent(error: FlatchrError) -> Message:
    """The message for a request that was not sent."""
    return Message("failed_safe_to_retry", reason=error.message)


def check_failed(error: FlatchrError, said: str) -> Message:
    """The message for a dry run that failed."""
    return Message("check_failed", reason=_with_words(error.message, said))


def _with_words(message: Message, said: str) -> Message:
    return Message("flatchr_words", reason=message, words=said) if said else message


def requeue(lease: SubmissionLease, pause: timedelta) -> None:
    """Wait in the queue for `pause`; nothing was accepted."""
    lease.release(
        state=SubmissionState.QUEUED,
        sent_at=None,
        settle_at=None,
        # What came before was no death of a worker.
        attempts=1,
        next_attempt_at=jobs.now() + pause,
    )
    SUBMISSIONS.enqueue(lease.submission.pk, after=pause.total_seconds())


def uncertain(lease: SubmissionLease, error: FlatchrError | None, detail: str = "") -> None:
    """The request may have arrived: look, from now on."""
    lease.release(
        state=SubmissionState.UNCERTAIN,
        next_attempt_at=jobs.now(),
        error_kind=error.kind.value if error else "interrupted",
        error_message=LOOKING,
        error_detail=error.detail if error else detail,
    )
    SUBMISSIONS.enqueue(lease.submission.pk)


def fail(
    lease: SubmissionLease,
    kind: str,
    message: Message,
    detail: str = "",
    *,
    recorder: ExchangeRecorder | None = None,
    **fields: Any,
) -> None:
    """It has failed, and Flatchr does not have it from us; `fields` are columns to set, too."""
    with transaction.atomic():
        lease.release(
            state=SubmissionState.FAILED,
            ended_at=timezone.now(),
            next_attempt_at=None,
            error_kind=kind,
            error_message=message,
            error_detail=detail[:2000],
            **fields,
        )
        if recorder is not None:
            recorder.flush()


def fail_for(lease: SubmissionLease, receipt: WriteResult) -> None:
    """It has failed by what Flatchr, or the way there, made of the request."""
    error = receipt.reason
    if receipt.outcome is WriteOutcome.NOT_SENT:
        message = not_sent(error)
    else:
        reason = _with_words(error.message, receipt.message)
        message = Message("failed_not_taken", reason=reason)
    fail(lease, error.kind.value, message, error.detail, sent_at=None, settle_at=None)
