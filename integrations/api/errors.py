"""Errors of the API: the contract's closed sets of codes, and their HTTP statuses."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.database.waits import RETRY_AFTER

# Verbatim from `docs/unified-api.md §4.1`: the official clients fail on any other code.
GENERAL_CODES = frozenset(
    {
        "PLATFORM.RATE_LIMIT_EXCEEDED",
        "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED",
        "PLATFORM.INTEGRATION_NOT_FOUND",
        "PLATFORM.INPUT_INVALID",
        "PLATFORM.UNKNOWN_ERROR",
        "PLATFORM.IP_NOT_WHITELISTED",
        "PLATFORM.AUTHENTICATION_INVALID",
        "PLATFORM.TASK_TIMED_OUT",
    }
)
ATS_CODES = GENERAL_CODES | {
    "INTEGRATION.PERMISSION_MISSING",
    "INTEGRATION.AUTHENTICATION_INVALID",
    "INTEGRATION.QA_FAILED",
    "INTEGRATION.SETUP_SYNC_PENDING",
    "INTEGRATION.SETUP_INCOMPLETE",
    "INTEGRATION.INACTIVE",
    "INTEGRATION.MODEL_NOT_AVAILABLE",
    "INTEGRATION.MODEL_DISABLED",
    "INTEGRATION.ACTION_NOT_AVAILABLE",
    "INTEGRATION.ACTION_DISABLED",
    "REMOTE.SERVICE_UNAVAILABLE",
    "REMOTE.RATE_LIMIT_EXCEEDED",
    "REMOTE.INPUT_INVALID",
    "REMOTE.UNKNOWN_HTTP_ERROR",
    "ATS.JOB_CLOSED",
    "ATS.APPLICATION_ALREADY_EXISTS",
}

# `docs/unified-api.md §4.2`. What must not be sent again has a status that no client retries.
STATUSES: Mapping[str, int] = {
    "PLATFORM.RATE_LIMIT_EXCEEDED": 429,
    "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED": 429,
    "PLATFORM.INTEGRATION_NOT_FOUND": 404,
    "PLATFORM.INPUT_INVALID": 400,
    "PLATFORM.UNKNOWN_ERROR": 500,
    "PLATFORM.IP_NOT_WHITELISTED": 403,
    "PLATFORM.AUTHENTICATION_INVALID": 401,
    "PLATFORM.TASK_TIMED_OUT": 504,
    "INTEGRATION.PERMISSION_MISSING": 403,
    "INTEGRATION.AUTHENTICATION_INVALID": 424,
    "INTEGRATION.QA_FAILED": 409,
    "INTEGRATION.SETUP_SYNC_PENDING": 409,
    "INTEGRATION.SETUP_INCOMPLETE": 409,
    "INTEGRATION.INACTIVE": 409,
    "INTEGRATION.MODEL_NOT_AVAILABLE": 400,
    "INTEGRATION.MODEL_DISABLED": 403,
    "INTEGRATION.ACTION_NOT_AVAILABLE": 400,
    "INTEGRATION.ACTION_DISABLED": 403,
    "REMOTE.SERVICE_UNAVAILABLE": 503,
    "REMOTE.RATE_LIMIT_EXCEEDED": 429,
    "REMOTE.INPUT_INVALID": 400,
    "REMOTE.UNKNOWN_HTTP_ERROR": 502,
    "ATS.JOB_CLOSED": 400,
    "ATS.APPLICATION_ALREADY_EXISTS": 409,
}

TITLES: Mapping[str, str] = {
    "PLATFORM.RATE_LIMIT_EXCEEDED": "There were too many requests.",
    "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED": "Too many actions are under way.",
    "PLATFORM.INTEGRATION_NOT_FOUND": "This integration does not exist.",
    "PLATFORM.INPUT_INVALID": "The request is not valid.",
    "PLATFORM.UNKNOWN_ERROR": "Something went wrong here.",
    "PLATFORM.AUTHENTICATION_INVALID": "The API key is not valid.",
    "PLATFORM.TASK_TIMED_OUT": "The action took too long.",
    "INTEGRATION.PERMISSION_MISSING": "Flatchr does not permit this.",
    "INTEGRATION.AUTHENTICATION_INVALID": "Flatchr refuses the stored credentials.",
    "INTEGRATION.SETUP_SYNC_PENDING": "The integration's setup sync is still running.",
    "INTEGRATION.INACTIVE": "The integration is disabled.",
    "INTEGRATION.MODEL_NOT_AVAILABLE": (
        "This data model isn't supported for the selected integration."
    ),
    "INTEGRATION.MODEL_DISABLED": "This data model is switched off for the integration.",
    "INTEGRATION.ACTION_DISABLED": "This action is switched off for the integration.",
    "INTEGRATION.ACTION_NOT_AVAILABLE": (
        "This action isn't supported for the selected integration."
    ),
    "REMOTE.SERVICE_UNAVAILABLE": "Flatchr is not available.",
    "REMOTE.RATE_LIMIT_EXCEEDED": "Flatchr received too many requests.",
    "REMOTE.INPUT_INVALID": "Flatchr refused the input.",
    "REMOTE.UNKNOWN_HTTP_ERROR": "Flatchr answered with an error.",
    "ATS.JOB_CLOSED": "The job takes no applications.",
    "ATS.APPLICATION_ALREADY_EXISTS": "Candidate has already applied to this job.",
}


class ApiError(Exception):
    """What a request is answered with instead of data; `message` and `title` are for people.

    `code` is one of the closed sets or None; the status follows from it unless given.
    `uncertain`: what was asked for may have been done, so an `Idempotency-Key` does not let it be
    done again. PLATFORM.TASK_TIMED_OUT always means that. `submission` is the id of the submission
    that it is about, for `GET /submissions/{id}`.
    """

    def __init__(
        self,
        code: str | None,
        message: str,
        *,
        title: str | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        uncertain: bool = False,
        submission: str = "",
    ) -> None:
        if code is not None and code not in ATS_CODES:
            raise ValueError(f"Not a code of the contract: {code}")
        super().__init__(message)
        self.code = code
        self.message = message
        self.title = title or TITLES.get(code or "")
        self.status = status or STATUSES.get(code or "", 400)
        self.headers = dict(headers or {})
        self.submission = submission
        self.uncertain = uncertain or code == "PLATFORM.TASK_TIMED_OUT"


def invalid(message: str) -> ApiError:
    """The request does not say what can be done."""
    return ApiError("PLATFORM.INPUT_INVALID", message)


def unavailable() -> ApiError:
    """The database does not answer, and nothing was done."""
    return ApiError(
        "PLATFORM.UNKNOWN_ERROR",
        "The database does not answer at the moment. Nothing was done; try again in a few seconds.",
        status=503,
        headers={"Retry-After": str(RETRY_AFTER)},
    )


def failed() -> ApiError:
    """Something here is broken."""
    return ApiError("PLATFORM.UNKNOWN_ERROR", "The request failed. The log says why.")


def not_available(model: str) -> ApiError:
    """Flatchr has nothing of the kind; `model` as in "users"."""
    return ApiError(
        "INTEGRATION.MODEL_NOT_AVAILABLE", f'The "{model}" model is not available for Flatchr.'
    )


def action_not_available(reason: str) -> ApiError:
    """Flatchr cannot do it; `reason` is a sentence that says so."""
    return ApiError("INTEGRATION.ACTION_NOT_AVAILABLE", reason)
