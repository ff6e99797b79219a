"""Passthrough requests: as their author wrote them, and checked, ready to be sent to Flatchr.

Paths, headers and parameters are checked by `flatchr.request_guard`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.conf import settings
from urllib3.filepost import encode_multipart_formdata

from integrations.accounts.permissions import Permission, may
from integrations.flatchr.client import CREATE, SEARCH, Host
from integrations.flatchr.request_guard import (
    UnsafeRequest,
    checked_headers,
    checked_params,
    checked_path,
)
from integrations.messages import Message
from integrations.models import PASSTHROUGH_METHODS, ApiKey, BodyKind, Integration

# The largest body that is sent; bytes.
MAX_BODY = 25 * 1024**2
# Candidates are created below this path, with the key in the body, too (`docs/flatchr-api.md §7`).
_CREATIONS = CREATE.rpartition("/")[0] + "/"
# Flatchr takes its search by POST (`docs/flatchr-api.md §5`); it changes nothing.
_SEARCH = re.compile(re.escape(SEARCH).replace(r"\{company\}", r"[A-Za-z0-9_-]+"))


class InvalidPassthrough(ValueError):
    """The request cannot be sent; the text says why."""


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file of a form."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PassthroughRequest:
    """A request as its author wrote it. `data` is any JSON, or a text to be sent as it is; `form`
    are the fields of a multipart form. `path` is relative to the host and may hold a query.
    """

    host: Host
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    data: Any = None
    form: tuple[tuple[str, str | FormFile], ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request that may be sent. `shown` is what may be shown of its body once secrets are masked;
    `takes_key` says that the tenant's key is put into the body when it is sent.
    """

    host: Host
    method: str
    path: str
    headers: dict[str, str]
    params: dict[str, str]
    kind: BodyKind
    content: bytes = field(repr=False)
    shown: str = field(repr=False)
    takes_key: bool

    @property
    def shown_headers(self) -> dict[str, str]:
        """The headers, without the generated boundary of a form."""
        return {name: value.partition("; boundary=")[0] for name, value in self.headers.items()}

    @property
    def changes_nothing(self) -> bool:
        return is_read(self.host, self.method, self.path)


def is_read(host: Host, method: str, path: str) -> bool:
    """Whether the request only reads: a GET, or the search for applicants."""
    if method == "GET":
        return True
    bare = "/" + path.partition("?")[0].removeprefix("/")
    return host == "api" and method == "POST" and _SEARCH.fullmatch(bare) is not None


def user_may(user: Any, host: Host, method: str, path: str) -> bool:
    """Whether the user may send it: a request that may change something needs a permission."""
    return may(user, Permission.WRITE_THROUGH) or is_read(host, method, path)


def key_may(key: ApiKey, host: Host, method: str, path: str) -> bool:
    """Whether the key may send it. A request that only reads counts as a GET."""
    return key.may_pass(method) or (is_read(host, method, path) and key.may_pass("GET"))


def checked_address(request: PassthroughRequest) -> tuple[str, dict[str, str], dict[str, str]]:
    """Path, headers and parameters, checked to stay on the host. Raises `InvalidPassthrough`."""
    if request.method not in PASSTHROUGH_METHODS:
        raise InvalidPassthrough(Message("method_not_passed", method=request.method[:20]))
    try:
        return (
            checked_path(request.path),
            checked_headers(request.headers),
            checked_params(request.params),
        )
    except UnsafeRequest as error:
        raise InvalidPassthrough(str(error)) from None


