"""Requests and responses of the sandbox, independent of the socket that carries them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

CHUNK = 65_536


class ErrorAnswer(Exception):
    """A response other than 2xx, raised by a handler, in the shape that hapi gives it.

    `docs/flatchr-api.md` §H.1.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> None:
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})
        self.body = body or {
            "statusCode": status,
            "error": HTTPStatus(status).phrase,
            "message": message,
        }


def missing(name: str) -> ErrorAnswer:
    """A 400: a required field is absent."""
    return ErrorAnswer(400, f'"{name}" is required')


def not_found(what: str) -> ErrorAnswer:
    """A 404: no record has this id."""
    return ErrorAnswer(404, f"{what} not found")


@dataclass
class Request:
    """A received request; `params` are the values of the route's `{names}`."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes
    client: str
    params: dict[str, str] = field(default_factory=dict)
    email: str | None = None
    """The user of the token, when it came from a login and not from a company key."""

    @property
    def content_type(self) -> str:
        return self.headers.get_content_type() if self.headers["Content-Type"] else ""

    def fields(self) -> set[str]:
        """The names in the `fields` parameter, a comma-separated list."""
        return {name for name in self.query.get("fields", "").split(",") if name}

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body is an empty object."""
        if not self.body.strip():
            return {}
        try:
            value = json.loads(self.body)
        except ValueError:
            raise ErrorAnswer(400, "Invalid request payload JSON format") from None
        if not isinstance(value, dict):
            raise ErrorAnswer(400, '"value" must be of type object')
        return value

    def payload(self) -> dict[str, Any]:
        """The body as JSON, a web form or multipart, whichever it is."""
        if self.content_type == "multipart/form-data":
            return self._multipart()
        if self.content_type == "application/x-www-form-urlencoded":
            return dict(parse_qsl(self.body.decode("utf-8", "replace")))
        return self.json()

    def _multipart(self) -> dict[str, Any]:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parsed = BytesParser(policy=HTTP).parsebytes(head + self.body)
        values: dict[str, Any] = {}
        for part in parsed.iter_parts():
            name = part.get_param("name", header="content-disposition")
            data = part.get_payload(decode=True)
            if not isinstance(name, str) or not isinstance(data, bytes):
                continue
            if part.get_filename():
                values[name] = Upload(part.get_filename() or "", part.get_content_type(), data)
            else:
                values[name] = data.decode("utf-8", "replace")
        return values


@dataclass(frozen=True)
class Upload:
    """A file of a multipart form."""

    name: str
    content_type: str
    data: bytes


@dataclass
class Response:
    """A response. A body of bytes is sent with its length; an iterable one in chunks."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"

    @classmethod
    def json(
        cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """A response with one JSON document."""
        return cls(status, dump(value).encode(), dict(headers or {}))


def dump(value: Any) -> str:
    """JSON as Flatchr writes it: compact, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def array(items: Iterable[Any], opening: str = "[", closing: str = "]") -> Iterator[bytes]:
    """A JSON array written item by item."""
    separator = opening
    for item in items:
        yield (separator + dump(item)).encode()
        separator = ","
    yield ((opening if separator == opening else "") + closing).encode()


def in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of about 64 KB."""
    pending = bytearray()
    for piece in pieces:
        pending += piece
        while len(pending) >= CHUNK:
            yield bytes(pending[:CHUNK])
            del pending[:CHUNK]
    if pending:
        yield bytes(pending)
