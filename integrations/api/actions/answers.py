"""How a submission ended, as the API tells it."""

from __future__ import annotations

from integrations.api.actions.errors import CODES
from integrations.api.errors import ApiError, invalid
from integrations.flatchr.errors import ErrorKind
from integrations.models import Application, AttemptKind, Submission, SubmissionState
from integrations.records import JobStatus
from integrations.submissions import states
from integrations.submissions.send_now import has_ended

# Failures that pass by themselves: Flatchr has nothing of the submission, and it can be sent
# again. `not_found` is one that Relais has made sure of.
_PASSING = frozenset(
    {
        ErrorKind.RATE_LIMITED,
        ErrorKind.UNREACHABLE,
        ErrorKind.TIMEOUT,
        ErrorKind.SERVER_ERROR,
        ErrorKind.CUT_SHORT,
        ErrorKind.NOT_UNDERSTOOD,
        ErrorKind.TOO_LARGE,
        ErrorKind.WRONG_KEY,
        ErrorKind.EXPIRED_KEY,
        ErrorKind.WRONG_COMPANY,
        states.NOT_FOUND,
        "abandoned",
        "internal",
    }
)
_CLOSED = (JobStatus.CLOSED, JobStatus.ARCHIVED)
# Files that were lost or damaged here are not the caller's fault.
_OUR_FILES = frozenset({"document_missing", "document_damaged"})


def may_pass(submission: Submission) -> bool:
    """Whether the failure was Flatchr's, or ours, of the moment."""
    return submission.error_kind in _PASSING


def succeeded(submission: Submission, job_field: str) -> Submission:
    """The submission, if it has succeeded. Raises `ApiError` saying what became of it."""
    if not has_ended(submission):
        raise _still_open(submission)
    if submission.state == SubmissionState.FAILED:
        raise _failed(submission, job_field)
    return submission


def applied_already(application: Application | None) -> ApiError:
    which = f" It is application {application.pk}." if application is not None else ""
    return ApiError(
        "ATS.APPLICATION_ALREADY_EXISTS",
        f"This person has applied for this job already.{which} Nothing was sent.",
    )


def _still_open(submission: Submission) -> ApiError:
    """The time is up. Not a status that clients repeat: what is under way will end by itself."""
    if submission.state == SubmissionState.UNCERTAIN:
        said = (
            "The answer of Flatchr may have been lost, so Flatchr may have the candidate or not. "
            "Relais is finding out and sends nothing meanwhile."
        )
    elif submission.state == SubmissionState.SUCCEEDED:
        said = "Flatchr has the candidate. Relais is still writing its records."
    else:
        said = "Flatchr has not answered in time. Relais goes on with it."
    return ApiError(
        "PLATFORM.TASK_TIMED_OUT",
        f"{said} This is submission {submission.pk}: do not create the candidate again, but ask "
        "for it later, or look at the submission in Relais.",
        title="Not known yet whether Flatchr has the candidate.",
        status=409,
    )


def _failed(submission: Submission, job_field: str) -> ApiError:
    kind, message = submission.error_kind, submission.error_message
    sent = submission.log.filter(kind=AttemptKind.SEND).exists()
    if kind == states.ALREADY_APPLIED:
        return applied_already(submission.application)
    if kind == "invalid" and not sent:
        if submission.job is not None and submission.job.status in _CLOSED:
            return ApiError("ATS.JOB_CLOSED", message)
        return invalid(f"{job_field}: {message}")
    if kind in _OUR_FILES:
        return ApiError("PLATFORM.UNKNOWN_ERROR", message, status=409)
    if kind.startswith("document_"):
        return invalid(f"attachments: {message}")
    if kind == states.CANCELLED:
        return ApiError("PLATFORM.UNKNOWN_ERROR", f"{message} Somebody did in Relais.", status=409)
    if kind == states.NOT_FOUND:
        return ApiError("REMOTE.SERVICE_UNAVAILABLE", message)
    # Nothing that has failed is at Flatchr, so what clients repeat cannot become two applicants.
    return ApiError(CODES.get(kind, "PLATFORM.UNKNOWN_ERROR"), message)
