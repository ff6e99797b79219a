"""What of a found record matched, for telling the reader why it is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from integrations.search.folding import fold
from integrations.search.terms import Search, Term

Piece = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Match:
    """A value that matched: its label, and its text in pieces, each with whether it was meant."""

    label: str
    pieces: tuple[Piece, ...]


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
