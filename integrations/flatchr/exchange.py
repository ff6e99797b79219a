"""What goes to and comes from Flatchr, as others see it: where, with which key, and the log of it.

Nothing in an `Exchange` holds a secret: it is masked before it is handed to an observer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The two hosts of Flatchr as base URLs without a trailing slash (`flatchr-api.md §0.1`)."""

    api_url: str
    careers_url: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a customer supplies (`flatchr-api.md §0.2`); its repr never shows the key.

    `company_key` is the encoded company id of the REST paths, `slug` the name of the career site.
    """

    api_key: str = field(repr=False)
    company_key: str
    slug: str


@dataclass(slots=True)
class Exchange:
    """One attempt at one request. The same object is reported again when it ends.

    `key` is random hex and names the attempt; `path` includes the query; `attempt` counts from 1;
    `started_at` is an aware UTC datetime; `duration` is in seconds and null until the end;
    `bytes_received` counts the body after decompression; the bodies are heads of at most 2,000
    characters; `error` is empty, an `ErrorKind`, or `stopped` when the reader went away.
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
    """Sees the client at work, on the thread that called the client.

    An exception raised by `waiting` or `tick` aborts the call and reaches its caller unchanged.
    """

    def exchange(self, exchange: Exchange) -> None:
        """Called when the headers have arrived (status known) and when it ends (duration known)."""

    def waiting(self, seconds: float, reason: str) -> None:
        """Called before and at least once a second during a pause; `seconds` is what is left."""

    def tick(self) -> None:
        """Called for every chunk read, and once a second while Flatchr keeps us waiting."""


class NullObserver:
    """An observer that looks away."""

    def exchange(self, exchange: Exchange) -> None: ...

    def waiting(self, seconds: float, reason: str) -> None: ...

    def tick(self) -> None: ...
