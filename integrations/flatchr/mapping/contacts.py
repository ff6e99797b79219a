"""E-mail addresses, and phone numbers as people type them in France and overseas
(`docs/mapping.md`, Candidate and application).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import phonenumbers
from phonenumbers import Leniency, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher

from integrations.flatchr.mapping.values import Notes, text
from integrations.invisible_characters import visible
from integrations.messages import Message

# The pattern of the unified API for an address (`docs/unified-api.md §5.2`), without its rule that
# no dot follows another, which is cheaper to check without a pattern.
_EMAIL = re.compile(r"(?!\.)([\w'+-.]*)[\w+-]@([\da-z][\da-z-]*\.)+[a-z]{2,}", re.ASCII)
# The longest address that mail can be sent to (RFC 5321); a longer one would also not fit into the
# index by which a person's applications are matched.
_EMAIL_LIMIT = 254

REGION: Final = "FR"
_FRANCE: Final = 33
# After the 0.
_DIGITS: Final = 9

# Overseas departments, collectivities and territories. Dialled from there or from the mainland,
# their numbers are written as French ones, and reached from abroad under codes of their own.
_OVERSEAS: Final = ("RE", "YT", "GP", "MQ", "GF", "PM", "NC", "PF", "WF")

# Kept by the regulators for fiction, and so in no numbering plan: Arcep's in mainland France
# (decision 2018-0881), Ofcom's in Britain. They count as valid.
_FOR_FICTION: Final = ("+3363998", "+447700900")

# Longer texts are no numbers, and take the library long.
_LONGEST: Final = 250

# Réunion's, Mayotte's and Martinique's, which the library's patterns of the mainland have as well.
_NOT_MAINLAND: Final = ("263", "269", "596")
# The usual ways to write the usual numbers, without the library. A test compares with it.
_PLAIN_FRENCH = re.compile(r"(?:0|(?:\+|00)33 ?(?:\(0\) ?)?)([1-9](?:[ .-]?[0-9]{2}){4})")
_USUAL = re.compile(
    "(?:[13][0-9]|2[0-57-9]|4[1-9]|5[0-8]|7[3-9])[0-9]{7}"
    "|6(?:[0-24-8][0-9]|3[0-8]|9[589])[0-9]{6}"
    "|63998[0-9]{4}"
)
_SEPARATORS = str.maketrans("", "", " .-")

_DIALLED = re.compile(r"[0-9+().\-/ \u00a0]+")
_LABEL = re.compile(
    r"\A(?:t[eé]l(?:[eé]phone)?|phone|mobile|portable|port|gsm|fixe)\b[ .]*:? *", re.IGNORECASE
)


def email(value: Any, field: str, notes: Notes) -> str | None:
    """The address, trimmed, its domain in lower case; null, with a finding, if it is not valid."""
    typed = text(value, field, notes, seen=visible)
    if typed is None:
        return None
    address = valid_email(typed)
    if address is not None:
        return address
    notes.add("invalid_email", field, typed, Message("email_left_out"))
    return None


def valid_email(typed: str) -> str | None:
    """The address with a lower-cased domain; null when it is not a valid one."""
    local, _, domain = typed.rpartition("@")
    address = f"{local}@{domain.lower()}"
    if len(address) > _EMAIL_LIMIT or ".." in address or not _EMAIL.fullmatch(address):
        return None
    return address


class PhoneNote(Enum):
    """What is to be known of a number besides it."""

    NONE = ""
    INVALID = "phone_not_valid"
    AMBIGUOUS = "phone_ambiguous"
    CUT = "phone_rest_left_out"
    UNREADABLE = "phone_kept_as_given"


@dataclass(frozen=True, slots=True)
class PhoneReading:
    """A number in E.164, or as typed where `note` is one of the others."""

    number: str
    note: PhoneNote = PhoneNote.NONE


def phone(value: Any, field: str, notes: Notes) -> str | None:
    """The first number in E.164; as given if it cannot be read. What was not understood, and what
    was left out, is a finding.
    """
    given = text(value, field, notes, seen=visible)
    if given is None:
        return None
    reading = read_phone(given)
    if reading.note is not PhoneNote.NONE:
        code = "phone_partly_read" if reading.note is PhoneNote.CUT else "unreadable_phone"
        notes.add(code, field, given, Message(reading.note.value))
    return reading.number


def read_phone(given: str) -> PhoneReading:
    """What `given`, trimmed and not blank, means when it is typed in France."""
    plain = _PLAIN_FRENCH.fullmatch(given)
    if plain and _USUAL.fullmatch(digits := plain[1].translate(_SEPARATORS)):
        return PhoneReading(f"+33{digits}")
    if len(given) > _LONGEST:
        return PhoneReading(given, PhoneNote.UNREADABLE)
    typed = _LABEL.sub("", given)
    if _DIALLED.fullmatch(typed) and (whole := _read_one(typed, given)):
        return whole
    for found in PhoneNumberMatcher(typed, REGION, leniency=Leniency.POSSIBLE):
        first = _read_one(found.raw_string, given)
        if first is None:
            continue
        rest = typed[: found.start] + typed[found.end :]
        if first.note is PhoneNote.NONE and (found.number.extension or re.search(r"\w", rest)):
            return PhoneReading(first.number, PhoneNote.CUT)
        return first
    return PhoneReading(given, PhoneNote.UNREADABLE)


def _read_one(typed: str, given: str) -> PhoneReading | None:
    """The one number that `typed` is; None if it is none that could be dialled anywhere."""
    try:
        number = phonenumbers.parse(typed, REGION)
    except phonenumbers.NumberParseException:
        return None
    if _is_valid(number):
        return PhoneReading(_e164(number))
    if number.country_code == _FRANCE:
        overseas = _overseas(number)
        # Shorter ones have no 0 in front, and might be a mainland number that lost some digits.
        if len(overseas) == 1 and len(str(number.national_number)) == _DIGITS:
            return PhoneReading(overseas.pop())
        if overseas:
            return PhoneReading(given, PhoneNote.AMBIGUOUS)
    if not phonenumbers.is_possible_number(number):
        return None
    names_country = typed.lstrip().startswith(("+", "00")) and set(typed) - set("0 ")
    return PhoneReading(_e164(number) if names_country else given, PhoneNote.INVALID)


def _overseas(number: PhoneNumber) -> set[str]:
    """The valid numbers that it would be overseas, in E.164."""
    zero = "0" if len(str(number.national_number)) == _DIGITS else ""
    found = set()
    for region in _OVERSEAS:
        try:
            there = phonenumbers.parse(f"{zero}{number.national_number}", region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number_for_region(there, region):
            found.add(_e164(there))
    return found


def _is_valid(number: PhoneNumber) -> bool:
    if number.country_code == _FRANCE and str(number.national_number).startswith(_NOT_MAINLAND):
        return False
    return phonenumbers.is_valid_number(number) or _e164(number).startswith(_FOR_FICTION)


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
