"""Candidate creation on the careers host. `docs/flatchr-api.md` §7, §H.6."""

from __future__ import annotations

import re
from typing import Any

from integrations.sandbox.events.bodies import NEW_APPLICANT
from integrations.sandbox.http import ErrorAnswer, Request, missing, not_found
from integrations.sandbox.resumes import submitted
from integrations.sandbox.routing import route
from integrations.sandbox.world import World

CREATED = {"status": 200, "response": "applicant created"}
CAREER_SITE_OFFERER = 75
OFFERERS = {CAREER_SITE_OFFERER: "Site carrière"}


def _create(world: World, body: dict[str, Any], *, store: bool) -> dict[str, Any]:
    """Validate the candidate and, with `store`, add the applicant, which the next search finds."""
    for name in ("vacancy", "firstname", "lastname"):
        if not body.get(name):
            raise missing(name)
    for name in ("firstname", "lastname"):
        if not re.search(r"[a-zA-Z]", str(body[name])):
            raise ErrorAnswer(400, f'"{name}" fails to match the required pattern: /[a-zA-Z]/')
    if not body.get("type"):
        raise missing("type")
    resume = submitted(str(body["type"]), body.get("resume"))
    company = world.company
    vacancy = company.vacancies.by_slug(str(body["vacancy"]))
    if vacancy is None:
        raise not_found("Vacancy")
    column = _column(world, body)
    if store:
        urls = body.get("urls")
        added = company.applicants.add(
            vacancy=vacancy.number,
            column=column,
            firstname=str(body["firstname"]),
            lastname=str(body["lastname"]),
            email=_text(body, "email"),
            phone=_text(body, "phone"),
            source=_source(body),
            comment=str(body.get("comment") or ""),
            consent=str(body.get("consent", True)).lower() != "false",
            urls=urls if isinstance(urls, dict) else {},
            answers=body.get("answers") or (),
            user=_text(body, "user_id"),
            resume=resume,
        )
        world.tell_of_applicant(NEW_APPLICANT, added)
    echoed = {"response_text": body["response_text"]} if body.get("response_text") else {}
    return CREATED | echoed


def _text(body: dict[str, Any], name: str) -> str | None:
    return None if body.get(name) is None else str(body[name])


def _source(body: dict[str, Any]) -> str:
    if body.get("source"):
        return str(body["source"])
    offerer = str(body.get("offerer_id") or CAREER_SITE_OFFERER)
    if not offerer.isdigit():
        raise ErrorAnswer(400, '"offerer_id" must be a number')
    if source := body.get("source_id"):
        # §I.1: one of the customer's own, whatever the offerer.
        if type(source) not in (int, str):
            raise ErrorAnswer(400, '"source_id" must be a number or a text')
        return f"Source {source}"
    return OFFERERS.get(int(offerer), f"Source {offerer}")


def _column(world: World, body: dict[str, Any]) -> int:
    ids = [int(item["id"]) for item in world.company.columns]
    column = body.get("column_id")
    if column in (None, ""):
        return ids[0]
    if not str(column).isdigit() or int(str(column)) not in ids:
        raise not_found("Column")
    return int(str(column))


@route("POST", "/vacancy/candidate/json")
def create_json(world: World, request: Request) -> dict[str, Any]:
    """For API clients."""
    return _create(world, request.payload(), store=True)


@route("POST", "/vacancy/candidate/custom")
def create_custom(world: World, request: Request) -> dict[str, Any]:
    """For web forms: JSON, form or multipart, whose file is a document."""
    body = request.payload()
    return _create(world, {"type": "document"} | body, store=True)


@route("POST", "/vacancy/candidate/test")
def create_test(world: World, request: Request) -> dict[str, Any]:
    """The same checks; nothing is stored."""
    return _create(world, request.payload(), store=False)
