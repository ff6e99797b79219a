"""How a message is declared: its English text, which is also what the French catalogue knows it by.

The two markers do nothing; by their names the tools that collect texts find them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# A text, or one for one and another for several.
Declared = str | tuple[str, str]
# Where a parameter stands in a text.
PLACE = re.compile(r"\{([a-z_]\w*)\}")


def gettext_noop(text: str) -> str:
    """A text to be translated."""
    return text


def ngettext_noop(one: str, many: str) -> tuple[str, str]:
    """A text to be translated, for one and for several; its parameter `count` decides."""
    return one, many


@dataclass(frozen=True, slots=True)
class Text:
    """A declared message: its English text, that for several if there is one, and its places."""

    text: str
    plural: str
    places: frozenset[str]

    @classmethod
    def of(cls, declared: Declared) -> Text:
        text, plural = (declared, "") if isinstance(declared, str) else declared
        places = {*PLACE.findall(text), *PLACE.findall(plural)}
        return cls(text, plural, frozenset(places | {"count"} if plural else places))

    def english(self, params: Mapping[str, object]) -> str:
        """The English template for these parameters."""
        return self.plural if self.plural and params["count"] != 1 else self.text
