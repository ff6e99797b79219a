"""One cell of a sheet: what its text was before a program spoilt it, and what cannot be known."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from integrations.flatchr.mapping.source import REPLACEMENT
from integrations.messages import Message
from integrations.spreadsheets.escaping import RISKY, restore
from integrations.text_encodings.doubled import undoubled

CELL_CHARACTERS = 20_000
# Of a text that a note quotes.
QUOTED = 60

# What spreadsheets leave of a long number in a cell that is not text, and of a formula that fails.
SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
FAULTY = re.compile(
    r"#(REF|NAME|VALUE|DIV/0|N/A|NUM|NULL|NOM|VALEUR|NOMBRE|NUL|SPILL|PROPAGATION|CALC|CALCUL|FIELD|"
    r"CHAMP|BLOCKED|CONNECT|UNKNOWN|BUSY|PYTHON|EXTERNAL|GETTING_DATA|ND)[!?]?|ERR:\d{3}|#{3,}",
    re.IGNORECASE,
)
FORMULA = re.compile(r"=\s*[+@-]?[\w.]+\s*\(.*", re.DOTALL)
_WHOLE = re.compile(r"(\d{4,})[.,]0+")
# `&eacute;`, `&#233;` and the rest of what web pages write.
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,5}|#x[0-9A-Fa-f]{2,4});")
# A question mark in the place of a letter: the file went through an encoding without it.
_LOST = re.compile(r"\w\?\w|\w\?\s*\Z|\A\?\w")
_LINE_ENDS = re.compile(r"\s*[\r\n\v\f\u2028\u2029]+\s*")


def mended(text: str) -> tuple[str, list[Message]]:
    """`text` before it was encoded twice or written for a web page, with what was mended."""
    composed = unicodedata.normalize("NFC", text.strip())
    plain = undoubled(composed)
    done = []
    if plain != composed:
        done.append(Message("cell_encoded_twice", before=text[:QUOTED], after=plain[:QUOTED]))
    if "&" in plain and _ENTITY.search(plain) and (shown := html.unescape(plain)) != plain:
        done.append(Message("cell_for_web_page", before=plain[:QUOTED], after=shown[:QUOTED]))
        plain = shown
    return plain.strip(), done


def cleaned(name: str, text: str) -> str:
    """The value of a cell in the column `name`, on one line unless it is a letter."""
    # The apostrophe that our own files put before a formula.
    if text[:1] == "'" and text[1:2] in RISKY:
        text = restore(text)
    if name == "cover_letter":
        return text
    text = _LINE_ENDS.sub("; " if name == "phone_number" else " ", text)
    if name == "phone_number":
        # One that made the spreadsheet keep the zero.
        text = text.lstrip("'’`´ ")
        return _written_out(text)
    if name == "job" and (whole := _WHOLE.fullmatch(text)):
        return whole[1]
    return text


def _written_out(phone: str) -> str:
    """A phone number that was taken for a number, with all of its digits if they are there."""
    if whole := _WHOLE.fullmatch(phone):
        return whole[1]
    if not SCIENTIFIC.fullmatch(phone):
        return phone
    try:
        number = Decimal(phone.replace(",", "."))
    except InvalidOperation:
        return phone
    # `3.361E+10` has lost the digits that it does not show.
    shown, power = number.as_tuple().digits, number.as_tuple().exponent
    return str(int(number)) if power == 0 and len(shown) > 5 else phone


def problems(name: str, value: str) -> Iterator[Message]:
    """Why a value cannot be what was meant."""
    if len(value) > CELL_CHARACTERS:
        yield Message("cell_too_long", most=f"{CELL_CHARACTERS:,}")
    elif FAULTY.fullmatch(value):
        yield Message("cell_formula_failed", value=value)
    elif FORMULA.fullmatch(value) and name != "cover_letter":
        yield Message("cell_is_formula", value=value[:QUOTED])
    elif name == "phone_number" and SCIENTIFIC.fullmatch(value):
        yield Message("cell_number_shortened", value=value)
    elif REPLACEMENT in value and name != "cover_letter":
        yield Message("cell_character_lost", value=value[:QUOTED])


def doubts(name: str, value: str) -> Iterator[Message]:
    """What may be wrong with a value."""
    if name in ("first_name", "last_name") and _LOST.search(value):
        yield Message("cell_character_doubtful", value=value[:QUOTED])
    elif name == "cover_letter" and REPLACEMENT in value:
        yield Message("cell_character_lost", value=value[:QUOTED])
