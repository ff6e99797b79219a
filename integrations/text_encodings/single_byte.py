"""Which encoding a text is in that does not say so.

One byte for each letter: Windows-1252, Mac Roman and the code pages of DOS have a letter or sign
at nearly every place, so each of them can read nearly every file, and only one reads it right.
They are told apart by what Western European words look like: no capital follows a small letter
(`ZoŽ`), no sign stands inside a word (`Fr“d`), and some accents stand in few places.
"""

from __future__ import annotations

import re
from itertools import islice

_ALWAYS_UTF8 = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")

# How much a letter speaks for an encoding, inside a word: French accents before those of others.
_LETTERS = (
    dict.fromkeys("èêàçôîûùâëïœ", 3.0) | {"é": 4.0} | dict.fromkeys("äöüñóíáúãõåøæßìòõýÿšž", 2.0)
)
_VOWELS = "aeiouyAEIOUY"
# Signs that people type around words, and never inside of one.
_TYPED = "«»“”‘’–—…€°\u00a0"
_APOSTROPHES = "’‘"
# Marks that stand for something, between words.
_MARKS = "™®©•·ªº£§½¼¾²³×"
# Where the usual encoding cannot read the bytes, another has to speak for itself by more than this
# for each character: any bytes are something in Mac Roman.
_ENOUGH = 1.0
# Characters that are looked at: thousands say no more than these, and take seconds.
_MOST = 50_000


def fit(text: str) -> float:
    """How much `text` looks like words of Western Europe, by its characters beyond ASCII."""
    places = islice(_NOT_ASCII.finditer(text), _MOST)
    return sum(_fit(text, place.start()) for place in places)


def _fit(text: str, at: int) -> float:
    char = text[at]
    before = text[at - 1] if at else ""
    after = text[at + 1 : at + 2]
    inside = before.isalpha() and after.isalpha()
    if char in _APOSTROPHES:
        return 3.0 if inside else 1.0
    if char in _TYPED:
        return -3.0 if inside else 1.0
    if char in _MARKS:
        return -3.0 if inside else 0.0
    worth = _LETTERS.get(char.lower())
    if worth is None:
        return -3.0
    if char.isupper():
        return _fit_of_capital(worth, before, after)
    return _fit_of_small(char, worth, before, after, text[max(0, at - 2) : at])


def _fit_of_capital(worth: float, before: str, after: str) -> float:
    if before.islower() or (before.isalpha() and after.islower()):
        return -3.0
    return worth - 1 if after.isalpha() or before.isalpha() else -1.0


def _fit_of_small(char: str, worth: float, before: str, after: str, two_before: str) -> float:
    if after.isupper() or (len(two_before) == 2 and two_before.isalpha() and two_before.isupper()):
        return -3.0
    if not before.isalpha():
        if char == "à":
            return 1.0
        return max(0.0, worth - 2) if after.isalpha() and char != "ç" else -1.0
    if char in "ãõ" and after and after in "oe":
        return worth + 3
    if char == "ç":
        return worth if after and after in "aouAOU" else -1.0
    if char in "ëï":
        return worth + 1 if before in _VOWELS else -1.0
    if char == "à":
        return worth if not after.isalpha() else 1.0
    if char in "êâôîû" and (not after.isalpha() or after in _VOWELS):
        return 1.0
    return worth


def likeliest(content: bytes, encodings: tuple[str, ...]) -> str:
    """The encoding, of those given, in which the bytes look most like words.

    The first is the usual one, and is taken unless it reads nonsense where another reads words;
    empty when it cannot read the bytes and no other reads words.
    """
    usual = decoded(content, encodings[0])
    best, most = ("", 0.0) if usual is None else (encodings[0], fit(usual))
    for encoding in encodings[1:]:
        text = decoded(content, encoding)
        if text is None:
            continue
        speaks = fit(text)
        enough = 0.0
        if usual is None:
            enough = _ENOUGH * min(_MOST, len(_NOT_ASCII.findall(text)))
        if speaks > max(most, enough):
            best, most = encoding, speaks
    return best


def decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def has_utf8(line: bytes) -> bool:
    """Whether bytes that are valid UTF-8 hold a character that takes several of them."""
    return _ALWAYS_UTF8.search(line) is not None
