"""The table of routes: method, path pattern, who may call it, and its handler."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from integrations.sandbox.messages import Request
    from integrations.sandbox.world import World

Handler = Callable[["World", "Request"], Any]


class Access(Enum):
    """What a route asks of its caller. `docs/flatchr-api.md` §0.2."""

    ANYONE = "anyone"
    KEY = "key"
    RAW_KEY = "raw key"
    USER = "user"
    LOOPBACK = "loopback"


@dataclass(frozen=True)
class Route:
    """One endpoint."""

    method: str
    template: str
    pattern: re.Pattern[str]
    access: Access
    handler: Handler


ROUTES: list[Route] = []


def route(method: str, template: str, access: Access = Access.KEY) -> Callable[[Handler], Handler]:
    """Register a handler for `template`, whose `{names}` each match one path segment."""

    def register(handler: Handler) -> Handler:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+?)", re.escape(template))
        ROUTES.append(Route(method, template, re.compile(pattern), access, handler))
        return handler

    return register


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a request and the ids in its path."""
    for candidate in ROUTES:
        match = candidate.pattern.fullmatch(path) if candidate.method == method else None
        if match:
            return candidate, match.groupdict()
    return None
