"""E-mail addresses (`docs/mapping.md`, Candidate and application)."""

from __future__ import annotations

import re
from typing import Any

from integrations.flatchr.mapping.values import Notes, text
from integrations.invisible_characters import visible
from integrations.messages import Message

# The pattern of the unified API for an address (`docs/unified-api.md §5.2`), without its rule that
# no dot follows another, which is cheaper to check without a pattern.
_EMAIL = re.compile(r"(?!\.)([\w'+-.]*)[\w+-]@([\da-z][\da-z-]*\.)+[a-z]{2,}", re.ASCII)
# The longest address that mail can be sent to (RFC 5321); a longer one would also not fit into the
# index by which a person's applications are matched.
_EMAIL_LIMIT = 254


def email(value: Any, field: str, notes: Notes) -> str | None:
    """The address, trimmed, its domain in lower case; null, with a finding, if it is not valid."""
    typed = text(value, field, notes, seen=visible)
    if typed is None:
        return None
    address = valid_email(typed)
    if address is not None:
        return address
    notes.add(
        "invalid_email",
        field,
        typed,
        Message("email_left_out"),
    )
    return None


def valid_email(typed: str) -> str | None:
    """The address with a lower-cased domain; null when it is not a valid one."""
    local, _, domain = typed.rpartition("@")
    address = f"{local}@{domain.lower()}"
    if len(address) > _EMAIL_LIMIT or ".." in address or not _EMAIL.fullmatch(address):
        return None
    return address
