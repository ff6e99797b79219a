"""E-mail addresses and phone numbers (`docs/mapping.md`, Candidate and application)."""

from __future__ import annotations

import re
from typing import Any

import phonenumbers

from integrations.flatchr.mapping.values import Notes, text
from integrations.messages import Message

REGION = "FR"

# The pattern of the unified API for an address (`docs/unified-api.md §5.2`), without its rule that
# no dot follows another, which is cheaper to check without a pattern.
_EMAIL = re.compile(r"(?!\.)([\w'+-.]*)[\w+-]@([\da-z][\da-z-]*\.)+[a-z]{2,}", re.ASCII)
# The longest address that mail can be sent to (RFC 5321); a longer one would also not fit into the
# index by which a person's applications are matched.
_EMAIL_LIMIT = 254

# The usual ways to write a French number, converted to E.164 without the parser: nine digits after
# the prefix are always possible in the French numbering plan. A test compares with the library.
_PLAIN_FRENCH = re.compile(r"(?:0|(?:\+|00)33 ?(?:\(0\) ?)?)([1-9](?:[ .-]?[0-9]{2}){4})")


def email(value: Any, field: str, notes: Notes) -> str | None:
    """The address, trimmed, its domain in lower case; null, with a finding, if it is not valid."""
    typed = text(value, field, notes)
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


def phone(value: Any, field: str, notes: Notes) -> str | None:
    """The number in E.164, read as dialled in France; as given, with a finding, if not readable."""
    given = text(value, field, notes)
    if given is None:
        return None
    plain = _PLAIN_FRENCH.fullmatch(given)
    if plain:
        return "+33" + plain[1].replace(" ", "").replace(".", "").replace("-", "")
    number = parsed_phone(given)
    if number is None:
        notes.add(
            "unreadable_phone",
            field,
            given,
            Message("phone_kept_as_given"),
        )
        return given
    return number


def parsed_phone(given: str) -> str | None:
    """E.164 by the phonenumbers library; null if `given` is no possible number."""
    try:
        number = phonenumbers.parse(given, REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
