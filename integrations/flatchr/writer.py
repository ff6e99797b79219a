"""What is written to Flatchr, as payloads: pure, and without keys and files.

The client adds the key and the bytes of the file when it sends (`flatchr-api.md §7`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, BinaryIO

from integrations.flatchr.masking import MASK


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
    as Flatchr asks for (`flatchr-api.md §7`).
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
