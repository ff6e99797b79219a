"""The sandbox's own routes, for scripts on this machine: set faults, show received requests, say
where events go, and do what users of Flatchr do.
"""

from __future__ import annotations

from typing import Any

from integrations.sandbox.credentials import identity
from integrations.sandbox.edits import Edits
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


@route("GET", "/_sandbox/events", Access.LOOPBACK)
def list_events(world: World, _request: Request) -> dict[str, Any]:
    """Where events go, and how many have gone out."""
    return {"urls": list(world.events.urls), "sent": world.events.sent}


@route("POST", "/_sandbox/events", Access.LOOPBACK)
def send_events(world: World, request: Request) -> Response:
    """Send every event from now on to `url`, too."""
    try:
        world.events.send_to(str(request.json().get("url")))
    except ValueError as error:
        raise ErrorAnswer(400, str(error)) from error
    return Response.json(list_events(world, request), 201)


@route("DELETE", "/_sandbox/events", Access.LOOPBACK)
def stop_events(world: World, request: Request) -> dict[str, Any]:
    """Send no events any more."""
    world.events.clear()
    return list_events(world, request)


@route("POST", "/_sandbox/applicants", Access.LOOPBACK)
def add_applicant(world: World, request: Request) -> Response:
    """A new applicant: `firstname`, `lastname`, `email` and so on, and `vacancy` by encoded id."""
    given = request.json()
    edits = Edits()
    edits.world = world
    try:
        encoded = edits.add_applicant(**given)
    except (KeyError, TypeError) as error:
        raise ErrorAnswer(400, str(error)) from error
    return Response.json({"applicant": encoded}, 201)


@route("DELETE", "/_sandbox/faults", Access.LOOPBACK)
def clear_faults(world: World, _request: Request) -> list[Any]:
    """Remove every fault."""
    world.faults.clear()
    return []
