"""What can go wrong with Flatchr: one table from status or exception to kind, retry and words.

Error bodies of Flatchr are unknown (`docs/flatchr-api.md §28`), so a verdict rests on the status
and on what was asked for, never on text that came back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import requests
from urllib3.exceptions import DecodeError, HTTPError

from integrations.messages import Message


class ErrorKind(StrEnum):
    """What happened, as far as a user or a program has to tell cases apart."""

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
    """What a request was about, where that changes what a status means."""

    ANY = "any"
    API = "api"
    EXPIRED = "expired"  # on the api host, with a key whose own expiry has passed
    COMPANY = "company"  # below /company/{company} on the api host
    PROBE = "probe"  # a list every company has, so its absence means no such company
    CAREERS = "careers"  # reading the career site, which is public
    WRITE = "write"  # creating a candidate on the career site, with the key


class FlatchrError(Exception):
    """A call to Flatchr that failed.

    `message` is for the user: what happened and what to do next. `detail` is for the engineer and
    never holds a secret. `status` is the HTTP status, if there was an answer. `retryable` says
    that the same read may succeed later; `retry_after` is the pause Flatchr asked for, in seconds.
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
    """One row of the table; statuses count only for requests within `scope`."""

    kind: ErrorKind
    retry: bool
    words: Message
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
)


def from_status(
    status: int, scopes: Collection[Scope], *, detail: str, retry_after: float | None = None
) -> FlatchrError:
    """The error an unwelcome HTTP status stands for, given what the request was about."""
    rule = next(r for r in TABLE if status in r.statuses and r.scope in scopes)
    return _build(rule, detail=detail, status=status, retry_after=retry_after)


def from_exception(error: Exception, *, detail: str) -> FlatchrError:
    """The error an exception of requests (opening) or urllib3 (reading the body) stands for.

    The exception's own text may hold a URL with a secret: `detail` is what to keep of it.
    """
    rule = next(r for r in TABLE if isinstance(error, r.exceptions))
    return _build(rule, detail=detail)


def failure(kind: ErrorKind, detail: str) -> FlatchrError:
    """An error found by looking at the answer itself, in the words of the kind's first row."""
    return _build(next(r for r in TABLE if r.kind is kind), detail=detail)


def _build(
    rule: Rule, *, detail: str, status: int | None = None, retry_after: float | None = None
) -> FlatchrError:
    return FlatchrError(
        rule.kind,
        rule.words,
        detail=detail,
        status=status,
        retryable=rule.retry,
        retry_after=retry_after,
    )
