"""What is written to Flatchr, as payloads: pure, and without keys and files.

The client adds the key and the bytes of the file when it sends (`docs/flatchr-api.md §7`).
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
class Resume:
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
        "user_id": user_key,
    }
    return {name: value for name, value in given.items() if value not in (None, "", [], {})}


def shown(payload: Mapping[str, Any], resume: Resume) -> dict[str, Any]:
    """The whole request as it may be recorded: the key masked, the file told by its size."""
    file = {"fileName": resume.name, "contentType": resume.content_type, "bytes": resume.size}
    return {**payload, "token": MASK, "type": "document", "resume": file}


# The bodies of writes, handed out piece by piece, so that it is known whether any of it left.
# A multiple of three, so that the pieces of base64 can be joined.
_BLOCK = 48 * 1024


class GivenUpError(Exception):
    """Whoever asked for the request no longer waits for it: nothing more of it may leave."""


class OutgoingBody:
    """A body for one request only.

    `begun` tells whether any of it was handed to a connection: the first piece is asked for once
    the connection stands, so a body that was not begun cannot have been accepted by anybody.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given_up = False
        self.begun = False

    def give_up(self) -> bool:
        """Let nothing more of it leave; whether any of it has left already."""
        with self._lock:
            self._given_up = True
            return self.begun

    def _hand_out(self, piece: bytes) -> bytes:
        with self._lock:
            if self._given_up:
                raise GivenUpError
            self.begun = True
        return piece


class BytesBody(OutgoingBody):
    """A small body, which is not empty."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = content

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        yield self._hand_out(self._content)


class CandidateBody(OutgoingBody):
    """A candidate as the bytes of a JSON object: with its file, and never whole in memory."""

    def __init__(self, payload: Mapping[str, Any], token: str, resume: Resume) -> None:
        super().__init__()
        file = {"fileName": resume.name, "contentType": resume.content_type}
        fields = {**payload, "token": token, "type": "document"}
        # The file is the last member of the last member, and thus its data the last of all.
        self._head = f'{json.dumps(fields)[:-1]}, "resume": {json.dumps(file)[:-1]}, "data": "'
        self._tail = '"}}'
        self._resume = resume

    def __len__(self) -> int:
        encoded = (self._resume.size + 2) // 3 * 4
        return len(self._head) + encoded + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        with self._resume.open() as file:
            yield self._hand_out(self._head.encode())
            left = self._resume.size
            while block := file.read(min(_BLOCK, left)):
                left -= len(block)
                yield self._hand_out(base64.b64encode(block))
            if left:
                raise OSError("the file is shorter than it was")
            yield self._hand_out(self._tail.encode())
