"""What went wrong at Flatchr, or with a submission, as an error of the API.

The official clients send a request again on 429 and most of 5xx, whatever the request was, so
such a status is used only where that cannot do anything twice (`docs/unified-api.md §4.2`, §14).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from integrations.actions.inputs import (
    ActionNotPossible,
    ActionRefused,
    ActionUncertain,
    ActionUnderWay,
    NoCredentials,
    NotShownYet,
)
from integrations.api.errors import ApiError, action_not_available, invalid
from integrations.enumerations import JobStatus
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.models import Application, AttemptKind, Submission, SubmissionState
from integrations.submissions import lease
from integrations.submissions.send_now import has_ended

UNDECIDED = 424
"""The status for what may have been done: clients do not send it again by themselves."""

CODES: Mapping[str, str] = {
    ErrorKind.WRONG_KEY: "INTEGRATION.AUTHENTICATION_INVALID",
    ErrorKind.EXPIRED_KEY: "INTEGRATION.AUTHENTICATION_INVALID",
    ErrorKind.WRONG_COMPANY: "INTEGRATION.AUTHENTICATION_INVALID",
    ErrorKind.UNKNOWN_SLUG: "INTEGRATION.AUTHENTICATION_INVALID",
    ErrorKind.FORBIDDEN: "INTEGRATION.PERMISSION_MISSING",
    ErrorKind.VACANCY_GONE: "ATS.JOB_CLOSED",
    ErrorKind.INVALID: "REMOTE.INPUT_INVALID",
    ErrorKind.FILE_TOO_LARGE: "REMOTE.INPUT_INVALID",
    ErrorKind.REFUSED: "REMOTE.INPUT_INVALID",
    ErrorKind.NOT_FOUND: "REMOTE.INPUT_INVALID",
    ErrorKind.RATE_LIMITED: "REMOTE.RATE_LIMIT_EXCEEDED",
    ErrorKind.UNREACHABLE: "REMOTE.SERVICE_UNAVAILABLE",
    ErrorKind.TIMEOUT: "REMOTE.SERVICE_UNAVAILABLE",
    ErrorKind.SERVER_ERROR: "REMOTE.SERVICE_UNAVAILABLE",
    ErrorKind.CUT_SHORT: "REMOTE.SERVICE_UNAVAILABLE",
    ErrorKind.NOT_UNDERSTOOD: "REMOTE.UNKNOWN_HTTP_ERROR",
    ErrorKind.TOO_LARGE: "REMOTE.UNKNOWN_HTTP_ERROR",
    ErrorKind.KEY_UNREADABLE: "PLATFORM.UNKNOWN_ERROR",
}


@contextmanager
def of_service(what: str = "done it") -> Iterator[None]:
    """Raise the exceptions of `integrations.actions` as `ApiError`. `what` completes the sentence
    "Flatchr may have ... or not".
    """
    try:
        yield
    except FlatchrError as error:
        # A read, or a write that never left: it may be repeated at will.
        raise ApiError(CODES[error.kind], error.message, headers=_pause(error)) from None
    except NoCredentials:
        raise ApiError(
            "INTEGRATION.SETUP_INCOMPLETE", "This integration has no Flatchr credentials yet."
        ) from None
    except NotShownYet:
        raise ApiError(
            "REMOTE.SERVICE_UNAVAILABLE",
            "Flatchr does not show this application yet, so nothing can be done with it. "
            "Try again in a minute.",
        ) from None
    except ActionUnderWay as error:
        raise ApiError("PLATFORM.TASK_TIMED_OUT", str(error), status=409) from None
    except ActionNotPossible as error:
        raise action_not_available(str(error)) from None
    except ActionRefused as refused:
        # Nothing was changed.
        receipt = refused.receipt
        code, headers = CODES[receipt.reason.kind], _pause(receipt.reason)
        raise ApiError(code, receipt.explanation, headers=headers) from None
    except ActionUncertain as uncertain:
        raise ApiError(
            "PLATFORM.TASK_TIMED_OUT",
            f"{uncertain} The answer was lost, so Flatchr may have {what} or not. "
            "Look at the application before you ask for it again.",
            title="Not known whether Flatchr did it.",
            status=UNDECIDED,
        ) from None


def _pause(error: FlatchrError) -> dict[str, str]:
    if error.kind is not ErrorKind.RATE_LIMITED:
        return {}
    return {"Retry-After": str(max(1, round(error.retry_after or 1)))}


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
        ErrorKind.KEY_UNREADABLE,
        lease.NOT_FOUND,
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
    if has_ended(submission) and submission.state != SubmissionState.FAILED:
        return submission
    error = _failed(submission, job_field) if has_ended(submission) else _still_open(submission)
    error.submission = submission.pk
    raise error


def already_applied(application: Application | None) -> ApiError:
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
        f"for it later with GET /submissions/{submission.pk}, or look at it in Relais.",
        title="Not known yet whether Flatchr has the candidate.",
        status=409,
    )


def _failed(submission: Submission, job_field: str) -> ApiError:
    kind, message = submission.error_kind, submission.error_message
    sent = submission.log.filter(kind=AttemptKind.SEND).exists()
    if kind == lease.ALREADY_APPLIED:
        return already_applied(submission.application)
    if kind == "invalid" and not sent:
        if submission.job is not None and submission.job.status in _CLOSED:
            return ApiError("ATS.JOB_CLOSED", message)
        return invalid(f"{job_field}: {message}")
    if kind in _OUR_FILES:
        return ApiError("PLATFORM.UNKNOWN_ERROR", message, status=409)
    if kind.startswith("document_"):
        return invalid(f"attachments: {message}")
    if kind == lease.CANCELLED:
        return ApiError("PLATFORM.UNKNOWN_ERROR", f"{message} Somebody did in Relais.", status=409)
    if kind == lease.NOT_FOUND:
        return ApiError("REMOTE.SERVICE_UNAVAILABLE", message)
    # Nothing that has failed is at Flatchr, so what clients repeat cannot become two applicants.
    return ApiError(CODES.get(kind, "PLATFORM.UNKNOWN_ERROR"), message)
