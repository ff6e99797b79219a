"""What went wrong at Flatchr, as an error of the API.

The official clients send a request again on 429 and most of 5xx, whatever the request was, so
such a status is used only where that cannot do anything twice (`docs/unified-api.md §4.2`, §14).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from integrations.actions.lookup import (
    ActionNotPossible,
    ActionRefused,
    ActionUncertain,
    NotConnected,
    NotShownYet,
)
from integrations.api.errors import ApiError, action_not_available
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
    except NotConnected:
        raise ApiError(
            "INTEGRATION.SETUP_INCOMPLETE", "This integration has no Flatchr credentials yet."
        ) from None
    except NotShownYet:
        raise ApiError(
            "REMOTE.SERVICE_UNAVAILABLE",
            "Flatchr does not show this application yet, so nothing can be done with it. "
            "Try again in a minute.",
        ) from None
    except ActionNotPossible as error:
        raise action_not_available(str(error)) from None
    except ActionRefused as refused:
        raise _of_refusal(refused.receipt) from None
    except ActionUncertain as uncertain:
        raise ApiError(
            "PLATFORM.TASK_TIMED_OUT",
            f"{uncertain} The answer was lost, so Flatchr may have {what} or not. "
            "Look at the application before you ask for it again.",
            title="Not known whether Flatchr did it.",
            status=UNDECIDED,
        ) from None


def _of_refusal(receipt: Receipt) -> ApiError:
    """The error for a write that Flatchr did not take: nothing was changed."""
    error = receipt.reason
    said = f" Flatchr's words: “{receipt.said}”." if receipt.said else ""
    return ApiError(CODES[error.kind], f"{error.message}{said}", headers=_pause(error))


def _pause(error: FlatchrError) -> dict[str, str]:
    if error.kind is not ErrorKind.RATE_LIMITED:
        return {}
    return {"Retry-After": str(max(1, round(error.retry_after or 1)))}
