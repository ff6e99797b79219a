"""The log of requests to Flatchr and their responses, without secrets, and who is told of it.

Secrets are masked before an `Exchange` is handed to an observer (`docs/flatchr-api.md §D.29`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import quote, quote_plus


@dataclass(slots=True)
class Exchange:
    """One attempt at one request. The same object is passed to the observer twice.

    `key` is random hex and names the attempt; `path` includes the query; `attempt` counts from 1;
    `started_at` is an aware UTC datetime; `duration` is in seconds and null until the end;
    `bytes_received` counts the body after decompression; the bodies are heads of at most 2,000
    characters; `error` is empty, an `ErrorKind`, or `stopped` if the consumer gave up.
    """

    key: str
    method: str
    host: str
    path: str
    attempt: int
    started_at: datetime
    request_headers: dict[str, str]
    request_body: str
    status: int | None = None
    duration: float | None = None
    bytes_received: int = 0
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    error: str = ""


class Observer(Protocol):
    """Called by the client as it works, on the thread that called the client.

    An exception raised by `waiting` or `tick` aborts the call and reaches its caller unchanged.
    """

    def exchange(self, exchange: Exchange) -> None:
        """Called when the headers have arrived (status known) and when it ends (duration known)."""

    def waiting(self, seconds: float, reason: str) -> None:
        """Called before and at least once a second during a pause; `seconds` is what is left."""

    def tick(self) -> None:
        """Called for every chunk read, and once a second while Flatchr keeps us waiting."""


class NullObserver:
    """An observer that does nothing."""

    def exchange(self, exchange: Exchange) -> None: ...

    def waiting(self, seconds: float, reason: str) -> None: ...

    def tick(self) -> None: ...


MASK = "***"
HEAD = 2_000  # characters of a body that are kept
_HEADER = 500  # characters of a header value that are kept
# The ends of names whose values are secrets, in any spelling: `token_vyte` is Flatchr's (§13).
_NAME_ENDS = (
    r"(?i:passw(?:or)?d|passphrase|pwd|secret|token(?:_vyte)?|authorization|cookie"
    r"|(?:api|access|private)[_-]?key)"
)
_SENSITIVE = re.compile(rf"{_NAME_ENDS}\W*\Z")
# Values of such names in a query, or a form of the same syntax, and in JSON.
_QUERY = rf'(?P<query>(?:^|[?&])[^=&?\s"]{{0,60}}?{_NAME_ENDS}(?:\]|%5[dD])*=)[^&\s]+'
_JSON = rf'(?P<json>{_NAME_ENDS}\]*"\s*:\s*)(?:"(?:[^"\\]|\\.)*|(?P<number>-?\d[\d.eE+-]*))'


# What the names of secrets have in them, in lower case: a body without any of it, and without the
# key, has no secret, which is found out some hundred times as fast.
_TRACES = tuple(
    b"passw passphrase pwd secret token authorization cookie apikey api_key api-key "
    b"accesskey access_key access-key privatekey private_key private-key".split()
)
# Request headers whose values are kept in histories and the log. Any other is a user's own, and may
# be somebody's sign-in, whatever it is called.
_SHOWN = frozenset(
    {
        *("accept", "accept-charset", "accept-encoding", "accept-language", "cache-control"),
        *("connection", "content-language", "content-length", "content-type", "date"),
        *("if-match", "if-modified-since", "if-none-match"),
        *("if-unmodified-since", "origin", "pragma", "prefer", "range", "referer", "user-agent"),
        *("x-correlation-id", "x-request-id", "x-requested-with"),
    }
)


class Masker:
    """Replaces one API key, plain or encoded, and every value whose name is that of a secret:
    `password`, `token`, `client_secret`, `X-Api-Key` and the like (`docs/flatchr-api.md §0.2`).
    """

    def __init__(self, api_key: str) -> None:
        spellings = {api_key, quote(api_key, safe=""), quote_plus(api_key)}
        spellings |= {json.dumps(api_key)[1:-1], api_key.replace("/", "\\/")}
        # Longest first, so that no spelling leaves the end of another behind.
        keys = [re.escape(text) for text in sorted(spellings, key=len, reverse=True) if text]
        self._longest = max(map(len, spellings))
        self._pattern = re.compile("|".join([*keys, _QUERY, _JSON]))
        self._pattern_json = re.compile("|".join([*keys, _JSON, "(?P<query>(?!))"]))
        self._key = re.compile(b"|".join(key.encode() for key in keys))

    @property
    def window(self) -> int:
        """How many characters of a body `head` has to see."""
        return HEAD + self._longest

    def text(self, text: str) -> str:
        """`text` with every secret replaced."""
        return self._pattern.sub(_mask, text)

    def answer(self, body: bytes) -> bytes:
        """An answer as its reader may have it: JSON stays JSON, and every other byte as it is.

        Masked are the key, and what JSON calls a secret; not what an address in it is signed with,
        as a CV is fetched by it.
        """
        small = body.lower()
        if not any(trace in small for trace in _TRACES):
            return self.content(body)
        return self._pattern_json.sub(_mask, body.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape"
        )

    def content(self, body: bytes) -> bytes:
        """A file without the key."""
        return self._key.sub(MASK.encode(), body)

    def head(self, text: str) -> str:
        """The first 2,000 characters, masked; a secret across the cut is masked, too."""
        pieces, done = [], 0
        for found in self._pattern.finditer(text[: self.window]):
            if found.start() >= HEAD:
                break
            pieces += [text[done : found.start()], _mask(found)]
            done = found.end()
        return "".join(pieces) + text[done : max(done, HEAD)]

    def params(self, params: Mapping[str, str]) -> dict[str, str]:
        """Parameters as they may be shown."""
        return {
            self.text(name): MASK if _SENSITIVE.search(name) else self.text(value)
            for name, value in params.items()
        }

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers as they may be shown, each value cut to 500 characters."""
        return {name: value[:_HEADER] for name, value in self.params(headers).items()}

    def sent_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers of a request, as they may be kept: of unknown ones the names alone."""
        return {
            name: value if name.lower() in _SHOWN else MASK
            for name, value in self.headers(headers).items()
        }


def _mask(found: re.Match[str]) -> str:
    if found["json"]:
        # A number becomes a string, so that JSON stays JSON.
        return f'{found["json"]}"{MASK}' + ('"' if found["number"] else "")
    return (found["query"] or "") + MASK
