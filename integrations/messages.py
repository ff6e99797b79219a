"""What the service rooms say, in the language of whoever reads it.

Below the dashboard there is one language: whatever is raised, logged, stored in a row or answered
by the API is an English sentence, so that a row reads the same to everybody and no sync or command
depends on who started it. A page puts such a sentence into its reader's language at the moment it
shows it, here.

A sentence that had values filled in is found again by its template: the catalogue's messages with
places in braces (`The file is larger than {limit}.`) are patterns, and what stands in a place is
carried over, itself translated where it is one of our texts. `tests/translating/` reads the code
of these rooms, so that no sentence of theirs lacks its French.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import get_language, gettext, trans_real

PLACE = re.compile(r"\{([a-z_]\w*|)\}")
# What a place without a name is called among the groups of a pattern.
UNNAMED = "unnamed"
# Where one sentence may end and the next begin.
END = re.compile(r"[.!?:]”? ")


def translated(said: object) -> str:
    """`said` in the active language; as it is, if that is English or the catalogue lacks it.

    Texts that are made of several known sentences are translated one after the other.
    """
    text = str(said)
    language = get_language() or "en"
    if not text.strip() or language.partition("-")[0] == "en":
        return text
    return _translated(text, language)


def _translated(text: str, language: str) -> str:
    whole = _one(text, language)
    if whole is not None:
        return whole
    for end in reversed([match.end() for match in END.finditer(text)]):
        head = _one(text[:end].rstrip(), language)
        if head is not None:
            return f"{head} {_translated(text[end:], language)}"
    return text


def _one(text: str, language: str) -> str | None:
    """One message of the catalogue, whole or with its places filled in."""
    plain = gettext(text)
    if plain != text:
        return plain
    for pattern, template in _templates(language):
        found = pattern.fullmatch(text)
        if found is not None:
            return _filled(template, found.groupdict(), language)
    return None


def _filled(template: str, values: dict[str, str], language: str) -> str:
    def value(place: re.Match[str]) -> str:
        text = values[place[1] or UNNAMED]
        return _translated(text, language) if text.strip() else text

    return PLACE.sub(value, template)


@lru_cache
def _templates(language: str) -> list[tuple[re.Pattern[str], str]]:
    """The messages with places, those with the most words of their own first."""
    found = []
    catalog = trans_real.translation(language)._catalog  # type: ignore[attr-defined]
    for message, template in catalog.items():
        if isinstance(message, str) and isinstance(template, str) and PLACE.search(message):
            # A context stands in front of its message and belongs to the page alone.
            own = PLACE.sub("", message)
            if "\x04" not in message and re.search(r"\w{2}", own):
                found.append((len(own), _pattern(message), template))
    found.sort(key=lambda one: -one[0])
    return [(pattern, template) for _length, pattern, template in found]


def _pattern(message: str) -> re.Pattern[str]:
    seen: set[str] = set()

    def place(name: str) -> str:
        again = name in seen
        seen.add(name)
        return f"(?P={name})" if again else f"(?P<{name}>.*?)"

    # Odd pieces are the names of the places.
    pieces = PLACE.split(message)
    parts = [place(p or UNNAMED) if n % 2 else re.escape(p) for n, p in enumerate(pieces)]
    return re.compile("".join(parts), re.DOTALL)
