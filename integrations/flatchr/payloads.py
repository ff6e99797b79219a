"""Payloads of writes to Flatchr, and their bodies as they are sent piece by piece.

A payload holds neither key nor file: `CandidateBody` adds both (`docs/flatchr-api.md §7`).
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, BinaryIO

from integrations.flatchr.exchange_log import MASK


@dataclass(frozen=True, slots=True)
class ResumeFile:
    """A CV to be uploaded. `size` is in bytes, and exactly what `open` has to read."""

    name: str
    content_type: str
    size: int
    open: Callable[[], AbstractContextManager[BinaryIO]]


def candidate_payload(
    *,
    slug: str,
    first_name: str,
    last_name: str,
    email: str,
    phone: str = "",
    comment: str = "",
    answers: Iterable[Mapping[str, str]] = (),
    urls: Mapping[str, str] | None = None,
    offerer_id: int | None = None,
    source_id: str = "",
    user_key: str = "",
) -> dict[str, Any]:
    """The fields of a candidate to be created, but for token and CV. What is empty is left out,
    as Flatchr asks for (`docs/flatchr-api.md §7`).
    """
    given: dict[str, Any] = {
        "vacancy": slug,
        "firstname": first_name,
        "lastname": last_name,
        "email": email,
        "phone": phone,
        "comment": comment,
        "answers": [dict(answer) for answer in answers],
        "urls": {name: url for name, url in (urls or {}).items() if url},
        "offerer_id": offerer_id,
        "source_id": int(source_id) if is_number(source_id) else source_id,
        "user_id": user_key,
    }
    return {name: value for name, value in given.items() if value not in (None, "", [], {})}


def is_number(source_id: str) -> bool:
    """Whether it is a number: its type is not documented (`docs/flatchr-api.md §I.1`)."""
    return source_id.isascii() and source_id.isdigit() and not source_id.startswith("0")


def loggable_payload(payload: Mapping[str, Any], resume: ResumeFile) -> dict[str, Any]:
    """The whole request as it may be logged: the key masked, the size in place of the file."""
    file = {"fileName": resume.name, "contentType": resume.content_type, "bytes": resume.size}
    return {**payload, "token": MASK, "type": "document", "resume": file}


# A multiple of three, so that the pieces of base64 can be joined.
_BLOCK = 48 * 1024


class AbortedError(Exception):
    """The caller has given the request up: nothing more of it may be sent."""


class OutgoingBody:
    """A body for one request, which records whether any of it was sent.

    `begun` is set when the first piece is read, which happens once the connection is made: a body
    that was not begun cannot have been accepted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._aborted = False
        self.begun = False

    def abort(self) -> bool:
        """Send nothing more of it; return whether any of it was sent already."""
        with self._lock:
            self._aborted = True
            return self.begun

    def _sendable(self, piece: bytes) -> bytes:
        with self._lock:
            if self._aborted:
                raise AbortedError
            self.begun = True
        return piece


class BytesBody(OutgoingBody):
    """A small body; not empty."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = content

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        yield self._sendable(self._content)


class CandidateBody(OutgoingBody):
    """A candidate with its file as the bytes of a JSON object, never whole in memory."""

    def __init__(self, payload: Mapping[str, Any], token: str, resume: ResumeFile) -> None:
        super().__init__()
        file = {"fileName": resume.name, "contentType": resume.content_type}
        fields = {**payload, "token": token, "type": "document"}
        # The file's data is the last member of the last member, so it can be appended.
        self._head = f'{json.dumps(fields)[:-1]}, "resume": {json.dumps(file)[:-1]}, "data": "'
        self._tail = '"}}'
        self._resume = resume

    def __len__(self) -> int:
        encoded = (self._resume.size + 2) // 3 * 4
        return len(self._head) + encoded + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        with self._resume.open() as file:
            yield self._sendable(self._head.encode())
            left = self._resume.size
            while block := file.read(min(_BLOCK, left)):
                left -= len(block)
                yield self._sendable(base64.b64encode(block))
            if left:
                raise OSError("the file is shorter than it was")
            yield self._sendable(self._tail.encode())
