"""The company's lists and the referentials. `docs/flatchr-api.md` §12-14, §22-27."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.credentials import PASSWORD
from integrations.sandbox.http import ErrorAnswer, Request, missing, not_found
from integrations.sandbox.routing import Access, route
from integrations.sandbox.seed.tables import (
    ACTIVITIES,
    CHANNELS,
    CONTRACTS,
    EDUCATION_LEVELS,
    METIERS,
    listed,
)
from integrations.sandbox.world import World


@route("GET", "/company/{company}/columns")
def list_columns(world: World, _request: Request) -> list[dict[str, Any]]:
    """Pipeline stages, hidden ones included. §12."""
    return world.company.columns


@route("GET", "/company/{company}/members")
def list_members(world: World, request: Request) -> list[dict[str, Any]]:
    """Members, with their users only if `fields` names them. §13."""
    if "user" in request.fields():
        return world.company.members
    return [
        {name: value for name, value in member.items() if name != "user"}
        for member in world.company.members
    ]


@route("GET", "/company/{company}/tags")
def list_tags(world: World, _request: Request) -> list[dict[str, Any]]:
    """Tags of both types. §14."""
    return world.company.tags


@route("GET", "/company/{company}/tasks")
def list_tasks(world: World, _request: Request) -> list[dict[str, Any]]:
    """Tasks, done ones too. §22."""
    return world.company.records.tasks


@route("POST", "/company/{company}/task")
def create_task(world: World, request: Request) -> dict[str, Any]:
    """Create a task. §23."""
    body = request.json()
    for name in ("description", "date", "value", "users", "memberId"):
        if not body.get(name):
            raise missing(name)
    records = world.company.records
    task = {
        "id": records.fresh_id("task"),
        "description": body["description"],
        "value": body["value"],
        "type": "task",
        "date": body["date"],
        "done": False,
    }
    records.tasks.append(task)
    return task


@route("PUT", "/company/{company}/task/{task}")
def change_task(world: World, request: Request) -> dict[str, Any]:
    """Close a task, or open it again. §24."""
    for task in world.company.records.tasks:
        if task["id"] == request.params["task"]:
            body = request.json()
            task.update({name: body[name] for name in ("done", "description") if name in body})
            return task
    raise not_found("Task")


@route("POST", "/company/{company}/hook", Access.RAW_KEY)
def create_hook(world: World, request: Request) -> dict[str, Any]:
    """Store a webhook registration; nothing is sent to it. §26."""
    body = request.json()
    for name in ("url", "event"):
        if not body.get(name):
            raise missing(name)
    records = world.company.records
    number = records.serial()
    records.hooks[number] = {"id": number} | body
    return records.hooks[number]


@route("DELETE", "/company/{company}/hook/{hook}", Access.RAW_KEY)
def delete_hook(world: World, request: Request) -> dict[str, Any]:
    """Remove a webhook registration. §26."""
    hook = request.params["hook"]
    if not hook.isdigit() or world.company.records.hooks.pop(int(hook), None) is None:
        raise not_found("Hook")
    return {"statusCode": 200, "message": "Hook deleted"}


@route("POST", "/company/{company}/search/candidate")
def add_metadata(world: World, request: Request) -> dict[str, Any]:
    """Meta information on a candidate, for customers with the paid option. §10."""
    if not world.cvtheque_premium:
        raise ErrorAnswer(403, "CVtheque Premium is required")
    body = request.json()
    for name in ("reference", "value"):
        if not body.get(name):
            raise missing(name)
    world.company.records.metadata.append(body)
    return {"statusCode": 200, "message": {"resource_type": "attribute", "action": "created"}}


@route("POST", "/user/login", Access.ANYONE)
def login(world: World, request: Request) -> dict[str, Any]:
    """A user token, which comments and messages need. §0.2."""
    body = request.json()
    for name in ("email", "password"):
        if not body.get(name):
            raise missing(name)
    emails = {member["user"]["email"] for member in world.company.members}
    if body["email"] not in emails or body["password"] != PASSWORD:
        raise ErrorAnswer(401, "Invalid email or password")
    return {"statusCode": 200, "token": world.keyring.user_token(body["email"], world.now())}


@route("GET", "/contracts")
def list_contracts(_world: World, _request: Request) -> list[dict[str, object]]:
    """Contract types. §25."""
    return listed(CONTRACTS)


@route("GET", "/activities")
def list_activities(_world: World, _request: Request) -> list[dict[str, object]]:
    """Sectors. §25."""
    return listed(ACTIVITIES)


@route("GET", "/channels")
def list_channels(_world: World, _request: Request) -> list[dict[str, object]]:
    """Job families. §25."""
    return listed(CHANNELS)


@route("GET", "/channels/{channel}/metiers")
def list_metiers(_world: World, request: Request) -> list[dict[str, object]]:
    """Jobs of one family. §25."""
    channel = request.params["channel"]
    if not channel.isdigit() or int(channel) not in METIERS:
        raise not_found("Channel")
    return listed(METIERS[int(channel)])


@route("GET", "/educationLevels")
def list_education_levels(_world: World, _request: Request) -> list[dict[str, object]]:
    """Education levels. §25."""
    return listed(EDUCATION_LEVELS)
