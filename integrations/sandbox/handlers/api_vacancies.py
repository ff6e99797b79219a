"""Vacancies on the api host and the public feed on the careers host. `docs/flatchr-api.md` §1-4."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from integrations.sandbox.company import Company
from integrations.sandbox.http import (
    ErrorAnswer,
    Request,
    Response,
    array,
    dump,
    missing,
    not_found,
)
from integrations.sandbox.routing import Access, route
from integrations.sandbox.seed.vacancies import Vacancy
from integrations.sandbox.vacancies import api_shape, feed_shape, on_career_site
from integrations.sandbox.world import World

REQUIRED = (
    "title", "description", "mission", "profile", "experience", "contract_type_id",
    "education_level_id", "activity_id", "channel_id", "metier_id", "language", "status",
)  # fmt: skip
WRITABLE = (
    *REQUIRED, "reference", "salary", "salary_max", "currency", "note", "mensuality",
    "driver_license", "partial", "handicap", "kanban", "remote", "start_date", "end_date",
    "meta_title", "meta_description", "meta_tags", "apply_url", "skills", "worker_status",
)  # fmt: skip
EXPERIENCES = (1, 2, 4, 6, 11)
FEED_FILTERS = (
    "id", "activity", "metier", "locality", "administrative_area_level_1", "filter", "affiliated",
)  # fmt: skip
NULL_ITEM_AT, REPEATED_AT = 1, 2
"""Positions of the item without a vacancy, and of the repeated vacancy. §4, §D.34."""


def _number(request: Request, name: str) -> int | None:
    text = request.query.get(name, "")
    if not text:
        return None
    if not text.isdigit():
        raise ErrorAnswer(400, f'"{name}" must be a number')
    return int(text)


@route("GET", "/company/{company}/vacancies")
def list_vacancies(world: World, request: Request) -> Response:
    """All vacancies, published or not, of any status unless `status` is given. §1."""
    status, offer = _number(request, "status"), _number(request, "offer_id")
    company = world.company
    chosen = [
        vacancy
        for vacancy in company.vacancies
        if (status is None or vacancy.fields["status"] == status)
        and (
            offer is None
            or any(item["offer_id"] == offer and item["published"] for item in vacancy.items)
        )
    ]
    wanted = request.fields() & {"address", "tags", "items"}
    return Response(body=array(api_shape(one, wanted, company.vacancy_tags) for one in chosen))


@route("GET", "/vacancy/{vacancy}")
def get_vacancy(world: World, request: Request) -> dict[str, Any]:
    """One vacancy. §2."""
    vacancy = world.company.vacancies.by_id.get(request.params["vacancy"])
    if vacancy is None:
        raise not_found("Vacancy")
    wanted = request.fields() & {"address", "tags", "questions", "faqs", "benefits"}
    return api_shape(vacancy, wanted, world.company.vacancy_tags)


@route("POST", "/company/{company}/vacancy")
def create_vacancy(world: World, request: Request) -> dict[str, Any]:
    """Create a vacancy; it is published nowhere. §3."""
    body = request.json()
    for name in REQUIRED:
        if body.get(name) in (None, ""):
            raise missing(name)
    if body["experience"] not in EXPERIENCES:
        raise ErrorAnswer(400, '"experience" must be one of [1, 2, 4, 6, 11]')
    fields = {name: body[name] for name in WRITABLE if name in body}
    added = world.company.vacancies.add(fields)
    world.tell_of_vacancy(added)
    return api_shape(added, set(), world.company.vacancy_tags)


@route("GET", "/company/{slug}.json", Access.ANYONE)
def feed(world: World, request: Request) -> Response:
    """Active and published vacancies, for anyone. §4."""
    slug = request.params["slug"]
    company = next((one for one in (world.company, world.other) if one.slug == slug), None)
    if company is None:
        message = f"Not available for slug {slug} with url: {request.path}"
        raise ErrorAnswer(404, message, body={"message": message})
    filters = {name: request.query[name] for name in FEED_FILTERS if request.query.get(name)}
    affiliated = filters.get("affiliated", "").split(",")
    companies = [company, *(one for one in (world.company, world.other)
                            if one is not company and one.key in affiliated)]  # fmt: skip
    head = "".join(f"{dump(name)}:{dump(value)}," for name, value in filters.items())
    items = (item for one in companies for item in _items(one, filters))
    return Response(body=array(items, f'{{{head}"items":[', "]}"))


def _items(company: Company, filters: dict[str, str]) -> Iterator[dict[str, Any]]:
    shown = company.public()
    count = 0
    for vacancy in company.vacancies:
        for item in on_career_site(vacancy):
            if not _is_wanted(vacancy, item["id"], filters):
                continue
            whole = item | {
                "status": "published" if item["published"] else "unpublished",
                "external_url": None,
                "publish_date": item["created_at"],
                "vacancy": feed_shape(vacancy, shown, company.vacancy_tags),
                "vacancy_id": vacancy.number,
            }
            yield whole
            count += 1
            if count == NULL_ITEM_AT and not filters:
                yield whole | {"id": item["id"][::-1], "vacancy": None}
            if count == REPEATED_AT:
                yield whole | {"id": item["id"][::-1]}


def _is_wanted(vacancy: Vacancy, item: str, filters: dict[str, str]) -> bool:
    fields, address = vacancy.fields, vacancy.address or {}
    text = f"{fields['title']} {fields['reference'] or ''}".casefold()
    region = "administrative_area_level_1"
    checks: dict[str, Callable[[str], bool]] = {
        "id": lambda value: value in (vacancy.id, item),
        "activity": lambda value: value == str(fields["activity_id"]),
        "metier": lambda value: value == str(fields["metier_id"]),
        "locality": lambda value: value == address.get("locality"),
        region: lambda value: value == address.get(region),
        "filter": lambda value: value.casefold() in text,
    }
    return all(checks[name](value) for name, value in filters.items() if name in checks)
