"""A client for actions on one applicant (move, archive, tag, CV), and for requests of users' own.

Actions are writes: sent once, with a `WriteResult` for the caller to judge, as in `client`.
"""

from __future__ import annotations

import json as jsonlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import requests
from urllib3.filepost import encode_multipart_formdata

from integrations.flatchr.client import COMPANY, USER_AGENTS, FlatchrClient, Host, open_session
from integrations.flatchr.configuration import Endpoints
from integrations.flatchr.errors import ErrorKind, FlatchrError, Scope, failure, from_status
from integrations.flatchr.json_stream import whole
from integrations.flatchr.payloads import BytesBody
from integrations.flatchr.request_guard import is_below
from integrations.flatchr.transport import Attempt, Call
from integrations.flatchr.write_result import WriteOutcome, WriteResult

BeforeSending = Callable[[], None]

APPLICANT = f"{COMPANY}/applicant/%s"
TRAIT = f"{COMPANY}/applicant/%s/trait"
ON_VACANCY = f"{COMPANY}/vacancy/%s/applicant/%s"
FILES = f"{COMPANY}/files/expire"
MEMBERS = f"{COMPANY}/members"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Response headers that are about the connection, or would sign somebody in.
_WITHHELD_HEADERS = frozenset(
    {"connection", "content-encoding", "content-length", "keep-alive", "set-cookie"}
    | {"transfer-encoding"}
)


@dataclass(frozen=True, slots=True)
class FileDownload:
    """A file, or the address that Flatchr redirects to for it (`docs/flatchr-api.md §11`)."""

    content: bytes = field(default=b"", repr=False)
    content_type: str = ""
    location: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RelayedResponse:
    """Flatchr's response, of any status, to a request of a user. Header names are in lower case; a
    header that came several times is a list.
    """

    url: str
    status: int
    headers: dict[str, str | list[str]]
    body: bytes = field(repr=False)


