"""The HTTP client of Flatchr: reads, and creates candidates.

A read is retried if its failure may be temporary; a request that is not a known read is refused. A
write is sent once and never retried here: its `WriteResult` is for the caller to judge. `actions`
adds what users do to one applicant; the client of a sync has none of it.
"""

from __future__ import annotations

import json as jsonlib
import math
import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote, urlsplit

import requests

from integrations.flatchr.configuration import Clock, Credentials, Endpoints, Policy, key_expiry
from integrations.flatchr.errors import (
    ErrorKind,
    FlatchrError,
    Scope,
    failure,
    from_exception,
    from_status,
)
from integrations.flatchr.exchange_log import Masker, NullObserver, Observer
from integrations.flatchr.json_stream import elements, whole
from integrations.flatchr.payloads import CandidateBody, OutgoingBody, ResumeFile, loggable_payload
from integrations.flatchr.transport import Attempt, Call, FlatchrTransport
from integrations.flatchr.write_result import (
    WriteOutcome,
    WriteResult,
    check_created,
    error_message_in,
    outcome_of_error,
)
from integrations.messages import Message

Host = Literal["api", "careers"]
Params = Mapping[str, str | int]

VERSION = "0.2.0"
# Some career sites are behind a firewall that refuses bare clients (`docs/flatchr-api.md §4`);
# the "compatible" form passes and still names us.
USER_AGENTS: dict[Host, str] = {
    "api": f"Relais/{VERSION}",
    "careers": f"Mozilla/5.0 (compatible; Relais/{VERSION})",
}

COMPANY = "/company/{company}"
SEARCH = f"{COMPANY}/search/applicants"
_READ_POSTS = frozenset({SEARCH})
CREATE = "/vacancy/candidate/json"
# The same checks, and nothing is stored (`docs/flatchr-api.md §7`).
DRY_RUN = "/vacancy/candidate/test"
# Lists that every company has: a 404 there means that there is no such company.
_PROBES = frozenset({f"{COMPANY}/columns", f"{COMPANY}/vacancies", f"{COMPANY}/tags"})

_REASONS = {
    ErrorKind.UNREACHABLE: Message("waiting_unreachable"),
    ErrorKind.TIMEOUT: Message("waiting_timeout"),
    ErrorKind.CUT_SHORT: Message("waiting_cut_short"),
}
_random = random.SystemRandom()
_THROTTLED = Message("waiting_throttled")


