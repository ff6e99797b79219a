from __future__ import annotations

import pytest
import requests
from urllib3.exceptions import DecodeError, ProtocolError

from integrations.flatchr.errors import (
    TABLE,
    ErrorKind,
    FlatchrError,
    Scope,
    failure,
    from_exception,
    from_status,
)

API = {Scope.ANY, Scope.API}
COMPANY = {*API, Scope.COMPANY}
PROBE = {*COMPANY, Scope.PROBE}
EXPIRED = {*COMPANY, Scope.EXPIRED}
CAREERS = {Scope.ANY, Scope.CAREERS}


@pytest.mark.parametrize(
    ("status", "scopes", "kind", "retryable"),
    [
        (301, API, ErrorKind.NOT_UNDERSTOOD, False),
        (400, COMPANY, ErrorKind.REFUSED, False),
        (401, COMPANY, ErrorKind.WRONG_KEY, False),
        (401, EXPIRED, ErrorKind.EXPIRED_KEY, False),
        (401, CAREERS, ErrorKind.REFUSED, False),
        (403, COMPANY, ErrorKind.WRONG_COMPANY, False),
        (403, API, ErrorKind.REFUSED, False),
        (403, CAREERS, ErrorKind.REFUSED, False),
        (404, PROBE, ErrorKind.WRONG_COMPANY, False),
        (404, COMPANY, ErrorKind.NOT_FOUND, False),
        (404, CAREERS, ErrorKind.UNKNOWN_SLUG, False),
        (422, COMPANY, ErrorKind.REFUSED, False),
        (429, API, ErrorKind.RATE_LIMITED, True),
        (500, API, ErrorKind.SERVER_ERROR, True),
        (501, API, ErrorKind.SERVER_ERROR, False),
        (502, CAREERS, ErrorKind.SERVER_ERROR, True),
        (503, API, ErrorKind.SERVER_ERROR, True),
        (504, API, ErrorKind.SERVER_ERROR, True),
        (799, API, ErrorKind.NOT_UNDERSTOOD, False),
    ],
)
def test_a_status_means_what_was_asked_for(
    status: int, scopes: set[Scope], kind: ErrorKind, retryable: bool
) -> None:
    error = from_status(status, scopes, detail="GET /x: HTTP", retry_after=7.0)

    assert (error.kind, error.retryable, error.status) == (kind, retryable, status)
    assert (error.detail, error.retry_after) == ("GET /x: HTTP", 7.0)


@pytest.mark.parametrize(
    ("exception", "kind", "retryable"),
    [
        (requests.ConnectTimeout(), ErrorKind.UNREACHABLE, True),
        (requests.exceptions.SSLError(), ErrorKind.UNREACHABLE, True),
        (requests.exceptions.ProxyError(), ErrorKind.UNREACHABLE, True),
        (requests.ReadTimeout(), ErrorKind.TIMEOUT, True),
        (requests.exceptions.InvalidURL(), ErrorKind.UNREACHABLE, False),
        (DecodeError(), ErrorKind.NOT_UNDERSTOOD, False),
        (ProtocolError(), ErrorKind.CUT_SHORT, True),
    ],
)
def test_an_exception_means_what_it_prevented(
    exception: Exception, kind: ErrorKind, retryable: bool
) -> None:
    error = from_exception(exception, detail="GET /x")

    assert (error.kind, error.retryable, error.status) == (kind, retryable, None)


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_kind_has_words_that_say_what_happened_and_what_to_do(kind: ErrorKind) -> None:
    error = failure(kind, "the detail")

    assert error.kind is kind
    assert str(error) == error.message
    assert 2 <= error.message.count(". ") + 1 <= 3
    assert error.message.endswith(".")
    assert "the detail" not in error.message


def test_the_words_use_no_jargon() -> None:
    for rule in TABLE:
        assert not {"HTTP", "JSON", "DNS", "TLS", "URL"} & set(rule.message.split())


def test_only_the_credentials_are_a_matter_of_authentication() -> None:
    assert {kind for kind in ErrorKind if kind.is_auth} == {
        ErrorKind.WRONG_KEY,
        ErrorKind.EXPIRED_KEY,
        ErrorKind.WRONG_COMPANY,
    }


def test_the_repr_is_for_the_engineer() -> None:
    error = FlatchrError(ErrorKind.TIMEOUT, "Words.", detail="GET /x: deadline")

    assert repr(error) == "FlatchrError(timeout, 'GET /x: deadline')"
