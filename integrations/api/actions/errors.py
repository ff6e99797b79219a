"""What went wrong at Flatchr, as an error of the API.

The official clients send a request again on 429 and most of 5xx, whatever the request was, so
such a status is used only where that cannot do anything twice (`docs/unified-api.md §4.2`, §14).
"""

from __future__ import annotations

from collections.abc import Mapping

from integrations.api.errors import ApiError
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.write_result import Receipt

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
}


def of_read(error: FlatchrError) -> ApiError:
    """The error for a read that failed: it may be repeated at will."""
    return ApiError(CODES[error.kind], error.message, headers=_pause(error))


def of_write(receipt: Receipt) -> ApiError:
    """The error for a write that Flatchr did not take: nothing was changed."""
    error = receipt.reason
    said = f" Flatchr's words: “{receipt.said}”." if receipt.said else ""
    return ApiError(CODES[error.kind], f"{error.message}{said}", headers=_pause(error))


def undecided(what: str, error: FlatchrError) -> ApiError:
    """The error for a write whose answer was lost, and whose effect could not be seen either."""
    return ApiError(
        "PLATFORM.TASK_TIMED_OUT",
        f"{error.message} The answer was lost, so Flatchr may have {what} or not. "
        "Look at the application before you ask for it again.",
        title="Not known whether Flatchr did it.",
        status=UNDECIDED,
    )


def _pause(error: FlatchrError) -> dict[str, str]:
    if error.kind is not ErrorKind.RATE_LIMITED:
        return {}
    return {"Retry-After": str(max(1, round(error.retry_after or 1)))}
