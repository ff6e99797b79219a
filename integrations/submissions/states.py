"""Changes of a submission's state by its worker, and the messages that go with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations.flatchr.errors import FlatchrError
from integrations.flatchr.write_result import WriteOutcome, WriteResult
from integrations.models import SubmissionState
from integrations.submissions.lease import SUBMISSIONS, SubmissionLease
from integrations.tenants.exchange_recorder import ExchangeRecorder

ALREADY_APPLIED = "already_applied"
CANCELLED = "cancelled"
NOT_FOUND = "not_found"
UNSETTLED = "unsettled"

SAFE = "Nothing reached Flatchr: it is safe to retry."
ABANDONED = (
    "Sending was interrupted several times before anything was sent, and has been given up. "
    "Retry; if it fails again, ask whoever runs the server to look at the worker's log."
)
INTERNAL = (
    f"Something went wrong inside Relais, not at Flatchr. {SAFE} "
    "If it fails again, pass on the technical details."
)
LOOKING = (
    "The answer may have been lost, so Flatchr may have the candidate or not. Relais is looking "
    "there, and sends nothing meanwhile."
)
NOBODY_FOUND = (
    "Not found at Flatchr: safe to retry. The answer to the request was lost, and Flatchr does "
    "not have the candidate."
)
APPLIED = (
    "This person has applied for this job already, as Flatchr says; nothing was sent. Submit "
    "again if you want a second application."
)
NO_END = (
    "Flatchr could not be asked whether it has the candidate, and Relais has stopped trying. Look "
    "for the e-mail address in Flatchr yourself. When Flatchr answers again, press Retry: Relais "
    "then looks once more before anything else."
)


class NotSent(Exception):
    """It cannot be sent, and nothing was; `kind` and `message`, for the user, say why."""

    def __init__(self, kind: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.detail = detail


def not_sent(error: FlatchrError) -> str:
    """The message for a request that was not sent."""
    return f"{error.message} {SAFE}"


def check_failed(error: FlatchrError, said: str) -> str:
    """The message for a dry run that failed."""
    return f"{error.message}{_quoted(said)} This was a check: nothing was stored."


def _quoted(said: str) -> str:
    return f" Flatchr's words: “{said}”." if said else ""


def requeue(lease: SubmissionLease, pause: timedelta) -> None:
    """Wait in the queue for `pause`; nothing was accepted."""
    lease.release(
        state=SubmissionState.QUEUED,
        sent_at=None,
        settle_at=None,
        # What came before was no death of a worker.
        attempts=1,
        next_attempt_at=timezone.now() + pause,
    )
    SUBMISSIONS.enqueue(lease.submission.pk, after=pause.total_seconds())


def uncertain(lease: SubmissionLease, error: FlatchrError | None, detail: str = "") -> None:
    """The request may have arrived: look, from now on."""
    lease.release(
        state=SubmissionState.UNCERTAIN,
        next_attempt_at=timezone.now(),
        error_kind=error.kind.value if error else "interrupted",
        error_message=LOOKING,
        error_detail=error.detail if error else detail,
    )
    SUBMISSIONS.enqueue(lease.submission.pk)


def fail(
    lease: SubmissionLease,
    kind: str,
    message: str,
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
        words = f"{error.message}{_quoted(receipt.message)}"
        message = f"{words} Flatchr did not take it: it is safe to retry."
    fail(lease, error.kind.value, message, error.detail, sent_at=None, settle_at=None)
