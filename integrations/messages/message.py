"""A message for people: a code with parameters, rendered in the language of whoever reads it.

Rooms raise and store messages and know no language. A `Message` is a `str`, its English text, so
logs, commands, API answers and exported files need nothing special; the dashboard shows
`message.render()`. What is no `Message`, such as Flatchr's own words, is shown as it is.

This module is used by `flatchr`, which knows no Django: Django is imported where it renders.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from typing import Any

from integrations.messages.catalogue import TEXTS
from integrations.messages.declaration import PLACE

# Text and numbers are filled in as they are, messages are rendered. Those of a list are separated
# by commas, or by spaces where the place is called `sentences`.
Param = str | int | float | Sequence[Any]


class UnknownMessage(LookupError):
    """No message is declared under this code."""


class Message(str):
    """The message declared under `code`, with its parameters; equal to its English text.

    Raises `UnknownMessage`, and `TypeError` for parameters that are missing or not declared.
    Text made of a message (formatted, joined, cut) is plain English text: nest messages instead.
    """

    code: str
    params: Mapping[str, Param]

    def __new__(cls, code: str, /, **params: Param) -> Message:
        declared = TEXTS.get(code)
        if declared is None:
            raise UnknownMessage(code)
        if params.keys() != declared.places:
            expected = ", ".join(sorted(declared.places)) or "none"
            raise TypeError(f"{code} takes these parameters: {expected}; not: {sorted(params)}")
        message = super().__new__(
            cls, _filled(declared.english(params), params, str, "{:,}".format)
        )
        message.code = code
        message.params = params
        return message

    @property
    def english(self) -> str:
        """The English text as a plain `str`, for encoders that take no subclass."""
        return str.__str__(self)

    def render(self, language: str | None = None) -> str:
        """The text in `language`, or else in the active one; English where that lacks it."""
        from django.utils import translation
        from django.utils.formats import number_format

        if language is not None:
            with translation.override(language):
                return self.render()
        declared = TEXTS[self.code]
        count = self.params.get("count")
        if declared.plural and isinstance(count, int):
            template = translation.ngettext(declared.text, declared.plural, count)
        else:
            template = translation.gettext(declared.text)
        number = partial(number_format, force_grouping=True)
        return _filled(template, self.params, translated, number)

    # As `SafeString` does: `str(error)` of an exception raised with a message is that message.
    def __str__(self) -> Message:
        return self

    def __repr__(self) -> str:
        return f"Message({self.code!r}, {dict(self.params)!r})"

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Param]]:
        return (self.code,), dict(self.params)


def sequence(messages: Sequence[str]) -> str:
    """Several messages as one, with a space between; blank if there is none."""
    if len(messages) < 2:
        return messages[0] if messages else ""
    return Message("sequence", sentences=list(messages))


def chain(code: str, items: Sequence[str]) -> str:
    """`items`, at least one, put together by twos under `code` ("{first} and {last}")."""
    return reduce(lambda first, last: Message(code, first=first, last=last), items)


def translated(said: object) -> str:
    """`said` in the active language if it is a message, or an exception raised with one."""
    text = str(said)
    return text.render() if isinstance(text, Message) else text


def _filled(
    template: str,
    params: Mapping[str, Param],
    shown: Callable[[object], str],
    number: Callable[[float], str],
) -> str:
    """`template` with its places filled in, counts and fractions by `number`, all else by `shown`;
    braces and percent signs in a value mean nothing.
    """

    if not params:
        return template

    def value(place: re.Match[str]) -> str:
        given = params.get(place[1], place[0])
        if isinstance(given, list | tuple):
            return (" " if place[1] == "sentences" else ", ").join(map(shown, given))
        if isinstance(given, float) or (place[1].endswith("count") and isinstance(given, int)):
            return number(given)
        return shown(given)

    return PLACE.sub(value, template)