class ActionClient(FlatchrClient):
    """A client with the actions of users, besides the reads of a sync."""

    def applicant(self, applicant_id: str) -> Any:
        """One applicant with its candidate and the key of the CV (§6). Raises FlatchrError."""
        return self.get(APPLICANT % self.segment(applicant_id))

    def members(self) -> list[Any]:
        """The company's members, each with its user (§13). Raises FlatchrError."""
        answer = self.get(MEMBERS, params={"fields": "user"})
        if not isinstance(answer, list):
            raise failure(ErrorKind.NOT_UNDERSTOOD, "members that are no list")
        return answer

    # Of each action `about_to_send` is called when nothing but the request is left to do. What it
    # raises is raised, and nothing was sent.

    def move(
        self, vacancy_id: str, applicant_id: str, column_id: int, about_to_send: BeforeSending
    ) -> WriteResult:
        """Put an applicant into a column (§8)."""
        payload = {"column_id": column_id}
        return self.act("PUT", ON_VACANCY, (vacancy_id, applicant_id), payload, about_to_send)

    def archive(
        self, vacancy_id: str, applicant_id: str, about_to_send: BeforeSending
    ) -> WriteResult:
        """Archive an applicant; erases nothing, and the API cannot undo it (§9)."""
        return self.act("DELETE", ON_VACANCY, (vacancy_id, applicant_id), None, about_to_send)

    def give_trait(
        self, applicant_id: str, tag_id: str, value: str, about_to_send: BeforeSending
    ) -> WriteResult:
        """Give an applicant a value of a tag (§16)."""
        payload = {"tag": tag_id, "value": value}
        return self.act("POST", TRAIT, (applicant_id,), payload, about_to_send)

    def file(self, key: str, extension: str, *, max_bytes: int) -> FileDownload:
        """A CV. Flatchr serves one a second and refuses more (§11).

        A redirect is not followed, as it would take the key along. Raises FlatchrError.
        """
        policy = self._policy
        params = {"key": key, "extension": extension, "token": self.credentials.api_key}
        call = self._call("GET", FILES, params, None, "api", policy.get_deadline, max_bytes)
        for number in range(1, policy.attempts + 1):
            self._await_turn(call)
            try:
                with Attempt(self._transport, call, number) as attempt:
                    response = attempt.head()
                    location = response.headers.get("Location", "")
                    if response.status_code in _REDIRECTS and location:
                        return FileDownload(location=location)
                    if not 200 <= response.status_code < 300:
                        attempt.fail(response)
                    content_type = response.headers.get("Content-Type", "")
                    return FileDownload(b"".join(attempt.rest()), content_type)
            except FlatchrError as error:
                self._pause_or_raise(call, number, error)
        raise AssertionError("the last attempt returns or raises")

    def relay(
        self,
        host: Host,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str],
        body: BytesBody | None,
        logged_body: str,
        max_bytes: int,
    ) -> RelayedResponse:
        """Send a user's request once; return the response, whatever its status.

        `path`, `headers` and `params` are checked by `request_guard`; `logged_body` is what is
        logged of the body. Raises FlatchrError: the request may have arrived all the same if
        `body` was begun.
        """
        request = requests.Request(
            method,
            self._hosts[host] + path,
            params=dict(params),
            data=body,
            headers={"User-Agent": USER_AGENTS[host], **headers},
            auth=self._authorize,
        )
        prepared = self._prepared(request, f"{host}, passed through")
        if not is_below(self._hosts[host], str(prepared.url)):
            raise failure(ErrorKind.REFUSED, "the address would have left Flatchr's host")
        policy = self._policy
        deadline = self._clock.monotonic() + policy.write_deadline
        call = Call(prepared, self._scopes(path, host), deadline, max_bytes, logged_body)
        self._await_turn(call)
        # A connection of its own, as for every write.
        with open_session() as session:
            transport = replace(self._transport, session=session)
            with Attempt(transport, call, 1) as attempt:
                response = attempt.head()
                content = b"".join(attempt.rest())
        return RelayedResponse(str(prepared.url), response.status_code, _headers(response), content)

    def log_in(self, path: str, body: bytes) -> Any:
        """Send what somebody signs in with; return the answer. Nothing of either is logged, as far
        as this client's observer logs nothing. Raises FlatchrError.
        """
        request = requests.Request(
            "POST",
            self._hosts["api"] + path,
            data=body,
            headers={"User-Agent": USER_AGENTS["api"], "Content-Type": "application/json"},
            # Without the key, and without what a .netrc has.
            auth=lambda request: request,
        )
        prepared = self._session.prepare_request(request)
        policy = self._policy
        deadline = self._clock.monotonic() + policy.write_deadline
        call = Call(prepared, frozenset({Scope.ANY}), deadline, policy.get_max_bytes)
        self._await_turn(call)
        with Attempt(self._transport, call, 1) as attempt:
            return whole(b"".join(attempt.chunks()))

    def as_user(self, token: str) -> ActionClient:
        """A client that signs in with a user's token, and is else as this one; close it after use
        (`docs/flatchr-api.md §0.2`).
        """
        return ActionClient(
            Endpoints(self._hosts["api"], self._hosts["careers"]),
            replace(self.credentials, api_key=token),
            observer=self._observer,
            throttle=self._throttle,
            policy=self._policy,
            longest_pause=self._longest_pause,
            clock=self._clock,
        )

    def act(
        self,
        method: str,
        template: str,
        ids: tuple[str, ...],
        payload: Mapping[str, Any] | None,
        about_to_send: BeforeSending,
        *,
        form: Mapping[str, str] | None = None,
    ) -> WriteResult:
        """Send a write once: `payload` as JSON, or `form` as a multipart form. Flatchr's answer is
        the result's `answer`.
        """
        fields = payload if form is None else form
        logged = "" if fields is None else jsonlib.dumps(fields, ensure_ascii=False)
        content, content_type = jsonlib.dumps(payload).encode(), "application/json"
        if form is not None:
            content, content_type = encode_multipart_formdata(dict(form))
        body = BytesBody(content) if logged else None
        try:
            path = template % tuple(self.segment(one) for one in ids)
            scopes = self._scopes(path, "api")
            request = requests.Request(
                method,
                self._url(path, "api", scopes),
                data=body,
                headers={"User-Agent": USER_AGENTS["api"]},
                auth=self._authorize,
            )
            if body is not None:
                request.headers["Content-Type"] = content_type
            prepared = self._prepared(request, f"api {template}")
            policy = self._policy
            deadline = self._clock.monotonic() + policy.write_deadline
            call = Call(prepared, scopes, deadline, policy.get_max_bytes, logged)
            self._await_turn(call)
        except FlatchrError as error:
            return WriteResult(WriteOutcome.NOT_SENT, error)
        about_to_send()
        return self._deliver(call, body, _read_object)

    def segment(self, value: str) -> str:
        """`value`, if it is one segment of a path. Raises NOT_FOUND: Flatchr has no other ids."""
        if not value or not {"/", "{", "}"}.isdisjoint(value):
            raise from_status(404, self._scopes(APPLICANT, "api"), detail="an id that is no id")
        return value


def _read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a 2xx, as each answer to a write is one; raises NOT_UNDERSTOOD."""
    try:
        answer = jsonlib.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise failure(ErrorKind.NOT_UNDERSTOOD, "a 2xx that is no JSON object")
    return answer


def _headers(response: requests.Response) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    for name in response.raw.headers:
        if name.lower() not in _WITHHELD_HEADERS:
            values = response.raw.headers.getlist(name)
            found[name.lower()] = values[0] if len(values) == 1 else list(values)
    return found
