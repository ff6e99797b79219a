"""Traits, comments and messages of an applicant. `docs/flatchr-api.md` §15-21."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.events.bodies import NEW_MESSAGE
from integrations.sandbox.formats import iso
from integrations.sandbox.handlers.api_applicants import PATH
from integrations.sandbox.http import Request, Upload, missing, not_found
from integrations.sandbox.routing import Access, route
from integrations.sandbox.world import World

COMMENT_PARTS = {"author", "attachments"}
MESSAGE_PARTS = {"author", "replied", "mail", "attachments", "candidate"}


def _listed(world: World, request: Request, kind: str, parts: set[str]) -> list[dict[str, Any]]:
    """The applicant's records of a kind, each without those of `parts` that `fields` lacks."""
    left_out = parts - request.fields()
    return [
        {name: value for name, value in item.items() if name not in left_out}
        for item in world.company.records.all(kind, world.applicant(request.params["applicant"]))
    ]


@route("GET", f"{PATH}/traits")
def list_traits(world: World, request: Request) -> list[dict[str, Any]]:
    """The candidate's tag values. §15."""
    return world.company.records.all("trait", world.applicant(request.params["applicant"]))


@route("POST", f"{PATH}/trait")
def create_trait(world: World, request: Request) -> dict[str, Any]:
    """Give the candidate a tag value. §16."""
    applicant, body = world.applicant(request.params["applicant"]), request.json()
    if not body.get("tag"):
        raise missing("tag")
    if body.get("value") is None:
        raise missing("value")
    tag = next((tag for tag in world.company.tags if tag["id"] == body["tag"]), None)
    if tag is None:
        raise not_found("Tag")
    return world.company.records.set_trait(applicant, tag, str(body["value"]))


@route("GET", f"{PATH}/comments")
def list_comments(world: World, request: Request) -> list[dict[str, Any]]:
    """Comments; author and attachments only if `fields` names them. §17."""
    return _listed(world, request, "comment", COMMENT_PARTS)


@route("POST", f"{PATH}/comment", Access.USER)
def create_comment(world: World, request: Request) -> dict[str, Any]:
    """Comment as the logged-in user. §18."""
    applicant, body = world.applicant(request.params["applicant"]), request.payload()
    if not body.get("type"):
        raise missing("type")
    records, now = world.company.records, iso(world.clock())
    reply_to = str(body.get("reply_to", ""))
    comment = records.comment(
        records.serial(), str(body.get("text", "")), world.user(request.email), now
    ) | {
        "type": body["type"],
        "private": str(body.get("private", False)).lower() == "true",
        "reply_to": int(reply_to) if reply_to.isdigit() else None,
    }
    file = body.get("file")
    if isinstance(file, Upload):
        number = records.serial()
        attachment = {"id": number, "name": file.name, "key": f"comments/{number}/{file.name}"}
        comment["attachments"] = [attachment | {"url": "", "created_at": now}]
    records.add("comment", applicant, comment)
    return comment


@route("DELETE", f"{PATH}/comment/{{comment}}")
def delete_comment(world: World, request: Request) -> dict[str, Any]:
    """Delete a comment by its plain id. §19."""
    applicant, records = world.applicant(request.params["applicant"]), world.company.records
    comments = records.all("comment", applicant)
    kept = [one for one in comments if str(one["id"]) != request.params["comment"]]
    if len(kept) == len(comments):
        raise not_found("Comment")
    records.store("comment", applicant, kept)
    return {"statusCode": 200, "message": "Comment deleted"}


@route("GET", f"{PATH}/messages")
def list_messages(world: World, request: Request) -> list[dict[str, Any]]:
    """Messages; most parts only if `fields` names them. §20."""
    return _listed(world, request, "message", MESSAGE_PARTS)


@route("POST", f"{PATH}/message", Access.USER)
def create_message(world: World, request: Request) -> dict[str, Any]:
    """Write to the candidate as the logged-in user; nothing is sent. §21."""
    applicant, body = world.applicant(request.params["applicant"]), request.payload()
    if not body.get("html"):
        raise missing("html")
    records = world.company.records
    message = records.message(
        records.fresh_id("message"),
        str(body.get("subject", "")),
        str(body["html"]),
        world.user(request.email),
        applicant,
        iso(world.clock()),
    )
    records.add("message", applicant, message)
    world.tell_of_applicant(NEW_MESSAGE, applicant)
    shown = ("id", "created_by", "created_at", "auto", "mail", "deliver_at", "author")
    return {name: message[name] for name in shown}
