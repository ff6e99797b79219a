"""A page as its reader sees it: the texts, and which of them are still English."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser

from django.utils import translation
from django.utils.translation import gettext, ngettext, npgettext, pgettext

from tests.translating.messages import COUNTED_CONTEXT, all_messages

READ = ("title", "placeholder", "aria-label", "alt", "data-label", "data-once", "data-copied")
# What stands on the page as it was given: code, other people's words, technical details.
QUOTED = {"script", "style", "code", "pre", "option-value", "samp"}
VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Texts(HTMLParser):
    """Every text that is shown or read out, in the order of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._quoted: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if not self._quoted:
            self.found += [values[name] or "" for name in READ if name in values]
        # A symbol is named by a word; a text in another language says so itself.
        symbol = "material-symbols" in (values.get("class") or "")
        quoted = symbol or tag in QUOTED or (tag != "html" and "lang" in values)
        if tag not in VOID and (self._quoted or quoted):
            self._quoted.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._quoted and self._quoted[-1] == tag:
            self._quoted.pop()

    def handle_data(self, data: str) -> None:
        if not self._quoted:
            self.found.append(data)


def texts_of(html: str) -> set[str]:
    parser = Texts()
    parser.feed(html)
    return {text for text in (" ".join(found.split()) for found in parser.found) if text}


def left_in_english(html: str) -> set[str]:
    """The texts of a page that are English messages, or an English message with its values."""
    exact, patterns = _english()
    texts = texts_of(html)
    return {text for text in texts if text in exact or any(one.fullmatch(text) for one in patterns)}


@cache
def _english() -> tuple[set[str], list[re.Pattern[str]]]:
    """The messages whose French is another text; those with values as patterns."""
    exact, patterns, said = set(), [], set()
    with translation.override("fr"):
        for context, text in all_messages():
            forms = text if isinstance(text, tuple) else (text,)
            said |= {pgettext(context, one) for one in forms if context}
            if context == COUNTED_CONTEXT:
                told = {npgettext(context, *forms, count) for count in (1, 2)}
                patterns += [re.compile(rf"(?:[\d, ]+ )?{one}") for one in forms if one not in told]
            for one in forms:
                if context or one in _french(forms):
                    continue
                if re.search(r"%\(\w+\)s|\{\w*\}", one):
                    patterns += _pattern(one)
                else:
                    exact.add(" ".join(re.sub(r"<[^>]+>", "", one).split()))
    # Some words are French as well, of something feminine: "Active".
    return exact - said, patterns


def _french(forms: tuple[str, ...]) -> set[str]:
    if len(forms) == 1:
        return {gettext(forms[0])}
    return {ngettext(*forms, 1), ngettext(*forms, 2)}


def _pattern(message: str) -> list[re.Pattern[str]]:
    """The message as a pattern, where enough words are its own to tell it from a name."""
    pieces = re.split(r"%\(\w+\)s|\{\w*\}|<[^>]+>", message)
    if len(re.findall(r"\w{2,}", " ".join(pieces))) < 3:
        return []
    return [re.compile(".*?".join(map(re.escape, pieces)), re.DOTALL)]
