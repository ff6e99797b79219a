"""POST /passthrough/flatchr/{api}: a request of the caller's own, signed in by us (§9).

Flatchr's answer of any status is data; an error of ours has one of the general codes, or none
(`docs/unified-api.md §4.1`). The sending, and its rules, are in `integrations.passthrough`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

import orjson
from django.conf import settings
from django.http import HttpResponse
from pydantic import Field, StringConstraints

from integrations import egress
from integrations.api import idempotency
from integrations.api.bodies import Body, body_of, success
from integrations.api.caller import caller, tenant
from integrations.api.errors import ApiError, invalid
from integrations.flatchr.client import Host
from integrations.flatchr.errors import ErrorKind
from integrations.flatchr.exchange_log import Masker
from integrations.ids import TOOL
from integrations.models import ApiKey, Integration
from integrations.passthrough import sending
from integrations.passthrough.history import Sender
from integrations.passthrough.request import (
    MAX_BODY,
    CheckedRequest,
    FormFile,
    InvalidPassthrough,
    PassthroughRequest,
    check_request,
    checked_address,
    key_may,
)
from integrations.passthrough.sending import NoResponse, NotConnected

HOSTS: Mapping[str, Host] = {"api": "api", "career": "careers", "careers": "careers"}
FETCH_SECONDS = 30.0
# The status for what may have been done: the official clients do not send it again.
UNDECIDED = 424

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
    """Below Flatchr's host; may hold a query."""
    headers: dict[str, Word] | None = None
    """Flatchr's key is added here, so there is none to send."""
    params: dict[str, Word] | None = None
    data: Any = None
    """An object or a list goes out as JSON, a text as it is."""
    response_as_base64: bool | None = None
    """For answers that are no text."""
    multipart_form_data: list[FormField] | None = None
    """Sent as a form, in place of `data`."""
    api_options: dict[str, Word] | None = None
    """Flatchr has none: left out."""


def send(request: Any, tool: str, api: str) -> HttpResponse:
    """The view."""
    host = HOSTS.get(api)
    if tool != TOOL or host is None:
        known = ", ".join(f"{TOOL}/{name}" for name in HOSTS)
        raise invalid(f"There is no API “{tool[:50]}/{api[:50]}” here. Known are {known}.")
    wanted = body_of(request, PassthroughInput)
    key = caller(request).key
    if not key_may(key, host, wanted.method, wanted.path):
        raise _forbidden(key, wanted.method)
    integration = tenant(request, for_action=True)

    def act() -> HttpResponse:
        return _sent(integration, _outgoing(host, wanted), wanted, key)

    if wanted.method == "GET":
        return act()
    return idempotency.once(request, key=key, route="POST passthrough", act=act)


def _forbidden(key: ApiKey, method: str) -> ApiError:
    if key.read_only:
        words = f"This API key is read-only and may not send {method} requests to Flatchr."
    else:
        words = (
            f"This API key may not send {method} requests through the passthrough. Make a key for "
            f"which {method} is ticked under Passthrough to Flatchr, or make it with "
            f"`create_api_key --passthrough`."
        )
    return ApiError("PLATFORM.INPUT_INVALID", words, status=403)


def _sent(
    integration: Integration, call: CheckedRequest, wanted: PassthroughInput, key: ApiKey
) -> HttpResponse:
    try:
        sent = sending.send(integration, call, Sender(key=key))
    except NotConnected:
        raise ApiError(
            "INTEGRATION.SETUP_INCOMPLETE", "This integration has no Flatchr credentials yet."
        ) from None
    except NoResponse as unanswered:
        raise _trouble(unanswered) from None
    warnings = ["api_options: Flatchr has none; they were left out."] if wanted.api_options else []
    answer, masker = sent.response, sent.masker
    data = {
        "url": masker.text(answer.url),
        "status": answer.status,
        "headers": {name: _masked(value, name, masker) for name, value in answer.headers.items()},
        "data": _data(answer.body, masker, as_base64=wanted.response_as_base64 is True),
    }
    return success(data, warnings=warnings)


def _trouble(unanswered: NoResponse) -> ApiError:
    """The error for a request that brought no answer. What clients repeat by themselves is safe:
    a read, or something that never left.
    """
    message, title = unanswered.message, unanswered.title or None
    if unanswered.kind is ErrorKind.RATE_LIMITED:
        code = "PLATFORM.RATE_LIMIT_EXCEEDED"
        return ApiError(code, message, headers={"Retry-After": "1"})
    if unanswered.kind.is_auth:
        return ApiError(None, message, title=title, status=424)
    if unanswered.kind is ErrorKind.TOO_LARGE:
        return ApiError(None, message, title=title, status=UNDECIDED, uncertain=True)
    if unanswered.may_be_done:
        return ApiError("PLATFORM.TASK_TIMED_OUT", message, title=title, status=UNDECIDED)
    if unanswered.kind is ErrorKind.TIMEOUT:
        return ApiError("PLATFORM.TASK_TIMED_OUT", message)
    return ApiError(None, message, title=title, status=503)


def _outgoing(host: Host, wanted: PassthroughInput) -> CheckedRequest:
    """The request as it may leave. Raises `ApiError`."""
    asked = PassthroughRequest(
        host=host,
        method=wanted.method,
        path=wanted.path,
        params=wanted.params or {},
        headers=wanted.headers or {},
        data=wanted.data,
    )
    try:
        if not wanted.multipart_form_data:
            return check_request(asked)
        # Before any file is fetched for it.
        checked_address(asked)
        return check_request(replace(asked, form=_form(wanted.multipart_form_data)))
    except InvalidPassthrough as error:
        raise invalid(str(error)) from None


def _form(fields: list[FormField]) -> tuple[tuple[str, str | FormFile], ...]:
    parts: list[tuple[str, str | FormFile]] = []
    left = MAX_BODY
    for at, field in enumerate(fields):
        value: str | FormFile = field.value if isinstance(field.value, str) else ""
        if not isinstance(field.value, str):
            value = _file(field.value, f"multipart_form_data.{at}", left)
            left -= len(value.content)
        parts.append((field.name, value))
    return tuple(parts)


def _file(file: FileInput, where: str, left: int) -> FormFile:
    """The file with its content. Raises `ApiError`."""
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
        return FormFile(file.name, given or "application/octet-stream", content)
    try:
        fetched = egress.fetch(
            file.data_url or "",
            max_bytes=max(1, left),
            deadline=FETCH_SECONDS,
            allowed_networks=settings.EGRESS_ALLOWED_NETWORKS,
        )
    except egress.EgressError as error:
        raise invalid(f"{where}.data_url: {error.message}") from None
    content_type = given or fetched.content_type or "application/octet-stream"
    return FormFile(file.name, content_type, fetched.content)


def _masked(value: str | list[str], name: str, masker: Masker) -> str | list[str]:
    if isinstance(value, list):
        return [masker.params({name: one})[name] for one in value]
    return masker.params({name: value})[name]


def _data(body: bytes, masker: Masker, *, as_base64: bool) -> Any:
    """Flatchr's body for the answer, without secrets: JSON as it came, else text."""
    if as_base64:
        return base64.b64encode(masker.content(body)).decode()
    body = masker.answer(body)
    try:
        orjson.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
    return orjson.Fragment(body)
