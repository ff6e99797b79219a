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
        message: str,
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
    words: str
    statuses: Collection[int] = ()
    scope: Scope = Scope.ANY
    exceptions: tuple[type[Exception], ...] = ()


_WHERE_KEYS_ARE = "in Flatchr under Settings > Advanced > API"

_WRONG_KEY = (
    "Flatchr does not accept the API key. "
    f"Copy the key, or create a new one, {_WHERE_KEYS_ARE} and enter it again."
)

# The first row that fits decides.
TABLE: tuple[Rule, ...] = (
    Rule(
        ErrorKind.EXPIRED_KEY,
        False,
        "The Flatchr API key has expired; Flatchr's keys live for one year. "
        f"Create a new one {_WHERE_KEYS_ARE} and enter it here.",
        statuses={401},
        scope=Scope.EXPIRED,
    ),
    Rule(ErrorKind.WRONG_KEY, False, _WRONG_KEY, statuses={401}, scope=Scope.API),
    Rule(ErrorKind.WRONG_KEY, False, _WRONG_KEY, statuses={401}, scope=Scope.WRITE),
    Rule(
        ErrorKind.WRONG_COMPANY,
        False,
        "Flatchr does not know this company, or the API key belongs to another one. "
        f"Copy the company key {_WHERE_KEYS_ARE} and enter it again.",
        statuses={403},
        scope=Scope.COMPANY,
    ),
    Rule(
        ErrorKind.WRONG_COMPANY,
        False,
        "Flatchr does not know this company. "
        f"Copy the company key {_WHERE_KEYS_ARE} and enter it again.",
        statuses={404},
        scope=Scope.PROBE,
    ),
    Rule(
        ErrorKind.UNKNOWN_SLUG,
        False,
        "Flatchr has no career site under this name. "
        "Copy the name from Flatchr, Settings > Advanced > Subdomain configuration.",
        statuses={404},
        scope=Scope.CAREERS,
    ),
    Rule(
        ErrorKind.FORBIDDEN,
        False,
        "Flatchr does not let this API key create candidates for this job. "
        "Check that the key belongs to the company of the job, "
        f"{_WHERE_KEYS_ARE}.",
        statuses={403},
        scope=Scope.WRITE,
    ),
    Rule(
        ErrorKind.VACANCY_GONE,
        False,
        "Flatchr no longer has this job under the address that is known here: it was removed or "
        "renamed there. Synchronise, then choose the job again.",
        statuses={404, 410},
        scope=Scope.WRITE,
    ),
    Rule(
        ErrorKind.FILE_TOO_LARGE,
        False,
        "The CV is larger than Flatchr takes. Attach a smaller one.",
        statuses={413},
        scope=Scope.WRITE,
    ),
    Rule(
        ErrorKind.INVALID,
        False,
        "Flatchr does not accept something in what was sent. Correct it and submit again.",
        statuses={400, 422},
        scope=Scope.WRITE,
    ),
    Rule(
        ErrorKind.NOT_FOUND,
        False,
        "Flatchr does not have what was asked for; it may have been removed there. "
        "Synchronise again to see the current state.",
        statuses={404},
    ),
    Rule(
        ErrorKind.RATE_LIMITED,
        True,
        "Flatchr is receiving too many requests and asked to wait. Try again in a few minutes.",
        statuses={429},
    ),
    Rule(
        ErrorKind.SERVER_ERROR,
        True,
        "Flatchr has a problem of its own at the moment. "
        "Try again later; if it lasts, tell Flatchr's support.",
        statuses={500, 502, 503, 504},
    ),
    Rule(
        ErrorKind.SERVER_ERROR,
        False,
        "Flatchr cannot handle this request. "
        "If it happens again, ask for help and pass on the technical details.",
        statuses=range(500, 600),
    ),
    Rule(
        ErrorKind.REFUSED,
        False,
        "Flatchr refused the request. "
        "If it happens again, ask for help and pass on the technical details.",
        statuses=range(400, 500),
    ),
    Rule(
        ErrorKind.UNREACHABLE,
        True,
        "Flatchr could not be reached. Check this server's internet connection; "
        "if it works, Flatchr may be down: try again later.",
        exceptions=(requests.ConnectionError,),
    ),
    Rule(
        ErrorKind.TIMEOUT,
        True,
        "Flatchr took too long to answer. Try again later.",
        exceptions=(requests.Timeout,),
    ),
    # Any other status is most likely a redirect. None is followed: it would take the key along.
    Rule(
        ErrorKind.NOT_UNDERSTOOD,
        False,
        "Flatchr answered with something other than the expected data, such as a web page. "
        "Try again later; if it lasts, ask for help and pass on the technical details.",
        statuses=range(100, 1000),
        exceptions=(DecodeError,),
    ),
    Rule(
        ErrorKind.CUT_SHORT,
        True,
        "Flatchr's answer broke off before it was complete. Try again later.",
        exceptions=(HTTPError,),
    ),
    Rule(
        ErrorKind.TOO_LARGE,
        False,
        "Flatchr's answer is larger than is accepted here, so reading stopped. "
        "Ask for help and pass on the technical details.",
    ),
    Rule(
        ErrorKind.UNREACHABLE,
        False,
        "Flatchr could not be asked, because this server's settings for reaching it are wrong. "
        "Ask your administrator to check the Flatchr addresses and the proxy.",
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
