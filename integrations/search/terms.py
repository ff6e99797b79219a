"""What somebody typed into the search box: the terms that entries are compared with, and what of a
found record matched them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from integrations.search.folding import digits, fold

LONGEST = 200
MOST_TERMS = 8
# A word of fewer letters than a trigram has is looked for at the beginning of words.
SHORT = 3
LEAST = 2
# What has more digits than this is no reference of a job.
REFERENCE = 8

_PHONE = re.compile(r"(?<![\w@.])(?:\+|00)?\s?\(?\d(?:[\s().\-/]{0,3}\d){5,}(?![\w@])")
_OPTIONAL_ZERO = re.compile(r"\(\s*0\s*\)")


Piece = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a search: an entry has it when it has one of `spellings`."""

    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """`terms` are all to be found, in any order; `ids` are looked up exactly, each by itself."""

    text: str
    terms: tuple[Term, ...]
    ids: tuple[str, ...]

    @property
    def is_long_enough(self) -> bool:
        """Whether it says enough to look for."""
        return any(
            len(spelling.strip()) >= LEAST for term in self.terms for spelling in term.spellings
        )


@dataclass(frozen=True, slots=True)
class Match:
    """A value that matched: its label, and its text in pieces, each with whether it was meant."""

    label: str
    pieces: tuple[Piece, ...]


def parse(typed: str) -> Search:
    """The search that `typed` means. Phone numbers may be written in any way, `+33` or `0`."""
    text = " ".join(typed.replace("\0", "").split())[:LONGEST]
    terms = [_phone(found[0]) for found in _PHONE.finditer(text)]
    rest = (word.strip(".") for word in fold(_PHONE.sub(" ", text)).split())
    terms += [Term((word if len(word) >= SHORT else f" {word}",)) for word in rest if word]
    ids = dict.fromkeys(word for word in text.split() if len(word) >= LEAST)
    return Search(text, tuple(dict.fromkeys(terms))[:MOST_TERMS], tuple(ids)[:MOST_TERMS])


def _phone(written: str) -> Term:
    """A number as its digits in every country, without a prefix where France is meant. What looks
    like one may be a reference with hyphens as well.
    """
    number = digits(_OPTIONAL_ZERO.sub("", written))
    abroad = written.startswith("+")
    if number.startswith("00"):
        number, abroad = number[2:], True
    if number.startswith("33") and (abroad or len(number) == 11):
        number = number[2:]
    elif number.startswith("0") and not abroad:
        number = number[1:]
    spellings = (number,) if abroad or len(number) > REFERENCE else (number, fold(written))
    return Term(tuple(dict.fromkeys(filter(None, spellings))))


def matches(search: Search, values: Iterable[tuple[str, str]]) -> list[Match]:
    """Those of `values` (labels and texts) that a word of `search` is in, or is."""
    found = []
    for label, text in values:
        pieces = _pieces(text, search.terms)
        if text in search.ids:
            pieces = [(text, True)]
        if any(meant for _, meant in pieces):
            found.append(Match(label, tuple(pieces)))
    return found


def _pieces(text: str, terms: Iterable[Term]) -> list[Piece]:
    letters, places = _folded(text)
    meant = [False] * len(text)
    for term in terms:
        for spelling in term.spellings:
            wanted = spelling.replace(" ", "")
            at = letters.find(wanted) if wanted else -1
            if at >= 0:
                for place in places[at : at + len(wanted)]:
                    meant[place] = True
    return _joined(text, meant)


def _folded(text: str) -> tuple[str, list[int]]:
    """The folded letters of `text` without spaces, and where in `text` each comes from."""
    letters, places = [], []
    for place, sign in enumerate(text):
        for letter in fold(sign).replace(" ", ""):
            letters.append(letter)
            places.append(place)
    return "".join(letters), places


def _joined(text: str, meant: list[bool]) -> list[Piece]:
    pieces: list[Piece] = []
    for sign, is_meant in zip(text, meant, strict=True):
        if pieces and pieces[-1][1] == is_meant:
            pieces[-1] = (pieces[-1][0] + sign, is_meant)
        else:
            pieces.append((sign, is_meant))
    return pieces