class FlatchrClient:
    """Talks to Flatchr with one customer's credentials; a context manager; one thread only.

    Paths are written with `{company}` and `{slug}`, which the client fills in; each segment is
    percent-encoded, so that no value can lead to another path or host. `throttle` returns 0.0
    when a request may go out now, else the seconds to wait before asking again. A pause between
    attempts of more than `longest_pause` seconds is not made: the error is raised, with the
    `retry_after` that Flatchr has named. Reads raise FlatchrError and nothing else, apart from what
    the observer raises.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        credentials: Credentials,
        *,
        observer: Observer | None = None,
        throttle: Callable[[], float] | None = None,
        policy: Policy = Policy(),  # noqa: B008 - frozen
        longest_pause: float = math.inf,
        clock: Clock = Clock(),  # noqa: B008 - without state
    ) -> None:
        self.credentials = credentials
        self._hosts: dict[Host, str] = {
            "api": endpoints.api_url.rstrip("/"),
            "careers": endpoints.careers_url.rstrip("/"),
        }
        self._observer = observer or NullObserver()
        self._throttle = throttle or (lambda: 0.0)
        self._policy = policy
        self._longest_pause = longest_pause
        self._clock = clock
        self._session = open_session()
        self._transport = FlatchrTransport(
            self._session, self._observer, policy, clock, Masker(credentials.api_key)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def careers_host(self) -> str:
        """The host that candidates are created on."""
        return urlsplit(self._hosts["careers"]).netloc

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def get(self, path: str, *, params: Params | None = None, host: Host = "api") -> Any:
        """A whole small JSON document (`Policy.get_max_bytes`)."""
        policy = self._policy
        call = self._call(
            "GET", path, params, None, host, policy.get_deadline, policy.get_max_bytes
        )
        for number in range(1, policy.attempts + 1):
            self._await_turn(call)
            try:
                with Attempt(self._transport, call, number) as attempt:
                    return whole(b"".join(attempt.chunks()))
            except FlatchrError as error:
                self._pause_or_raise(call, number, error)
        raise AssertionError("the last attempt returns or raises")

    def stream(
        self, method: str, path: str, *, params: Params | None = None, json: Any = None
    ) -> Generator[tuple[Any, str], None, None]:
        """A JSON array of the api host, element by element: (value, exact source text).

        The value is a dict, unless Flatchr sent something else or something `Unreadable`
        (`json_stream`). Once the first element is out, a failure is not retried, because its
        consumer has acted on a part: a broken connection then raises CUT_SHORT. Nothing is sent,
        and no deadline runs, before the first element is asked for. Close the iterator to give
        up early.
        """
        policy = self._policy
        call = self._call(
            method, path, params, json, "api", policy.stream_deadline, policy.stream_max_bytes
        )
        for number in range(1, policy.attempts + 1):
            self._await_turn(call)
            begun = False
            try:
                with Attempt(self._transport, call, number) as attempt:
                    for element in elements(attempt.chunks()):
                        begun = True
                        yield element
                return
            except FlatchrError as error:
                if begun:
                    raise
                self._pause_or_raise(call, number, error)

    def create_candidate(
        self,
        payload: Mapping[str, Any],
        resume: ResumeFile,
        *,
        dry_run: bool = False,
        about_to_send: Callable[[], None] = lambda: None,
    ) -> WriteResult:
        """Create a candidate from `payloads.candidate_payload` and a CV.

        One attempt, on a connection of its own: a reused one may have been closed by the other
        side, which cannot be told from a lost response. `about_to_send` is called right before
        the first byte is sent; what it, or the observer, raises reaches the caller unchanged, and
        then nothing is sent.
        """
        body = CandidateBody(payload, self.credentials.api_key, resume)
        try:
            call = self._write_call(
                DRY_RUN if dry_run else CREATE, body, loggable_payload(payload, resume)
            )
            self._await_turn(call)
        except FlatchrError as error:
            return WriteResult(WriteOutcome.NOT_SENT, error)
        about_to_send()
        return self._deliver(call, body, check_created)

    def _deliver(
        self,
        call: Call,
        body: OutgoingBody | None,
        check: Callable[[bytes], Mapping[str, Any] | None],
    ) -> WriteResult:
        """Send a write once. `check` raises FlatchrError for a 2xx that confirms nothing; what it
        returns is the result's `answer`.

        On a connection of its own: see `create_candidate`. Without a body it is not known
        whether the request was sent, so it counts as sent.
        """
        with open_session() as session:
            attempt = Attempt(replace(self._transport, session=session), call, 1)
            exchange = attempt.exchange
            try:
                with attempt:
                    answer = check(b"".join(attempt.chunks()))
            except FlatchrError as error:
                outcome = outcome_of_error(error, begun=body is None or body.abort())
                return WriteResult(
                    outcome, error, exchange, error_message_in(exchange.response_body)
                )
            finally:
                if body is not None:
                    body.abort()
        return WriteResult(
            WriteOutcome.ACCEPTED,
            None,
            exchange,
            error_message_in(exchange.response_body),
            answer or {},
        )

    def _write_call(self, path: str, body: CandidateBody, record: Mapping[str, Any]) -> Call:
        scopes = {Scope.ANY, Scope.WRITE}
        if self._key_has_expired():
            scopes.add(Scope.EXPIRED)
        request = requests.Request(
            "POST",
            self._hosts["careers"] + path,
            data=body,
            headers={
                "User-Agent": USER_AGENTS["careers"],
                "Content-Type": "application/json; charset=utf-8",
            },
            auth=self._authorize,
        )
        prepared = self._prepared(request, f"careers {path}")
        policy = self._policy
        deadline = self._clock.monotonic() + policy.write_deadline
        text = jsonlib.dumps(record, ensure_ascii=False)
        return Call(prepared, frozenset(scopes), deadline, policy.get_max_bytes, text)

    def _call(
        self,
        method: str,
        path: str,
        params: Params | None,
        json: Any,
        host: Host,
        deadline: float,
        max_bytes: int,
    ) -> Call:
        if method != "GET" and not (method == "POST" and path in _READ_POSTS):
            raise ValueError(f"{method} {path} is not known to be a read")
        scopes = self._scopes(path, host)
        request = requests.Request(
            method,
            self._url(path, host, scopes),
            params=params,
            data=None if json is None else jsonlib.dumps(json).encode(),
            headers={"User-Agent": USER_AGENTS[host]},
            auth=self._authorize if host == "api" else _stay_anonymous,
        )
        if json is not None:
            request.headers["Content-Type"] = "application/json"
        prepared = self._prepared(request, f"{host} {path}")
        return Call(prepared, scopes, self._clock.monotonic() + deadline, max_bytes)

    def _prepared(self, request: requests.Request, where: str) -> requests.PreparedRequest:
        key = self.credentials.api_key
        if not (key.isascii() and key.isprintable()):
            detail = "the key holds characters that no HTTP header can carry"
            raise failure(ErrorKind.WRONG_KEY, detail)
        try:
            return self._session.prepare_request(request)
        except requests.RequestException as error:
            problem = from_exception(error, detail=f"{type(error).__name__} for {where}")
        raise problem

    def _url(self, path: str, host: Host, scopes: frozenset[Scope]) -> str:
        fields = {"{company}": self.credentials.company_key, "{slug}": self.credentials.slug}
        segments = path.strip("/").split("/")
        for field, value in fields.items():
            segments = [segment.replace(field, value) for segment in segments]
        if not {"", ".", ".."}.isdisjoint(segments):
            # Such a segment would lead to another path; nothing at Flatchr has it as its id.
            raise from_status(404, scopes, detail=f"{path} with an empty or a dot segment")
        quoted = [quote(segment, safe="", errors="replace") for segment in segments]
        return "/".join([self._hosts[host], *quoted])

    def _scopes(self, path: str, host: Host) -> frozenset[Scope]:
        """What a request is about, for the error table."""
        if host == "careers":
            return frozenset({Scope.ANY, Scope.CAREERS})
        scopes = {Scope.ANY, Scope.API}
        if self._key_has_expired():
            scopes.add(Scope.EXPIRED)
        if path.startswith(f"{COMPANY}/"):
            scopes.add(Scope.COMPANY)
        if path in _PROBES:
            scopes.add(Scope.PROBE)
        return frozenset(scopes)

    def _key_has_expired(self) -> bool:
        expiry = key_expiry(self.credentials.api_key)
        return expiry is not None and expiry <= self._clock.now()

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.credentials.api_key}"
        return request

    def _await_turn(self, call: Call) -> None:
        while (pause := self._throttle()) > 0:
            if self._clock.monotonic() + pause >= call.deadline:
                raise failure(ErrorKind.RATE_LIMITED, "our own request limit left no time")
            self._wait(pause, _THROTTLED)

    def _pause_or_raise(self, call: Call, attempt: int, error: FlatchrError) -> None:
        """Wait before the next attempt; raise `error` if there is none or no time for one."""
        policy = self._policy
        if error.retry_after is None:
            # Full jitter, so that clients stopped by the same fault do not return together.
            longest = min(policy.backoff_cap, policy.backoff_base * 2 ** (attempt - 1))
            pause = _random.uniform(0, longest)
        else:
            pause = min(error.retry_after, policy.retry_after_cap)
        late = self._clock.monotonic() + pause >= call.deadline
        too_long = max(pause, error.retry_after or 0.0) > self._longest_pause
        if not error.retryable or attempt == policy.attempts or late or too_long:
            raise error
        said = Message("waiting_status", status=error.status) if error.status else None
        self._wait(pause, said or _REASONS[error.kind])

    def _wait(self, seconds: float, reason: Message) -> None:
        end = self._clock.monotonic() + seconds
        while (left := end - self._clock.monotonic()) > 0:
            self._observer.waiting(left, reason)
            self._clock.sleep(min(left, self._policy.beat))


def open_session() -> requests.Session:
    """A new pool of connections with the headers that every request has."""
    session = requests.Session()
    session.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip"})
    return session


def _stay_anonymous(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Send no key: the feed is public (§4). Also keeps requests from using .netrc."""
    return request
