"""POST /passthrough/flatchr/{api}: a request of the caller's own, signed in by us (§9).

The request goes to Flatchr's host and nowhere else, once. Flatchr's answer of any status is data;
an error of ours has one of the general codes, or none (`unified-api.md §4.1`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
from django.conf import settings
from django.http import HttpResponse
from pydantic import Field, StringConstraints
from urllib3.filepost import encode_multipart_formdata

from integrations import egress
from integrations.api import idempotency
from integrations.api.answers import success
from integrations.api.bodies import Body, body_of
from integrations.api.caller import caller, tenant
from integrations.api.errors import ApiError, invalid
from integrations.api.writes.live import flatchr
from integrations.flatchr.acting import Relayed
from integrations.flatchr.body import BytesBody
from integrations.flatchr.client import CREATE, Host
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.policy import Policy
from integrations.flatchr.relative import NotRelative, own_headers, own_params, relative_path
from integrations.ids import TOOL
from integrations.models import Integration

HOSTS: Mapping[str, Host] = {"api": "api", "career": "careers", "careers": "careers"}
# The answer, and what is sent; bytes.
MAX_ANSWER = 25 * 1024**2
MAX_BODY = 25 * 1024**2
PATIENCE = Policy(connect_timeout=5, read_timeout=60, write_deadline=60, attempts=1)
FETCH_SECONDS = 30.0
# The status for what may have been done: the official clients do not send it again.
UNDECIDED = 424
# Below it, candidates are created, which takes the key in the body, too (`flatchr-api.md §7`).
_CREATIONS = CREATE.rpartition("/")[0] + "/"

Word = Annotated[str, StringConstraints(max_length=20_000)]


class FileInput(Body):
    """A file of a form: base64 in `data`, or an address in `data_url`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    content_type: Annotated[str, StringConstraints(max_length=500)] | None = None
    data_url: Word | None = None
    data: str | None = Field(default=None, repr=False)


class FormField(Body):
    name: Word
    value: str | FileInput