def check_request(request: PassthroughRequest) -> CheckedRequest:
    """The request as it will be sent. Raises `InvalidPassthrough`."""
    path, headers, params = checked_address(request)
    kind, content, shown = _body(request, headers)
    if len(content) > MAX_BODY:
        raise InvalidPassthrough(Message("body_too_large", limit=MAX_BODY // 1024**2))
    creates = request.host == "careers" and path.startswith(_CREATIONS)
    return CheckedRequest(
        host=request.host,
        method=request.method,
        path=path,
        headers=headers,
        params=params,
        kind=kind,
        content=content,
        shown=shown,
        takes_key=creates and kind is BodyKind.JSON and isinstance(request.data, dict),
    )


def with_key(call: CheckedRequest, key: str) -> bytes:
    """The body; for a new candidate with the key among its fields, as Flatchr requires."""
    if not call.takes_key:
        return call.content
    return orjson.dumps({**orjson.loads(call.content), "token": key})


def _body(request: PassthroughRequest, headers: dict[str, str]) -> tuple[BodyKind, bytes, str]:
    """Kind, bytes and loggable text of the body; sets its content type in `headers`."""
    has_type = any(name.lower() == "content-type" for name in headers)
    if request.form:
        if request.data is not None:
            raise InvalidPassthrough(Message("body_twice"))
        if has_type:
            raise InvalidPassthrough(Message("form_content_type_given"))
        content, headers["Content-Type"] = _encoded(request.form)
        return BodyKind.FORM, content, _loggable_form(request.form)
    if request.data is None or request.data == "":
        return BodyKind.NONE, b"", ""
    if isinstance(request.data, str):
        kind, content_type = BodyKind.TEXT, "text/plain; charset=utf-8"
        content = request.data.encode("utf-8", "replace")
    else:
        kind, content_type = BodyKind.JSON, "application/json"
        content = orjson.dumps(request.data)
    if not has_type:
        headers["Content-Type"] = content_type
    return kind, content, content.decode()


def _encoded(form: tuple[tuple[str, str | FormFile], ...]) -> tuple[bytes, str]:
    parts: list[tuple[str, Any]] = [
        (
            name,
            (value.name, value.content, value.content_type)
            if isinstance(value, FormFile)
            else value,
        )
        for name, value in form
    ]
    return encode_multipart_formdata(parts)


def _loggable_form(form: tuple[tuple[str, str | FormFile], ...]) -> str:
    """A form's fields, a line each, as JSON, so that secrets in them are masked as in JSON."""
    lines = []
    for name, value in form:
        logged = value
        if isinstance(value, FormFile):
            logged = f"[file {value.name}, {len(value.content)} bytes]"
        lines.append(f"{orjson.dumps(name).decode()}: {orjson.dumps(logged).decode()}")
    return "\n".join(lines)


def curl(integration: Integration, request: PassthroughRequest) -> str:
    """The curl command that sends the request through the HTTP API (`docs/unified-api.md §9`).

    Placeholders stand for the API key and the content of a file.
    """
    api = "api" if request.host == "api" else "career"
    url = f"{settings.PUBLIC_URL}/v1/passthrough/flatchr/{api}"
    body = orjson.dumps(_api_body(request), option=orjson.OPT_INDENT_2).decode()
    parts = [
        f"curl -X POST {shlex.quote(url)}",
        "-H 'Authorization: Bearer YOUR_API_KEY'",
        f"-H {shlex.quote(f'X-Integration-Id: {integration.pk}')}",
        "-H 'Content-Type: application/json'",
        f"--data {shlex.quote(body)}",
    ]
    return " \\\n  ".join(parts)


def _api_body(request: PassthroughRequest) -> dict[str, Any]:
    body: dict[str, Any] = {"method": request.method, "path": request.path}
    if request.params:
        body["params"] = dict(request.params)
    if request.headers:
        body["headers"] = dict(request.headers)
    if request.data is not None:
        body["data"] = request.data
    if request.form:
        body["multipart_form_data"] = [
            {
                "name": name,
                "value": _file_placeholder(value) if isinstance(value, FormFile) else value,
            }
            for name, value in request.form
        ]
    return body


def _file_placeholder(file: FormFile) -> dict[str, str]:
    return {"name": file.name, "content_type": file.content_type, "data": "BASE64_OF_THE_FILE"}
