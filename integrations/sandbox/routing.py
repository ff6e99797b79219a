"""The table of routes: method, path pattern, access, handler; and who may call which."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from integrations.sandbox.http import ErrorAnswer, Request, not_found
from integrations.sandbox.world import World

Handler = Callable[[World, Request], Any]


class Access(Enum):
    """What a route requires of its caller. `docs/flatchr-api.md` §0.2."""

    ANYONE = "anyone"
    KEY = "key"
    RAW_KEY = "raw key"
    USER = "user"
    LOOPBACK = "loopback"


@dataclass(frozen=True)
class SandboxRoute:
    """One endpoint."""

    method: str
    template: str
    pattern: re.Pattern[str]
    access: Access
    handler: Handler


ROUTES: list[SandboxRoute] = []


def route(method: str, template: str, access: Access = Access.KEY) -> Callable[[Handler], Handler]:
    """Register a handler for `template`, whose `{names}` each match one path segment."""

    def register(handler: Handler) -> Handler:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+?)", re.escape(template))
        ROUTES.append(SandboxRoute(method, template, re.compile(pattern), access, handler))
        return handler

    return register


def find(method: str, path: str) -> tuple[SandboxRoute, dict[str, str]] | None:
    """The route of a request and the ids in its path."""
    for candidate in ROUTES:
        match = candidate.pattern.fullmatch(path) if candidate.method == method else None
        if match:
            return candidate, match.groupdict()
    return None


def check_access(world: World, request: Request, access: Access) -> None:
    """Raise ErrorAnswer 401 or 403 unless the caller may use the route.

    `docs/flatchr-api.md` §0.2, §H.1.
    """
    if access is Access.LOOPBACK:
        if not ipaddress.ip_address(request.client).is_loopback:
            raise not_found("Route")
        return
    if access is Access.ANYONE:
        return
    claims = world.keyring.claims(_token(request, raw=access is Access.RAW_KEY), world.now())
    if claims is None:
        raise ErrorAnswer(401, "Invalid token")
    request.email = claims.get("email")
    if access is Access.USER and request.email is None:
        raise ErrorAnswer(403, "A user token is required")
    if request.params.get("company", world.company.key) != world.company.key:
        raise ErrorAnswer(403, "Insufficient scope")


def _token(request: Request, *, raw: bool) -> str:
    """The token of a request: from its header, its query, or the body of a new candidate."""
    header = (request.headers["Authorization"] or "").strip()
    scheme, _, token = header.partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    if header and raw:
        return header
    for name in ("token", "api_key"):
        if request.query.get(name):
            return request.query[name]
    return _token_in_body(request) if request.path.startswith("/vacancy/candidate/") else ""


def _token_in_body(request: Request) -> str:
    try:
        return str(request.payload().get("token", ""))
    except (ErrorAnswer, json.JSONDecodeError):
        return ""