class PassthroughInput(Body):
    """The body (§9). `path` is relative to the host and may hold a query."""

    method: Literal["GET", "POST", "DELETE", "PUT", "PATCH"]
    path: str
    headers: dict[str, Word] | None = None
    params: dict[str, Word] | None = None
    data: Any = None
    response_as_base64: bool | None = None
    multipart_form_data: list[FormField] | None = None
    api_options: dict[str, Word] | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that may leave."""

    path: str
    headers: dict[str, str]
    params: dict[str, str]
    content: bytes
    shown: str


def send(request: Any, tool: str, api: str) -> HttpResponse:
    """The view."""
    host = HOSTS.get(api)
    if tool != TOOL or host is None:
        known = ", ".join(f"{TOOL}/{name}" for name in HOSTS)
        raise invalid(f"There is no API “{tool[:50]}/{api[:50]}” here. Known are {known}.")
    wanted = body_of(request, PassthroughInput)
    key = caller(request).key
    if not key.may_pass(wanted.method):
        raise ApiError(
            "PLATFORM.INPUT_INVALID",
            f"This API key may not send {wanted.method} requests through the passthrough.",
            status=403,
        )
    integration = tenant(request, for_action=True)

    def act() -> HttpResponse:
        return _sent(integration, host, wanted)

    if wanted.method == "GET":
        return act()
    return idempotency.once(request, key=key, route="POST passthrough", act=act)


def _sent(integration: Integration, host: Host, wanted: PassthroughInput) -> HttpResponse:
    try:
        path = relative_path(wanted.path)
        headers, params = own_headers(wanted.headers or {}), own_params(wanted.params or {})
    except NotRelative as error:
        raise invalid(str(error)) from None
    content, shown = _content(wanted, headers)
    outgoing = Outgoing(path, headers, params, content, shown)
    answer = _relayed(integration, host, wanted, outgoing)
    warnings = ["api_options: Flatchr has none; they were left out."] if wanted.api_options else []
    data = {
        "url": answer.url,
        "status": answer.status,
        "headers": answer.headers,
        "data": _data(answer.body, as_base64=wanted.response_as_base64 is True),
    }
    return success(data, warnings=warnings)


def _relayed(
    integration: Integration, host: Host, wanted: PassthroughInput, outgoing: Outgoing
) -> Relayed:
    body: BytesBody | None = None
    try:
        with flatchr(integration, PATIENCE) as client:
            content = outgoing.content
            if host == "careers" and outgoing.path.startswith(_CREATIONS):
                content = _with_token(content, wanted, client.credentials.api_key)
            body = BytesBody(content) if content else None
            return client.relay(
                host,
                wanted.method,
                outgoing.path,
                headers=outgoing.headers,
                params=outgoing.params,
                body=body,
                shown=outgoing.shown,
                max_bytes=MAX_ANSWER,
            )
    except FlatchrError as error:
        begun = body.give_up() if body is not None else True
        raise _trouble(error, may_be_done=begun and wanted.method != "GET") from None


def _with_token(content: bytes, wanted: PassthroughInput, token: str) -> bytes:
    """The fields of a candidate to be created, with the key that Flatchr wants among them."""
    if not isinstance(wanted.data, dict) or wanted.multipart_form_data:
        return content
    return orjson.dumps({**wanted.data, "token": token})


def _trouble(error: FlatchrError, *, may_be_done: bool) -> ApiError:
    """The error for a request that brought no answer. What clients repeat by themselves is safe:
    a read, or something that never left.
    """
    if error.kind is ErrorKind.RATE_LIMITED:
        return ApiError(
            "PLATFORM.RATE_LIMIT_EXCEEDED",
            "The limit for requests to Flatchr is used up. Nothing was sent.",
            headers={"Retry-After": "1"},
        )
    if error.kind.is_auth:
        return ApiError(None, error.message, title="Flatchr cannot be signed in to.", status=424)
    if error.kind is ErrorKind.TOO_LARGE:
        words = f"Flatchr's answer is larger than {MAX_ANSWER // 1024**2} MB and was not read."
        return ApiError(
            None, words, title="The answer is too large.", status=UNDECIDED, uncertain=True
        )
    if may_be_done:
        return ApiError(
            "PLATFORM.TASK_TIMED_OUT",
            f"{error.message} The answer was lost, so Flatchr may have done it or not: look "
            "before you send it again.",
            title="Not known whether Flatchr did it.",
            status=UNDECIDED,
        )
    if error.kind is ErrorKind.TIMEOUT:
        return ApiError("PLATFORM.TASK_TIMED_OUT", error.message)
    return ApiError(None, error.message, title="Flatchr is not available.", status=503)


def _content(wanted: PassthroughInput, headers: dict[str, str]) -> tuple[bytes, str]:
    """The body and what is recorded of it; its content type is put among `headers`."""
    has_type = any(name.lower() == "content-type" for name in headers)
    if wanted.multipart_form_data:
        if wanted.data is not None:
            raise invalid("Send either data or multipart_form_data")
        if has_type:
            raise invalid("headers: The content type of a form is set here and cannot be given")
        content, headers["Content-Type"] = _form(wanted.multipart_form_data)
        names = ", ".join(field.name for field in wanted.multipart_form_data)
        return _small(content), f"[form with {names}; {len(content)} bytes]"
    if wanted.data is None or wanted.data == "":
        return b"", ""
    if isinstance(wanted.data, str):
        content, kind = wanted.data.encode("utf-8", "replace"), "text/plain; charset=utf-8"
    else:
        content, kind = orjson.dumps(wanted.data), "application/json"
    if not has_type:
        headers["Content-Type"] = kind
    return _small(content), content.decode()


def _small(content: bytes) -> bytes:
    if len(content) > MAX_BODY:
        raise invalid(f"What is to be sent is larger than {MAX_BODY // 1024**2} MB")
    return content


def _form(fields: list[FormField]) -> tuple[bytes, str]:
    parts: list[tuple[str, Any]] = []
    left = MAX_BODY
    for at, field in enumerate(fields):
        where = f"multipart_form_data.{at}"
        if isinstance(field.value, str):
            parts.append((field.name, field.value))
            continue
        content, content_type = _file(field.value, where, left)
        left -= len(content)
        parts.append((field.name, (field.value.name, content, content_type)))
    return encode_multipart_formdata(parts)


def _file(file: FileInput, where: str, left: int) -> tuple[bytes, str]:
    """The file's bytes and content type. Raises `ApiError`."""
    given = file.content_type or ""
    if not given.isprintable() or not given.isascii():
        raise invalid(f"{where}.content_type: This is not a content type")
    if (file.data is None) == (not file.data_url):
        raise invalid(f"{where}: Send either data or data_url")
    if file.data is not None:
        try:
            content = base64.b64decode("".join(file.data.split()), validate=True)
        except (binascii.Error, ValueError):
            raise invalid(f"{where}.data: This is not base64") from None
        return content, given or "application/octet-stream"
    try:
        fetched = egress.fetch(
            file.data_url or "",
            max_bytes=max(1, left),
            deadline=FETCH_SECONDS,
            allowed_networks=settings.EGRESS_ALLOWED_NETWORKS,
        )
    except egress.EgressError as error:
        raise invalid(f"{where}.data_url: {error.message}") from None
    return fetched.content, given or fetched.content_type or "application/octet-stream"


def _data(body: bytes, *, as_base64: bool) -> Any:
    """The answer's body as it is told: JSON as it came, else text."""
    if as_base64:
        return base64.b64encode(body).decode()
    try:
        orjson.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
    return orjson.Fragment(body)
