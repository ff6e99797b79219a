"""Who may call a route. `docs/flatchr-api.md` §0.2, §H.1."""

from __future__ import annotations

import ipaddress
import json

from integrations.sandbox.error_answers import Problem, not_found
from integrations.sandbox.messages import Request
from integrations.sandbox.routing import Access
from integrations.sandbox.world import World


def check(world: World, request: Request, access: Access) -> None:
    """Raise Problem 401 or 403 unless the caller may use the route."""
    if access is Access.LOOPBACK:
        if not ipaddress.ip_address(request.client).is_loopback:
            raise not_found("Route")
        return
    if access is Access.ANYONE:
        return
    claims = world.keyring.claims(_token(request, raw=access is Access.RAW_KEY), world.now())
    if claims is None:
        raise Problem(401, "Invalid token")
    request.email = claims.get("email")
    if access is Access.USER and request.email is None:
        raise Problem(403, "A user token is required")
    if request.params.get("company", world.company.key) != world.company.key:
        raise Problem(403, "Insufficient scope")


def _token(request: Request, *, raw: bool) -> str:
    """The token from where a client may put it: header, query, or body of a candidate."""
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
    except (Problem, json.JSONDecodeError):
        return ""
