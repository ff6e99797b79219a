"""Errors of Flatchr: one table from HTTP status or exception to kind, retry and message.

Flatchr does not document the bodies of its errors (`docs/flatchr-api.md §28`), so an error is
classified by its status and by the request, never by the body.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import requests
from urllib3.exceptions import DecodeError, HTTPError

from integrations.messages import Message


class ErrorKind(StrEnum):
    """The kinds of errors that users and programs can tell apart."""

    WRONG_KEY = "wrong_key"
    EXPIRED_KEY = "expired_key"
    WRONG_COMPANY = "wrong_company"
    UNKNOWN_SLUG = "unknown_slug"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    SERVER_ERROR = "server_error"
    REFUSED = "refused"
    NOT_UNDERSTOOD = "not_understood"
    CUT_SHORT = "cut_short"
    TOO_LARGE = "too_large"
    FORBIDDEN = "forbidden"
    VACANCY_GONE = "vacancy_gone"
    INVALID = "invalid"
    FILE_TOO_LARGE = "file_too_large"
    # Of Relais itself: the stored key cannot be decrypted, so Flatchr was not asked.
    KEY_UNREADABLE = "key_unreadable"

    @property
    def is_auth(self) -> bool:
        """Whether only another key, or another company for this key, can help."""
        return self in {self.WRONG_KEY, self.EXPIRED_KEY, self.WRONG_COMPANY}


class Scope(StrEnum):
    """The target of a request, as far as a status means something else for it."""

    ANY = "any"
    API = "api"
    EXPIRED = "expired"  # on the api host, with a key whose own expiry has passed
    COMPANY = "company"  # below /company/{company} on the api host
    PROBE = "probe"  # a list that every company has: 404 means that there is no such company
    CAREERS = "careers"  # reading the career site, which is public
    WRITE = "write"  # creating a candidate on the career site, with the key


class FlatchrError(Exception):
    """A call to Flatchr that failed.

    `message` is for the user: what happened and what to do next. `detail` is for the engineer and
    never holds a secret. `status` is the HTTP status, if there was a response. `retryable`: the
    same read may succeed later; `retry_after` is the pause that Flatchr asked for, in seconds.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: Message,
        *,
        detail: str = "",
        status: int | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.detail = detail
        self.status = status
        self.retryable = retryable
        self.retry_after = retry_after

    def __repr__(self) -> str:
        return f"FlatchrError({self.kind}, {self.detail!r})"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table; its statuses apply to requests with that `scope`."""

    kind: ErrorKind
    retry: bool
    message: Message
    statuses: Collection[int] = ()
    scope: Scope = Scope.ANY
    exceptions: tuple[type[Exception], ...] = ()


_WRONG_KEY = Message("flatchr_wrong_key")

# The first row that fits decides.
TABLE: tuple[Rule, ...] = (
    Rule(
        ErrorKind.EXPIRED_KEY,
        False,
        Message("flatchr_expired_key"),
        statuses={401},
        scope=Scope.EXPIRED,
    ),
    Rule(ErrorKind.WRONG_KEY, False, _WRONG_KEY, statuses={401}, scope=Scope.API),
    Rule(ErrorKind.WRONG_KEY, False, _WRONG_KEY, statuses={401}, scope=Scope.WRITE),
    Rule(
        ErrorKind.WRONG_COMPANY,
        False,
        Message("flatchr_wrong_company_or_key"),
        statuses={403},
        scope=Scope.COMPANY,
    ),
    Rule(
        ErrorKind.WRONG_COMPANY,
        False,
        Message("flatchr_wrong_company"),
        statuses={404},
        scope=Scope.PROBE,
    ),
    Rule(
        ErrorKind.UNKNOWN_SLUG,
        False,
        Message("flatchr_unknown_slug"),
        statuses={404},
        scope=Scope.CAREERS,
    ),
    Rule(
        ErrorKind.FORBIDDEN,
        False,
        Message("flatchr_forbidden"),
        statuses={403},
        scope=Scope.WRITE,
    ),
    Rule(
        ErrorKind.VACANCY_GONE,
        False,
        Message("flatchr_vacancy_gone"),
        statuses={404, 410},
        scope=Scope.WRITE,
    ),
    Rule(
        ErrorKind.FILE_TOO_LARGE,
        False,
        Message("flatchr_file_too_large"),
        statuses={413},
        scope=Scope.WRITE,
    ),
    Rule(
        ErrorKind.INVALID,
        False,
        Message("flatchr_invalid"),
        statuses={400, 422},
        scope=Scope.WRITE,
    ),
    Rule(
        ErrorKind.NOT_FOUND,
        False,
        Message("flatchr_not_found"),
        statuses={404},
    ),
    Rule(
        ErrorKind.RATE_LIMITED,
        True,
        Message("flatchr_rate_limited"),
        statuses={429},
    ),
    Rule(
        ErrorKind.SERVER_ERROR,
        True,
        Message("flatchr_server_error"),
        statuses={500, 502, 503, 504},
    ),
    Rule(
        ErrorKind.SERVER_ERROR,
        False,
        Message("flatchr_request_not_handled"),
        statuses=range(500, 600),
    ),
    Rule(
        ErrorKind.REFUSED,
        False,
        Message("flatchr_refused"),
        statuses=range(400, 500),
    ),
    Rule(
        ErrorKind.UNREACHABLE,
        True,
        Message("flatchr_unreachable"),
        exceptions=(requests.ConnectionError,),
    ),
    Rule(
        ErrorKind.TIMEOUT,
        True,
        Message("flatchr_timeout"),
        exceptions=(requests.Timeout,),
    ),
    # Any other status is most likely a redirect. None is followed: it would take the key along.
    Rule(
        ErrorKind.NOT_UNDERSTOOD,
        False,
        Message("flatchr_not_understood"),
        statuses=range(100, 1000),
        exceptions=(DecodeError,),
    ),
    Rule(
        ErrorKind.CUT_SHORT,
        True,
        Message("flatchr_cut_short"),
        exceptions=(HTTPError,),
    ),
    Rule(
        ErrorKind.TOO_LARGE,
        False,
        Message("flatchr_too_large"),
    ),
    Rule(
        ErrorKind.UNREACHABLE,
        False,
        Message("flatchr_misconfigured"),
        exceptions=(requests.RequestException,),
    ),
    Rule(
        ErrorKind.KEY_UNREADABLE,
        False,
        Message("stored_key_unreadable"),
    ),
)


def from_status(
    status: int, scopes: Collection[Scope], *, detail: str, retry_after: float | None = None
) -> FlatchrError:
    """The error for an HTTP status that is no success, for a request with these scopes."""
    rule = next(r for r in TABLE if status in r.statuses and r.scope in scopes)
    return _build(rule, detail=detail, status=status, retry_after=retry_after)


def from_exception(error: Exception, *, detail: str) -> FlatchrError:
    """The error for an exception of requests (while sending) or urllib3 (while reading the body).

    Its own text may hold a URL with a secret, so the caller passes a masked one as `detail`.
    """
    rule = next(r for r in TABLE if isinstance(error, r.exceptions))
    return _build(rule, detail=detail)


def failure(kind: ErrorKind, detail: str) -> FlatchrError:
    """An error found in the response itself, as the first row of its kind has it."""
    return _build(next(r for r in TABLE if r.kind is kind), detail=detail)


def _build(
    rule: Rule, *, detail: str, status: int | None = None, retry_after: float | None = None
) -> FlatchrError:
    return FlatchrError(
        rule.kind,
        rule.message,
        detail=detail,
        status=status,
        retryable=rule.retry,
        retry_after=retry_after,
    )
