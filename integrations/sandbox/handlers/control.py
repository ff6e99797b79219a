"""The sandbox's own routes, for scripts on this machine: set faults, show received requests."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.credentials import identity
from integrations.sandbox.http import ErrorAnswer, Request, Response
from integrations.sandbox.routing import Access, route
from integrations.sandbox.world import World


@route("GET", "/_sandbox/about", Access.LOOPBACK)
def about(world: World, _request: Request) -> dict[str, str]:
    """URL, keys and slug of this sandbox."""
    return {"url": world.url} | vars(identity(world.seed, world.clock))


@route("GET", "/_sandbox/requests", Access.LOOPBACK)
def requests(world: World, _request: Request) -> dict[str, Any]:
    """The last requests and the counters."""
    return world.requests.listed()


@route("GET", "/_sandbox/faults", Access.LOOPBACK)
def list_faults(world: World, _request: Request) -> list[dict[str, Any]]:
    """The faults in force."""
    return world.faults.listed()


@route("POST", "/_sandbox/faults", Access.LOOPBACK)
def add_fault(world: World, request: Request) -> Response:
    """Add a fault: the fields of `Fault` as JSON."""
    try:
        world.faults.add(**request.json())
    except (TypeError, ValueError) as error:
        raise ErrorAnswer(400, str(error)) from error
    return Response.json(world.faults.listed(), 201)


@route("DELETE", "/_sandbox/faults", Access.LOOPBACK)
def clear_faults(world: World, _request: Request) -> list[Any]:
    """Remove every fault."""
    world.faults.clear()
    return []
