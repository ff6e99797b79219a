"""Search, read, move, archive applicants; download CVs. `docs/flatchr-api.md` §5-6, §8-9, §11."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.applicants import Applicant
from integrations.sandbox.events.bodies import DRAG_APPLICANT
from integrations.sandbox.formats import BLOCK, iso, midday, short_id
from integrations.sandbox.http import ErrorAnswer, Request, Response, missing, not_found
from integrations.sandbox.resumes import CONTENT_TYPES, seeded_pdf
from integrations.sandbox.routing import route
from integrations.sandbox.search import parse
from integrations.sandbox.seed.applicants import PERSON
from integrations.sandbox.vacancies import api_shape
from integrations.sandbox.world import World

PATH = "/company/{company}/applicant/{applicant}"
VACANCY_PATH = "/company/{company}/vacancy/{vacancy}/applicant/{applicant}"


@route("POST", "/company/{company}/search/applicants")
def search(world: World, request: Request) -> Response:
    """Every match in one array; active ones unless `status` is given. §5."""
    body = request.json()
    company = world.account(body.get("company"))
    criteria = parse(body, company.vacancies.number, company.base)
    return Response(body=company.applicants.stream(criteria))


def shape(world: World, applicant: Applicant) -> dict[str, Any]:
    """An applicant in the response of PUT: encoded vacancy id, Unix seconds. §8."""
    company, created = world.company, midday(applicant.created)
    encoded = company.applicants.ids.encode(applicant.number)
    vacancy = company.vacancies.encoded(applicant.vacancy)
    return {
        "id": encoded,
        "vacancy_id": vacancy,
        "column_id": applicant.column,
        "score": applicant.score,
        "comment": applicant.comment,
        "created_at": int(created.timestamp()),
        "updated_at": int(midday(applicant.updated).timestamp()),
        "status": applicant.status,
        "view": True,
        "anonym": False,
        "external_id": applicant.external_id or None,
        "candidate": _candidate(world, applicant),
        "column": {},
        "vacancy": {},
        "foreigner": False,
        "applies": [
            {
                "id": short_id(company.seed, "apply", encoded),
                "created_at": iso(created),
                "vacancy_id": vacancy,
                "offerer_id": short_id(company.seed, "offerer", applicant.source),
                "import": False,
            }
        ],
    }


def _candidate(world: World, applicant: Applicant) -> dict[str, Any]:
    """The person; without `cv` and `aws` when there is no CV. §8, §D."""
    company, number = world.company, applicant.number
    person = number
    if number < company.applicants.seeded:
        person = number - number % BLOCK + PERSON[number % BLOCK]
    candidate: dict[str, Any] = {
        "id": company.people.encode(person),
        "email": applicant.email,
        "firstname": applicant.firstname,
        "lastname": applicant.lastname,
        "urls": dict(applicant.urls),
        "created_at": iso(midday(applicant.created)),
        "phone": applicant.phone,
        "consent": applicant.consent,
    }
    if applicant.resume is not None:
        key, extension = company.records.resume_key(applicant), applicant.resume.extension
        candidate["cv"] = f"http://flatchr-sandbox.s3.example/{key}.{extension}"
        candidate["aws"] = {
            "key": key,
            "extension": extension,
            "signature": f"s3.example/flatchr-sandbox/{key}.{extension}?X-Amz-Expires=86400",
        }
    return candidate


@route("GET", PATH)
def get_applicant(world: World, request: Request) -> dict[str, Any]:
    """One applicant, in the shape that PUT answers with; documented in 2020 only. §6."""
    applicant = world.applicant(request.params["applicant"])
    extra: dict[str, Any] = {
        "seen": True,
        "count_message": len(world.company.records.all("message", applicant)),
        "count_comment": len(world.company.records.all("comment", applicant)),
    }
    if applicant.reason and not applicant.status:
        extra["reason"] = applicant.reason
    if "vacancy" in request.fields():
        extra["vacancy"] = _vacancy(world, applicant)
    return shape(world, applicant) | extra


def _vacancy(world: World, applicant: Applicant) -> dict[str, Any]:
    company = world.company
    found = company.vacancies.by_id.get(company.vacancies.encoded(applicant.vacancy))
    if found is None:
        return {}
    labels = ("contract_type", "education_level", "activity", "channel", "metier")
    fields = api_shape(found, set(), company.vacancy_tags)
    return {name: value for name, value in fields.items() if name not in labels} | {
        "company": {"id": company.key, "name": company.name}
    }


def _on_vacancy(world: World, request: Request) -> Applicant:
    applicant = world.applicant(request.params["applicant"])
    if world.company.vacancies.encoded(applicant.vacancy) != request.params["vacancy"]:
        raise not_found("Applicant")
    return applicant


@route("PUT", VACANCY_PATH)
def move(world: World, request: Request) -> dict[str, Any]:
    """Move to a column; without one nothing moves, but the record is touched. §8, §H.3."""
    applicant = _on_vacancy(world, request)
    column = request.json().get("column_id", applicant.column)
    ids = {item["id"] for item in world.company.columns}
    if not str(column).isdigit() or (int(column) not in ids and int(column) != applicant.column):
        raise not_found("Column")
    moved = world.company.applicants.change(applicant, column=int(column))
    if moved.column != applicant.column:
        world.tell_of_applicant(DRAG_APPLICANT, moved)
    return shape(world, moved)


@route("DELETE", VACANCY_PATH)
def archive(world: World, request: Request) -> dict[str, Any]:
    """Archive, which erases nothing. §9."""
    applicant = _on_vacancy(world, request)
    answer = shape(world, world.company.applicants.change(applicant, status=0))
    for name in ("column", "applies"):
        del answer[name]
    for name in ("cv", "aws"):
        answer["candidate"].pop(name, None)
    return answer | {"vacancy": _vacancy(world, applicant), "datas": []}


@route("GET", "/company/{company}/files/expire")
def download(world: World, request: Request) -> Response:
    """A CV's bytes, one per second and company. §11, §H.4."""
    for name in ("key", "extension"):
        if not request.query.get(name):
            raise missing(name)
    now = world.clock().timestamp()
    if world.last_file_at is not None and now - world.last_file_at < 1:
        raise ErrorAnswer(429, "Too many requests", headers={"Retry-After": "1"})
    world.last_file_at = now
    company, key = world.company, request.query["key"]
    applicant = company.applicants.get(company.records.resume_owner(key))
    resume = applicant and applicant.resume
    if not applicant or not resume or resume.extension != request.query["extension"]:
        raise not_found("File")
    data = resume.data
    if data is None:
        data = seeded_pdf(f"{applicant.firstname} {applicant.lastname}")
    content_type = CONTENT_TYPES.get(resume.extension, "application/octet-stream")
    return Response(body=data, content_type=content_type)
