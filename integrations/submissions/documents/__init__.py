"""What is taken as a CV: a file whose content, name and declared type agree, and that is harmless.

The content decides what a file is. Nothing here runs, renders or extracts to disk; each module
says at its top what it does not look at.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.conf import settings

from integrations.submissions.documents.content import checked_kind
from integrations.submissions.documents.kinds import (
    ACCEPTED,
    CONTENT_TYPES,
    EXTENSIONS,
    contradicts,
)
from integrations.submissions.documents.names import extension, safe_name
from integrations.submissions.documents.refusals import SENTENCES, DocumentRefused

__all__ = ["ACCEPTED", "SENTENCES", "Document", "DocumentRefused", "inspect"]


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is taken.

    `name` is safe to show and to send: no path, no control characters, NFC, at most 100
    characters, with its extension. `kind` and `content_type` are from `ACCEPTED`, `size` is in
    bytes, `sha256` in hex.
    """

    name: str
    kind: str
    content_type: str
    size: int
    sha256: str


def inspect(
    name: str, content: bytes, *, content_type: str = "", max_bytes: int | None = None
) -> Document:
    """What the file is; raises DocumentRefused, and nothing else, when it is not taken.

    `content_type` is what its sender declared, if anything. `max_bytes` is the setting
    `SUBMISSION_MAX_BYTES` unless given. Time and memory are bounded by the size.
    """
    limit = settings.SUBMISSION_MAX_BYTES if max_bytes is None else max_bytes
    if not content:
        raise DocumentRefused("empty")
    if len(content) > limit:
        raise DocumentRefused("too_large", limit=f"{limit / 1024**2:.3g} MB")
    safe = safe_name(name)
    kind = checked_kind(content)
    _agree(safe, kind, content_type)
    return Document(
        name=safe,
        kind=kind,
        content_type=CONTENT_TYPES[kind][0],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _agree(name: str, kind: str, content_type: str) -> None:
    """The name and the declared type say the same as the content."""
    right, given = EXTENSIONS[kind], extension(name)
    if not given:
        raise DocumentRefused("extension_missing", right=right[0])
    if given not in right:
        raise DocumentRefused("extension_mismatch", wrong=given, kind=kind, right=right[0])
    declared = content_type.partition(";")[0].strip().lower()
    if contradicts(declared, kind):
        right_type = CONTENT_TYPES[kind][0]
        raise DocumentRefused(
            "content_type_mismatch", declared=declared, kind=kind, right=right_type
        )
