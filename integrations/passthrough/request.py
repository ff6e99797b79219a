"""What somebody wants sent to Flatchr, and what becomes of it: a request that may leave.

Everything here is pure. The rules on paths, headers and parameters are those of `relative`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from urllib3.filepost import encode_multipart_formdata

from integrations.flatchr.client import CREATE, SEARCH, Host
from integrations.flatchr.request_guard import NotRelative, own_headers, own_params, relative_path
from integrations.models import PASSTHROUGH_METHODS, BodyKind

# What is sent; bytes.
MAX_BODY = 25 * 1024**2
# Below it, candidates are created, which takes the key in the body, too (`docs/flatchr-api.md §7`).
_CREATIONS = CREATE.rpartition("/")[0] + "/"
# Flatchr takes its search by POST (`docs/flatchr-api.md §5`); it changes nothing.
_SEARCH = re.compile(re.escape(SEARCH).replace(r"\{company\}", r"[A-Za-z0-9_-]+"))


class NotSendable(ValueError):
    """What was asked for cannot be sent; the text says why."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a form."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as its author wrote it. `data` is any JSON, or a text to be sent as it is; `form`
    are the fields of a multipart form. `path` is relative to the host and may hold a query.
    """

    host: Host
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    data: Any = None
    form: tuple[tuple[str, str | File], ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that may leave. `shown` is what may be shown of its body before secrets are
    masked; `takes_key` says that the body gets the tenant's key on its way.
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
        """The headers without the boundary of a form, which nobody chose."""
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


def address_of(asked: Asked) -> tuple[str, dict[str, str], dict[str, str]]:
    """Path, headers and parameters that stay on the host. Raises `NotSendable`."""
    if asked.method not in PASSTHROUGH_METHODS:
        raise NotSendable(f"The method {asked.method[:20]} is not passed through.")
    try:
        return relative_path(asked.path), own_headers(asked.headers), own_params(asked.params)
    except NotRelative as error:
        raise NotSendable(str(error)) from None


def outgoing(asked: Asked) -> Outgoing:
    """The request as it would be sent. Raises `NotSendable`."""
    path, headers, params = address_of(asked)
    kind, content, shown = _body(asked, headers)
    if len(content) > MAX_BODY:
        raise NotSendable(f"What is to be sent is larger than {MAX_BODY // 1024**2} MB.")
    creates = asked.host == "careers" and path.startswith(_CREATIONS)
    return Outgoing(
        host=asked.host,
        method=asked.method,
        path=path,
        headers=headers,
        params=params,
        kind=kind,
        content=content,
        shown=shown,
        takes_key=creates and kind is BodyKind.JSON and isinstance(asked.data, dict),
    )


def with_key(call: Outgoing, key: str) -> bytes:
    """The body, with the key where Flatchr wants it among the fields of a candidate."""
    if not call.takes_key:
        return call.content
    return orjson.dumps({**orjson.loads(call.content), "token": key})


def _body(asked: Asked, headers: dict[str, str]) -> tuple[BodyKind, bytes, str]:
    """The body and what is recorded of it; its content type is put among `headers`."""
    has_type = any(name.lower() == "content-type" for name in headers)
    if asked.form:
        if asked.data is not None:
            raise NotSendable("Send either data or a form, not both.")
        if has_type:
            raise NotSendable(
                "The content type of a form is set here and cannot be given as a header."
            )
        content, headers["Content-Type"] = _encoded(asked.form)
        return BodyKind.FORM, content, _form_words(asked.form)
    if asked.data is None or asked.data == "":
        return BodyKind.NONE, b"", ""
    if isinstance(asked.data, str):
        kind, content_type = BodyKind.TEXT, "text/plain; charset=utf-8"
        content = asked.data.encode("utf-8", "replace")
    else:
        kind, content_type = BodyKind.JSON, "application/json"
        content = orjson.dumps(asked.data)
    if not has_type:
        headers["Content-Type"] = content_type
    return kind, content, content.decode()


def _encoded(form: tuple[tuple[str, str | File], ...]) -> tuple[bytes, str]:
    parts: list[tuple[str, Any]] = [
        (
            name,
            (value.name, value.content, value.content_type) if isinstance(value, File) else value,
        )
        for name, value in form
    ]
    return encode_multipart_formdata(parts)


def _form_words(form: tuple[tuple[str, str | File], ...]) -> str:
    """A form's fields, a line each, as JSON, so that what masks JSON masks them too."""
    lines = []
    for name, value in form:
        said = value
        if isinstance(value, File):
            said = f"[file {value.name}, {len(value.content)} bytes]"
        lines.append(f"{orjson.dumps(name).decode()}: {orjson.dumps(said).decode()}")
    return "\n".join(lines)
