"""Text as Flatchr takes it: its documentation asks to keep "exotic" characters such as Word's curly
quotes and bullets out (`docs/flatchr-api.md §0.1`), and its names have to match `/[a-zA-Z]/` (§7).

What is replaced is the family that a word processor puts in place of what was typed: curly quotes
and primes, dashes, bullets, ellipses, joined letters, special and invisible spaces. Letters,
accents, plain apostrophes and hyphens, and every script stay. So do « and »: they are typed, they
are French's ordinary quotes, and they belong to Latin-1 as the rest of French does, whereas Word's
characters are those that Windows-1252 adds to it.
"""

from __future__ import annotations

import re

from anyascii import anyascii

_WORD = {
    # Windows-1252's bytes for them, too, as they look when read as Latin-1.
    "'": "‘’‚‛′‹›\x82\x8b\x91\x92\x9b",
    '"': "“”„‟″\x84\x93\x94",
    "-": "‐‑‒–—―−\x96\x97",
    "...": "…\x85",
    " ": "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f",
    # Without ZWJ and ZWNJ, which Persian and Indian scripts are spelled with.
    "": "\u00ad\u200b\u2060\ufeff",
}
# The last are those of the Symbol and Wingdings fonts, as Word writes them in plain text.
_BULLETS = "•‣⁃∙◦▪▫■□●○◆◇►▶➢➤❖✓✔✗✦\x95\uf0a7\uf0b7\uf0d8\uf0fc\uf076"
_JOINED = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}

_PLAIN = (
    {char: plain for plain, chars in _WORD.items() for char in chars}
    | dict.fromkeys(_BULLETS, "-")
    | _JOINED
)
_EXOTIC = re.compile("[" + "".join(map(re.escape, _PLAIN)) + "]")
_LATIN = re.compile("[a-zA-Z]")


def plain_typography(text: str) -> tuple[str, list[tuple[str, str]]]:
    """`text` with typographic characters made plain, and what was replaced by what.

    Each pair is there once, in order of first appearance; the second part is empty for a
    character that was taken out.
    """
    replaced: dict[str, str] = {}

    def plain(found: re.Match[str]) -> str:
        return replaced.setdefault(found[0], _PLAIN[found[0]])

    return _EXOTIC.sub(plain, text), list(replaced.items())


def sendable_name(text: str) -> tuple[str, list[tuple[str, str]]]:
    """A first or last name as Flatchr takes it, and the replacements made in it.

    A name without any of a-z gets its Latin spelling added in parentheses, so that the name as
    its bearer writes it stays: "Мария" becomes "Мария (Mariya)". One without any letter at all
    comes back without: there is nothing to spell.
    """
    name, replaced = plain_typography(text)
    if _LATIN.search(name) or not any(map(str.isalpha, name)):
        return name, replaced
    latin = " ".join(anyascii(name).split())
    if not _LATIN.search(latin):
        return name, replaced
    spelled = f"{name} ({latin})"
    return spelled, [*replaced, (name, spelled)]
