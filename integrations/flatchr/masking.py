"""Keeping secrets out of the exchange log and of error details (`flatchr-api.md §D.29`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import quote, quote_plus

MASK = "***"
HEAD = 2_000  # characters of a body that are kept
_HEADER = 500  # characters of a header value that are kept
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})

# The value of a field that opens something, in a query or in JSON, whoever's it is.
_FIELDS = r"(?<=[?&]token=)[^&\s]+|(?<=[?&]api_key=)[^&\s]+"
_JSON_FIELDS = r'(?P<name>"(?:token|token_vyte|api_key|password)"\s*:\s*")(?:[^"\\]|\\.)*'


class Masker:
    """Replaces one API key, however it is spelled, and all `token`, `token_vyte` (§13),
    `api_key` and `password` (§0.2) values.
    """

    def __init__(self, api_key: str) -> None:
        spellings = {api_key, quote(api_key, safe=""), quote_plus(api_key)}
        spellings |= {json.dumps(api_key)[1:-1], api_key.replace("/", "\\/")}
        # Longest first, so that no spelling leaves the end of another behind.
        keys = [re.escape(text) for text in sorted(spellings, key=len, reverse=True) if text]
        self._longest = max(map(len, spellings))
        self._pattern = re.compile("|".join([*keys, _FIELDS, _JSON_FIELDS]))

    @property
    def window(self) -> int:
        """How many characters of a body `head` has to see."""
        return HEAD + self._longest

    def text(self, text: str) -> str:
        """`text` with every secret replaced."""
        return self._pattern.sub(_mask, text)

    def head(self, text: str) -> str:
        """The first 2,000 characters, masked; a secret across the cut is masked, too."""
        pieces, done = [], 0
        for found in self._pattern.finditer(text[: self.window]):
            if found.start() >= HEAD:
                break
            pieces += [text[done : found.start()], _mask(found)]
            done = found.end()
        return "".join(pieces) + text[done : max(done, HEAD)]

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers as they may be shown, each value cut to 500 characters."""
        return {
            name: MASK if name.lower() in _SECRET_HEADERS else self.text(value)[:_HEADER]
            for name, value in headers.items()
        }


def _mask(found: re.Match[str]) -> str:
    return (found["name"] or "") + MASK
